"""The Boolean model of Calzone 2010 beside ours: which fates each can reach, mutant by mutant.

``python -m tests.published.calzone`` prints the table that stands in docs/explanation/pathway.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from avpi.network.lines import lines
from avpi.population.experiment import Dose, Experiment
from avpi.population.fates import MODES
from avpi.population.well import grow

FILE = Path(__file__).with_name("calzone_2010.yaml")
DOSES = {
    "TNF": Dose(reagent="TNF", amount=10.0),
    "SM": Dose(reagent="SM", amount=100e-9),
    "zVAD": Dose(reagent="zVAD", amount=20e-6),
}
HOURS, CELLS, SEED = 48.0, 60, 1
REACHED = 0.1
"""Share of a well's cells that must have a fate for it to be within reach; of 60 cells, 6."""
FATES = ("alive", "apoptosis", "necrosis")
OURS = {"apoptosis": "apoptosis", "necroptosis": "necrosis"}

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mutant: the fates that the Boolean model reaches, and the largest share of each in our wells."""

    name: str
    boolean: frozenset[str]
    shares: Mapping[str, float]

    @property
    def ours(self) -> frozenset[str]:
        """The fates within reach of ours."""
        return frozenset(fate for fate, share in self.shares.items() if share >= REACHED)

    @property
    def agrees(self) -> bool:
        """Whether both reach the same fates."""
        return self.boolean == self.ours


@cache
def declared() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


def mutants() -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = declared()["mutants"]
    return found


def _told(formula: str, values: Mapping[str, Bools | bool], states: int) -> Bools:
    """Return what a rule says of many states at once, (states,)."""
    code = formula.replace(" and ", " & ").replace(" or ", " | ").replace("not ", "~")
    arrays = {name: np.broadcast_to(np.asarray(value, bool), states) for name, value in values.items()}
    return np.asarray(eval(code, {"__builtins__": {}}, arrays), bool)


def reachable_fates(fix: Mapping[str, bool]) -> frozenset[str]:
    """Return the fates of the stable states that can be reached, one rule at a time in any order.

    A state is a number with a bit for each rule; all states that one more step reaches are found together.
    """
    rules, start = declared()["rules"], {**declared()["start"], **fix}
    inputs = {name: start.get(name, False) for name in declared()["inputs"]}
    bits = {name: 1 << i for i, name in enumerate(rules)}
    frontier = np.array([sum(bit for name, bit in bits.items() if start.get(name, False))], np.int64)
    seen = np.zeros(1 << len(bits), bool)
    found: set[str] = set()
    while frontier.size:
        seen[frontier] = True
        values = {**inputs, **{name: (frontier & bit) > 0 for name, bit in bits.items()}}
        moves = {n: _told(rules[n], values, frontier.size) != values[n] for n in bits if n not in fix}
        stable = ~np.any(list(moves.values()), axis=0)
        for fate, formula in declared()["fates"].items():
            if np.any(_told(formula, values, frontier.size)[stable]):
                found.add(fate)
        following = np.unique(np.concatenate([frontier[moved] ^ bits[name] for name, moved in moves.items()]))
        frontier = following[~seen[following]]
    return frozenset(found)


def shares(mutant: Mapping[str, Any], cells: int = CELLS) -> Mapping[str, float]:
    """Return the largest share of each fate in the wells of a mutant."""
    found = dict.fromkeys(FATES, 0.0)
    for reagents in declared()["wells"]:
        wanted = dict.fromkeys([*reagents, *([mutant["add"]] if "add" in mutant else [])])
        experiment = Experiment(
            line=lines()[declared()["line"]],
            genotype={word: float(factor) for word, factor in mutant["ours"].items()},
            doses=tuple(DOSES[name] for name in wanted),
            shared_tnf=False,
        )
        fates = grow(experiment, times_hours=[HOURS], cells=cells, seed=SEED).fates
        dead = fates.death_hours <= HOURS
        here = {"alive": float(np.mean(~dead))}
        here |= {OURS[mode]: float(np.mean(dead & (fates.mode == MODES.index(mode)))) for mode in OURS}
        found = {fate: max(found[fate], share) for fate, share in here.items()}
    return found


def rows(cells: int = CELLS) -> Iterator[Row]:
    """Yield every mutant, both models beside each other."""
    for mutant in mutants():
        yield row_of(mutant, cells)


def row_of(mutant: Mapping[str, Any], cells: int = CELLS) -> Row:
    """Return both models' answer to a mutant."""
    return Row(name=mutant["name"], boolean=reachable_fates(mutant["fix"]), shares=shares(mutant, cells))


def table() -> str:
    """Return the comparison as a Markdown table."""
    why = {mutant["name"]: mutant.get("why", "not explained yet") for mutant in mutants()}
    lines_ = [
        "| mutant | Boolean model reaches | ours reaches (largest share of a well) | |",
        "|---|---|---|---|",
    ]
    for row in rows():
        boolean = ", ".join(fate for fate in FATES if fate in row.boolean)
        ours = ", ".join(f"{fate} {row.shares[fate]:.0%}" for fate in FATES if fate in row.ours)
        verdict = "agrees" if row.agrees else f"**differs**: {why[row.name]}"
        lines_.append(f"| {row.name} | {boolean} | {ours} | {verdict} |")
    return "\n".join(lines_) + "\n"


if __name__ == "__main__":
    print(table(), end="")

"""From draws of log ratios to draws of the effects that the tree asks for.

With V(c) the viability of condition c relative to vehicle::

    kill(arm)            = 1 - V(arm) / V(arm without the mimetic)
    rescue(x | arm)      = 1 - kill(arm + x) / kill(arm)
    engagement           = 1 - min over harvests of cIAP1
    tnf_synergy          = log V(TNF) + log V(SM) - log V(SM+TNF)      (Bliss excess on the log scale)

An effect whose conditions were not measured is absent, never zero. So is a rescue by something that kills by
itself: held against its own dead reference, a dead well would read as rescued.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.names import Condition, reagents
from avpi.verdict.effects import Effects
from avpi.verdict.posterior import BlockTable, Draws, draw_log_ratios

Floats = NDArray[np.float64]
ARMS = ("SM", "SM+TNF")
MIN_EXPERIMENTS = 2
"""Evidence from fewer independent experiments carries nothing (verdict.md)."""
OPTIONAL = ("rescue_anti_tnf", "rescue_ripk1_alone", "necrosome", "death")
"""Effects that the tree can do without: from a single experiment of several they count as not measured."""
PMLKL_FOLD = 2.0
"""pMLKL at least doubled over vehicle counts as up (assumed: a band barely seen in vehicle allows no finer bound)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What an arm's kill was measured against, and how that reference came about."""

    keys: tuple[str, ...]
    kind: str  # "measured", "single_agents", "incomplete" or "vehicle"
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """Draws of every effect that could be computed.

    Attributes
    ----------
    values : (name, arm) -> (draws,); ``arm`` is ``""`` where an effect has none.
    conditions : (name, arm) -> the conditions it was computed from.
    n : (name, arm) -> independent experiments behind it.
    between : (name, arm) -> False where only measurement error within one experiment is in the draws.
    references : arm label -> what it was compared with.
    wanted : (name, arm) -> the condition whose absence leaves the effect without a value.
    degrees_of_freedom : (name, arm) -> the smallest residual degrees of freedom of the conditions behind it.
    thin : optional effects that one experiment alone measured, and that are therefore left out.
    own_variance : conditions that vary more between experiments than the others.
    """

    values: Mapping[tuple[str, str], Floats]
    conditions: Mapping[tuple[str, str], tuple[str, ...]]
    n: Mapping[tuple[str, str], int]
    between: Mapping[tuple[str, str], bool]
    references: Mapping[str, Reference]
    wanted: Mapping[tuple[str, str], str]
    degrees_of_freedom: Mapping[tuple[str, str], int]
    thin: Mapping[tuple[str, str], tuple[str, ...]]
    own_variance: tuple[str, ...]
    draws: int


def draw_quantities(effects: Effects, *, draws: int, rng: np.random.Generator, toxic_alone: float) -> Quantities:
    """Draw every effect jointly.

    Parameters
    ----------
    toxic_alone : an addition that by itself takes this share of the viability cannot show a rescue (``rules``).
    """
    book = _Book(draws)
    _engagement(effects, book, rng)
    viability = _Viability(effects.viability, draw_log_ratios(effects.viability, draws, rng), toxic_alone)
    for arm in ARMS:
        _arm_effects(arm, viability, book)
    book.add("kill", "SM+zVAD", viability.kill("SM+zVAD"), viability, viability.used("SM+zVAD"), wanted="SM+zVAD")
    alone = 1.0 - np.exp(viability.log_ratio["TNF"]) if viability.has("TNF") else None
    book.add("kill_alone", "TNF", alone, viability, viability.used("TNF"), wanted="TNF")
    _synergy(viability, book)
    death = viability
    if effects.viability_source != "cytometry":
        death = _Viability(effects.death, draw_log_ratios(effects.death, draws, rng), toxic_alone)
    for arm in ARMS:
        book.add("death", arm, death.kill(arm), death, death.used(arm), wanted=f"{arm} by Annexin V/PI")
    _pmlkl(effects, book, rng)
    return book.close(viability)


class _Book:
    """Collects effects while they are computed."""

    def __init__(self, draws: int) -> None:
        self.draws = draws
        self.values: dict[tuple[str, str], Floats] = {}
        self.conditions: dict[tuple[str, str], tuple[str, ...]] = {}
        self.n: dict[tuple[str, str], int] = {}
        self.between: dict[tuple[str, str], bool] = {}
        self.wanted: dict[tuple[str, str], str] = {}
        self.degrees_of_freedom: dict[tuple[str, str], int] = {}

    def add(
        self, name: str, arm: str, value: Floats | None, source: _Viability, used: tuple[str, ...], *, wanted: str
    ) -> None:
        self.wanted[name, arm] = wanted
        if value is not None:
            self.values[name, arm] = value
            self.conditions[name, arm] = used
            self.n[name, arm] = source.table.n(*(key for key in used if key in source.table.keys))
            self.between[name, arm] = source.drawn.between
            self.degrees_of_freedom[name, arm] = min(
                (source.drawn.degrees_of_freedom.get(k, 0) for k in used), default=0
            )

    def close(self, viability: _Viability) -> Quantities:
        """Return the effects, without optional ones that rest on a single experiment while the kill rests on more."""
        many = max((n for (name, _), n in self.n.items() if name == "kill"), default=0) >= MIN_EXPERIMENTS
        thin = {
            key: self.conditions[key]
            for key, n in self.n.items()
            if many and key[0] in OPTIONAL and n < MIN_EXPERIMENTS
        }
        return Quantities(
            values={key: value for key, value in self.values.items() if key not in thin},
            conditions=self.conditions, n={key: n for key, n in self.n.items() if key not in thin},
            between=self.between, wanted=self.wanted, references=viability.references,
            degrees_of_freedom=self.degrees_of_freedom, thin=thin,
            own_variance=viability.drawn.own_variance, draws=self.draws,
        )  # fmt: skip


class _Rescue(NamedTuple):
    """The share of a kill that an addition takes away, the arm that shows it, and what to run where there is none."""

    share: Floats | None
    arm: str
    asks: str


class _Viability:
    """Viability draws of one table, asked by reagents."""

    def __init__(self, table: BlockTable, drawn: Draws, toxic_alone: float = 1.0) -> None:
        self.table = table
        self.drawn = drawn
        self.log_ratio = drawn.log_ratio
        self.toxic_alone = toxic_alone
        self.references: dict[str, Reference] = {}

    def has(self, label: str) -> bool:
        return label in self.log_ratio

    def reference(self, label: str) -> Reference:
        """Return what an arm is held against: itself without the mimetic; the product of its parts; or vehicle."""
        others = [reagent for reagent in label.split("+") if reagent != "SM"]
        without = Condition.of(*others).label
        if self.has(without):
            return Reference(keys=(without,), kind="measured")
        keys, left = list[str](), others
        # The largest measured combinations first: TNF+zVAD together says more than TNF times zVAD.
        for size in range(len(others), 0, -1):
            for part in combinations(left, size):
                label_of_part = Condition.of(*part).label
                if self.has(label_of_part) and set(part) <= set(left):
                    keys.append(label_of_part)
                    left = [reagent for reagent in left if reagent not in part]
        kind = "single_agents" if not left else "incomplete" if keys else "vehicle"
        return Reference(keys=tuple(keys), kind=kind, missing=tuple(left))

    def against(self, label: str) -> Floats:
        """Return the log viability of what an arm is held against."""
        reference = self.references.setdefault(label, self.reference(label))
        total: Floats = sum((self.log_ratio[key] for key in reference.keys), np.zeros(self.drawn_length))
        return total

    @property
    def drawn_length(self) -> int:
        return len(next(iter(self.log_ratio.values()))) if self.log_ratio else 0

    def kill(self, label: str) -> Floats | None:
        if not self.has(label):
            return None
        value: Floats = 1.0 - np.exp(self.log_ratio[label] - self.against(label))
        return value

    def used(self, *labels: str) -> tuple[str, ...]:
        keys = [k for label in labels if self.has(label) for k in (label, *self.reference(label).keys)]
        return tuple(dict.fromkeys([*keys, self.table.reference]))

    def toxic(self, label: str, rescued: str) -> bool:
        """Return whether what ``rescued`` adds to ``label`` takes viability by itself, without the mimetic."""
        shift = float(np.median(self.against(rescued) - self.against(label)))
        return bool(1 - np.exp(shift) >= self.toxic_alone)

    def rescue(self, label: str, by: str) -> _Rescue:
        """Return the share of the arm's kill that ``by`` takes away, and the condition that shows it."""
        rescued = Condition.of(*label.split("+"), by).label
        before, after = self.kill(label), self.kill(rescued)
        if before is None or after is None:
            return _Rescue(None, rescued, rescued)
        if self.toxic(label, rescued):
            return _Rescue(None, rescued, f"{rescued} with {by} at a dose that does not kill by itself")
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share: Floats = 1.0 - after / before
        # Without a kill there is nothing to rescue: the share has no meaning and reads as none.
        return _Rescue(np.where(before > 0, share, -np.inf), rescued, rescued)


def by_role(role: str) -> tuple[str, ...]:
    """Return the reagents of a role, the preferred one first."""
    preferred = {"ripk1_inhibitor": ("Nec-1s", "Nec-1")}
    return preferred.get(role, tuple(name for name, reagent in reagents().items() if reagent.role == role))


def _engagement(effects: Effects, book: _Book, rng: np.random.Generator) -> None:
    table = effects.engagement
    source = _Viability(table, draw_log_ratios(table, book.draws, rng))
    harvests = [key for key in table.keys if key != table.reference and source.has(key)]
    value = 1.0 - np.exp(np.min([source.log_ratio[key] for key in harvests], axis=0)) if harvests else None
    book.add("engagement", "", value, source, tuple(harvests), wanted="cIAP1 at 15 or 30 min")
    if value is not None:
        book.conditions["engagement", ""] = tuple(f"{key} min" for key in harvests)
        book.n["engagement", ""] = max(table.n(key) for key in harvests)
    back = _Viability(effects.rebound, draw_log_ratios(effects.rebound, book.draws, rng))
    if back.has("min") and back.has("last"):
        change = np.exp(back.log_ratio["last"]) - np.exp(back.log_ratio["min"])
        book.add("rebound", "", change, back, ("min", "last"), wanted="cIAP1 at 4 h or later")


def _arm_effects(arm: str, viability: _Viability, book: _Book) -> None:
    """Add kill and every rescue of one arm."""
    book.add("kill", arm, viability.kill(arm), viability, viability.used(arm), wanted=arm)
    caspase = _first(viability, arm, "caspase_inhibitor")
    _add_rescue(book, viability, "rescue_caspase", arm, arm, caspase)
    _add_rescue(book, viability, "rescue_ripk1", arm, caspase.arm, _first(viability, caspase.arm, "ripk1_inhibitor"))
    _add_rescue(book, viability, "rescue_ripk1_alone", arm, arm, _first(viability, arm, "ripk1_inhibitor"))
    if arm == "SM":
        _add_rescue(book, viability, "rescue_anti_tnf", "", arm, _first(viability, arm, "tnf_blocker"))
    evidence = list(_necrosome(viability, arm, caspase.arm))
    value = np.max([share for share, _ in evidence], axis=0) if evidence else None
    wanted = Condition.of(*caspase.arm.split("+"), "GSK872").label
    used = viability.used(*(label for _, label in evidence))
    book.add("necrosome", arm, value, viability, used, wanted=wanted)


def _add_rescue(book: _Book, viability: _Viability, name: str, arm: str, of: str, found: _Rescue) -> None:
    book.add(name, arm, found.share, viability, viability.used(of, found.arm), wanted=found.asks)


def _first(viability: _Viability, arm: str, role: str) -> _Rescue:
    """Return the rescue by the first reagent of a role that was run with this arm; else what to run."""
    tried = [viability.rescue(arm, reagent) for reagent in by_role(role)]
    shown = next((rescue for rescue in tried if rescue.share is not None), None)
    # A condition that was run, though at a toxic dose, tells more of what to add than one that was not.
    return shown or next((rescue for rescue in tried if rescue.asks != rescue.arm), tried[0])


def _necrosome(viability: _Viability, arm: str, caspase_arm: str) -> Iterator[tuple[Floats, str]]:
    """Yield every rescue by loss or inhibition of RIPK3 or MLKL, with or without the caspase inhibitor."""
    for label in (caspase_arm, arm):
        for reagent in (*by_role("ripk3_inhibitor"), *by_role("mlkl_inhibitor"), "RIPK3-loss", "MLKL-loss"):
            found = viability.rescue(label, reagent)
            if found.share is not None:
                yield found.share, found.arm


def _synergy(viability: _Viability, book: _Book) -> None:
    if all(viability.has(label) for label in ("TNF", "SM", "SM+TNF")):
        log = viability.log_ratio
        book.add(
            "tnf_synergy", "", log["TNF"] + log["SM"] - log["SM+TNF"], viability,
            ("TNF", "SM", "SM+TNF", viability.table.reference), wanted="TNF",
        )  # fmt: skip


def _pmlkl(effects: Effects, book: _Book, rng: np.random.Generator) -> None:
    """Let pMLKL stand for the necrosome where it was blotted: 1 where it is up by ``PMLKL_FOLD``, else 0."""
    source = _Viability(effects.pmlkl, draw_log_ratios(effects.pmlkl, book.draws, rng))
    for arm in ARMS:
        labels = [
            k for k in source.log_ratio if k.startswith(arm) and k.removeprefix(arm) in ("", "+zVAD", "+emricasan")
        ]
        if not labels:
            continue
        up = np.where(np.max([source.log_ratio[k] for k in labels], axis=0) >= np.log(PMLKL_FOLD), 1.0, 0.0)
        known, n = book.values.get(("necrosome", arm)), max(source.table.n(k) for k in labels)
        if known is None:
            book.add("necrosome", arm, up, source, tuple(labels), wanted="pMLKL")
            book.n["necrosome", arm] = n
        elif n >= MIN_EXPERIMENTS or book.n["necrosome", arm] < MIN_EXPERIMENTS:
            # A second line of evidence beside rescues: either suffices, and n is that of the better one.
            book.values["necrosome", arm] = np.maximum(up, known)
            book.n["necrosome", arm] = max(n, book.n["necrosome", arm])
            book.conditions["necrosome", arm] = (*book.conditions["necrosome", arm], *(f"pMLKL in {k}" for k in labels))

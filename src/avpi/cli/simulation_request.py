"""What every simulation of a cell line asks for: its options, and how their words become cells and numbers of them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from avpi.cli.house import option
from avpi.errors import InputError, Problem, nearest_word

if TYPE_CHECKING:
    from avpi.network.variants import Variant
    from avpi.population.experiment import Experiment
    from avpi.population.simulated import Sampling

Function = TypeVar("Function", bound=Callable[..., Any])
T = TypeVar("T")

NO_NUMBERS: tuple[float, ...] = ()

EVERY, ONLY_REFERENCE = "all", "reference"
LONGEST_HOURS = 14 * 24.0
MOST_CELLS = 200_000
EDITS = ("knock_out", "knock_down", "over_express", "mutant")


def of_a_line(*, hours: float | None, cells: int) -> Callable[[Function], Function]:
    """Give a command the options that say which cells are simulated and how; ``hours`` None where it asks times."""
    flags = [
        option("--line", "line", metavar="L", required=True, section="Input", help="The cell line: see avpi network."),
        option("--knock-out", metavar="P", multiple=True, section="Input", help="A protein that is gone."),
        option(
            "--knock-down", metavar="P[=0.1]", multiple=True, section="Input", help="A protein of which little is left."
        ),
        option("--over-express", metavar="P[=5]", multiple=True, section="Input", help="A protein in excess."),
        option("--mutant", metavar="M", multiple=True, section="Input", help="Such as RIPK1-D138N."),
        option(
            "--shared-tnf/--isolated",
            default=True,
            section="Input",
            help="Cells share their TNF (default), or are alone.",
        ),
        option(
            "--variant",
            "--variants",
            "variant",
            metavar="V",
            default=EVERY,
            section="Analysis",
            help="Open questions: all (default), reference, or 'A20- leak+'.",
        ),
    ]
    if hours is not None:
        flags.append(option(
            "--hours", metavar="H", type=click.FloatRange(0.5, LONGEST_HOURS), default=hours, section="Analysis",
            help=f"How long; {hours:g} by default.",
        ))  # fmt: skip
    flags += [
        option(
            "--cells", metavar="N", type=click.IntRange(1, MOST_CELLS), default=cells, section="Analysis",
            help=f"How many; {cells} by default.",
        ),
        option(
            "--seed", metavar="N", type=click.IntRange(min=0), default=1, section="Analysis",
            help="Equal seeds draw equal cells; 1 by default.",
        ),
        option(
            "--threads", metavar="N", type=click.IntRange(min=1), section="Analysis",
            help="Of this machine; all by default.",
        ),
        option(
            "--out", metavar="FOLDER", type=click.Path(path_type=Path), section="Output",
            help="A new folder for figures, tables and simulation.json.",
        ),
    ]  # fmt: skip

    def decorate(function: Function) -> Function:
        wrapped: Any = function
        for flag in reversed(flags):
            wrapped = flag(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return decorate


class Faults:
    """Collects what is wrong in several words, so that everything is told at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, make: Callable[[], T], instead: T) -> T:
        """Return what ``make`` gives, or ``instead`` with its problems kept."""
        try:
            return make()
        except InputError as error:
            self.problems += error.problems
            return instead

    def stop(self) -> None:
        """Raise what was collected, if anything was.

        Raises
        ------
        InputError
            With every problem.
        """
        if self.problems:
            raise InputError(self.problems)


@dataclass(frozen=True, kw_only=True)
class Request:
    """The cells, without anything added, and how to simulate them.

    Attributes
    ----------
    every_variant : whether the other variants are asked too.
    """

    experiment: Experiment
    sampling: Sampling
    every_variant: bool


def read_request(asked: Mapping[str, Any], faults: Faults, *, hours: float) -> Request:
    """Return what the options of :func:`of_a_line` ask for; faults are collected, and not raised."""
    from avpi.compute.places import Threads
    from avpi.network.lines import Line
    from avpi.network.variants import REFERENCE
    from avpi.population.experiment import Experiment
    from avpi.population.genotype_words import KNOCK_DOWN, KNOCK_OUT, MUTATE, OVER_EXPRESS, read_genotype
    from avpi.population.simulated import Sampling

    nothing = Line(name="", what="", parameters={}, reasons={})
    no_genotype: dict[str, float] = {}
    edits = zip((KNOCK_OUT, KNOCK_DOWN, OVER_EXPRESS, MUTATE), (asked[name] for name in EDITS), strict=True)
    line = faults.read(lambda: _line(asked["line"]), nothing)
    genotype = faults.read(lambda: read_genotype(edits), no_genotype)
    variant = faults.read(lambda: _variant(asked["variant"]), REFERENCE)
    if asked["out"] is not None:
        faults.read(lambda: _new_folder(asked["out"]), None)
    return Request(
        experiment=Experiment(line=line, genotype=genotype, shared_tnf=asked["shared_tnf"], variant=variant),
        sampling=Sampling(hours=hours, cells=asked["cells"], seed=asked["seed"], place=Threads(asked["threads"] or 0)),
        every_variant=asked["variant"].strip().lower() == EVERY,
    )


def _new_folder(folder: Path) -> None:
    from avpi.report.write_simulation import require_new_folder

    require_new_folder(folder)


def _line(word: str) -> Any:
    from avpi.network.lines import find_line, lines

    found = find_line(word)
    if found is None:
        spellings = [spelling for line in lines().values() for spelling in (line.name, *line.aliases)]
        hint = nearest_word(word, spellings) or f"Lines: {', '.join(lines())}"
        what = f"'{word}' is a cell line that the model does not have"
        raise InputError(Problem(file="--line", what=what, hint=hint))
    return found


def _variant(words: str) -> Variant:
    from avpi.network.variants import REFERENCE, find_variant

    if words.strip().lower() in (EVERY, ONLY_REFERENCE):
        return REFERENCE
    found = find_variant(words)
    if found is None or not words.strip():
        expected = "'all', 'reference', or marks of A20, TNF, TRAF2 and leak such as 'A20- leak+'"
        hint = nearest_word(words, (EVERY, ONLY_REFERENCE))
        raise InputError(Problem(file="--variant", what=f"'{words}' names no variant", expected=expected, hint=hint))
    return found


def command_line(name: str, asked: Mapping[str, Any], own: Sequence[tuple[str, Any]]) -> str:
    """Return the command that gives the same again, with what was left out written out."""
    words = ["avpi", "simulate", name, "--line", asked["line"]]
    for option_name, value in own:
        if value is True:
            words.append(option_name)
        elif value not in (None, False):
            words += [option_name, f"{value:g}" if isinstance(value, float) else str(value)]
    for edit in EDITS:
        for text in asked[edit]:
            words += [f"--{edit.replace('_', '-')}", text]
    if not asked["shared_tnf"]:
        words.append("--isolated")
    words += ["--variant", asked["variant"], "--cells", str(asked["cells"]), "--seed", str(asked["seed"])]
    return shlex.join(words)


def read_times(text: str, option_name: str, *, most: int) -> tuple[float, ...]:
    """Return times such as "0, 15 min, 4 h" in hours, in their order and each once.

    Raises
    ------
    InputError
        With every part that is no time.
    """
    from avpi.quantity import QuantityError, parse_quantity

    found: list[float] = []
    problems: list[Problem] = []
    for part in filter(None, (p.strip() for p in text.replace(";", ",").split(","))):
        try:
            hours = parse_quantity(part, "time", zero_without_unit=True).value / 60
        except QuantityError as error:
            problems.append(Problem(file=option_name, what=str(error)))
            continue
        if hours > LONGEST_HOURS:
            problems.append(
                Problem(file=option_name, what=f"'{part}' is too late", expected=f"{LONGEST_HOURS:g} h at most")
            )
        found.append(hours)
    if not problems and not 0 < len(set(found)) <= most:
        expected = f"1 to {most} of them, such as '0, 30 min, 4 h'"
        problems.append(Problem(file=option_name, what=f"'{text}' has {len(set(found))} times", expected=expected))
    if problems:
        raise InputError(problems)
    return tuple(sorted(set(found)))


def read_dose(text: str, option_name: str) -> float:
    """Return a concentration above zero, molar.

    Raises
    ------
    InputError
        If it is none.
    """
    from avpi.quantity import QuantityError, parse_quantity

    try:
        dose = parse_quantity(text, "concentration").value
    except QuantityError as error:
        raise InputError(Problem(file=option_name, what=str(error))) from None
    if dose == 0:
        raise InputError(Problem(file=option_name, what=f"'{text}' is no dose", expected="one above zero"))
    return dose


def read_compound(word: str) -> str:
    """Return the one name of a Smac mimetic.

    Raises
    ------
    InputError
        If the word names none.
    """
    from avpi.network.pharmacology import compounds
    from avpi.network.reagents import mimetic
    from avpi.population.condition_words import CLASS

    found = mimetic(word)
    if found is None:
        known = [spelling for c in compounds().values() if c.is_mimetic for spelling in (c.name, *c.names)]
        hint = (
            nearest_word(word, known) or f"Compounds: {', '.join(c.name for c in compounds().values() if c.is_mimetic)}"
        )
        raise InputError(Problem(file="--compound", what=f"'{word}' is no Smac mimetic that avpi knows", hint=hint))
    return CLASS if word.strip().upper() == CLASS else found.compound

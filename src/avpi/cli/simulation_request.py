"""What every simulation of a cell line asks for: its options, and how their words become cells and numbers of them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from avpi.cli.house import option
from avpi.cli.named_path import NamedPath
from avpi.errors import Faults, InputError, Problem, nearest_word

if TYPE_CHECKING:
    from avpi.network.variants import Variant
    from avpi.population.experiment import Experiment
    from avpi.population.simulated import Sampling

Function = TypeVar("Function", bound=Callable[..., Any])

NO_NUMBERS: tuple[float, ...] = ()

EVERY, ONLY_REFERENCE = "all", "reference"
SHORTEST_HOURS, LONGEST_HOURS = 0.5, 14 * 24.0
MOST_CELLS = 200_000
LARGEST_SEED = 2**64 - 1
EDITS = ("knock_out", "knock_down", "over_express", "mutant")


class HoursType(click.FloatRange):
    """How long a simulation is: a number of hours, or a time with its unit."""

    name = "hours"

    def __init__(self) -> None:
        super().__init__(SHORTEST_HOURS, LONGEST_HOURS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return hours.

        Raises
        ------
        InputError
            If it is no time, too short or too long.
        """
        from avpi.quantity import QuantityError, outside_a_study, parse_quantity

        place = param.opts[0] if param is not None else "hours"
        expected = f"{SHORTEST_HOURS:g} to {LONGEST_HOURS:g} h, such as '24' or '2 d'"
        try:
            hours = float(value)
        except ValueError:
            try:
                hours = parse_quantity(value, "time").value / 60
            except QuantityError as error:
                raise InputError(Problem(file=place, what=outside_a_study(error), expected=expected)) from None
        if not SHORTEST_HOURS <= hours <= LONGEST_HOURS:
            what = f"'{value}' is no duration that can be simulated"
            raise InputError(Problem(file=place, what=what, expected=expected))
        return hours


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
            "--hours", metavar="H", type=HoursType(), default=hours, section="Analysis",
            help=f"How long, 24 or '2 d'; {hours:g} by default.",
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
            "--out", metavar="FOLDER", type=NamedPath(), section="Output",
            help="A new folder for figures, tables and simulation.json.",
        ),
    ]  # fmt: skip

    def decorate(function: Function) -> Function:
        wrapped: Any = function
        for flag in reversed(flags):
            wrapped = flag(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return decorate


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
    seed = faults.read(lambda: read_seed(asked["seed"]), 1)
    if asked["out"] is not None:
        faults.read(lambda: _new_folder(asked["out"]), None)
    return Request(
        experiment=Experiment(line=line, genotype=genotype, shared_tnf=asked["shared_tnf"], variant=variant),
        sampling=Sampling(hours=hours, cells=asked["cells"], seed=seed, place=Threads(asked["threads"] or 0)),
        every_variant=asked["variant"].strip().lower() == EVERY,
    )


def _new_folder(folder: Path) -> None:
    from avpi.report.write_simulation import require_new_folder

    require_new_folder(folder)


def _line(word: str) -> Any:
    from avpi.network.lines import find_line, lines, nearest_line

    found = find_line(word)
    if found is None:
        hint = nearest_line(word) or f"Lines: {', '.join(lines())}"
        what = f"'{word}' is a cell line that the model does not have"
        raise InputError(Problem(file="--line", what=what, hint=hint))
    return found


def read_seed(number: int) -> int:
    """Return a seed of cells.

    Raises
    ------
    InputError
        If it is larger than those that draw cells of their own.
    """
    if number > LARGEST_SEED:
        raise InputError(Problem(file="--seed", what=f"'{number}' is too large", expected=f"{LARGEST_SEED} at most"))
    return number


def _variant(words: str) -> Variant:
    from avpi.network.variants import EXPECTED, REFERENCE, read_variant

    also = (EVERY, ONLY_REFERENCE)
    if words.strip().lower() in also:
        return REFERENCE
    if not words.strip():
        raise InputError(Problem(file="--variant", what=f"'{words}' names no variant", expected=f"'all' or {EXPECTED}"))
    return read_variant(words, place="--variant", also=also)


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
    """Return times such as "0, 15 min, 4 h" in hours, in their order.

    Raises
    ------
    InputError
        With every part that is no time.
    """
    from avpi.cli.quantity_list import read_list, require_once

    problems: list[Problem] = []
    found: list[float] = []
    listed = read_list(text, option_name, "time")
    require_once(listed, option_name)
    for part, minutes in listed:
        found.append(minutes / 60)
        if found[-1] > LONGEST_HOURS:
            expected = f"{LONGEST_HOURS:g} h at most"
            problems.append(Problem(file=option_name, what=f"'{part}' is too late", expected=expected))
    if not problems and not 0 < len(set(found)) <= most:
        expected = f"1 to {most} of them, such as '0, 30 min, 4 h'"
        problems.append(Problem(file=option_name, what=f"'{text}' has {len(set(found))} times", expected=expected))
    if problems:
        raise InputError(problems)
    return tuple(sorted(set(found)))


def read_dose(text: str, option_name: str) -> float:
    """Return the dose of a Smac mimetic, molar: above zero, and no more than dissolves.

    Raises
    ------
    InputError
        If it is none.
    """
    from avpi.quantity import QuantityError, outside_a_study, parse_quantity

    try:
        dose = parse_quantity(text, "concentration", zero_without_unit=True).value
    except QuantityError as error:
        raise InputError(Problem(file=option_name, what=outside_a_study(error))) from None
    if dose == 0:
        raise InputError(Problem(file=option_name, what=f"'{text}' is no dose", expected="one above zero"))
    require_soluble(dose, text, option_name)
    return dose


def require_soluble(molar: float, text: str, option_name: str) -> None:
    """Refuse a dose of a Smac mimetic that is more than dissolves.

    Raises
    ------
    InputError
        If it is.
    """
    from avpi.population.experiment import MOST_MOLAR, too_much
    from avpi.quantity import format_molar

    if too_much("SM", molar):
        what, expected = f"'{text}' is more than dissolves", f"{format_molar(MOST_MOLAR)} at most"
        raise InputError(Problem(file=option_name, what=what, expected=expected))


def read_compound(word: str, place: str = "--compound") -> str:
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
        raise InputError(Problem(file=place, what=f"'{word}' is no Smac mimetic that avpi knows", hint=hint))
    return CLASS if word.strip().upper() == CLASS else found.compound

"""What the commands of ``avpi trial`` share: how they end, lists of numbers, shared options."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from avpi.cli.house import option
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

Function = TypeVar("Function", bound=Callable[..., Any])
MOST_NUMBERS = 200


def tell(terminal: Terminal, record: Mapping[str, Any], lines: Sequence[str], *, as_json: bool) -> None:
    """Print a result as JSON or as lines; both say what it is."""
    from avpi.clinic.checks import EXPLORATORY

    if as_json:
        terminal.json({**plain(record), "statement": EXPLORATORY})
        return
    for line in lines:
        terminal.data(line)
    terminal.data(f"\n{EXPLORATORY}")


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    from avpi.report.trial_record import plain as of_record

    return of_record(value)


def read_numbers(text: str, place: str, *, exactly: int | None = None) -> tuple[float, ...]:
    """Return numbers that are written ``3,6,9``.

    Raises
    ------
    InputError
        With the part that is no number, or if there are not as many as needed.
    """
    parts = [part.strip() for part in text.replace(";", ",").split(",")]
    numbers = []
    for part in parts:
        try:
            numbers.append(float(part))
        except ValueError:
            what = f"'{part}' in '{text}' is no number"
            raise InputError(Problem(file=place, what=what, expected="numbers such as 3,6,9")) from None
    if exactly is not None and len(numbers) != exactly:
        raise InputError(Problem(file=place, what=f"'{text}' has {len(numbers)} numbers", expected=str(exactly)))
    if len(numbers) > MOST_NUMBERS or not all(math.isfinite(number) for number in numbers):
        what = f"'{text}' cannot be used"
        raise InputError(Problem(file=place, what=what, expected=f"up to {MOST_NUMBERS} finite numbers"))
    return tuple(numbers)


def say_if_compiled(terminal: Terminal) -> None:
    """Tell that the trials must be compiled, where they were not before: this takes longer than they do."""
    from avpi.clinic.kernels.trials import run_trials
    from avpi.compute.compiled import is_kept

    if not is_kept(run_trials):
        terminal.say("compiling the trials, once on this machine: this takes up to a minute")


def levels(*, power: bool = True) -> Callable[[Function], Function]:
    """Give a command ``--alpha`` and, where it plans, ``--power``."""

    def decorate(function: Function) -> Function:
        wrapped: Any = function
        if power:
            wrapped = option(
                "--power", metavar="P", type=float, default=0.9, section="Analysis", help="0.9 by default."
            )(wrapped)
        return option(  # type: ignore[no-any-return]
            "--alpha", metavar="A", type=float, default=0.025, section="Analysis", help="One-sided; 0.025 by default."
        )(wrapped)

    return decorate


def shown(value: float, digits: int = 3) -> str:
    """Return a number for people; what is not finite in words."""
    if math.isnan(value):
        return "none"
    if math.isinf(value):
        return "never" if value > 0 else "-"
    return f"{value:.{digits}f}"


def ratio_words(low: float, median: float, high: float) -> str:
    """Return a hazard ratio's median and 95 % range over trials."""
    return f"{shown(median, 2)} ({shown(low, 2)}-{shown(high, 2)})"


Count = click.IntRange(min=1)

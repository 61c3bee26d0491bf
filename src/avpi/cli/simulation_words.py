"""What people type for a simulation, turned into numbers: assignments, phases, times."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from avpi.errors import InputError, Problem, nearest_word

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from avpi.solver.draws import LogNormal
    from avpi.solver.model import Model
    from avpi.solver.programme import Phase

REST = "rest"
"""The duration of a last phase that goes on for ever."""

PHASE_FORM = "a phase such as '24: add D=100, set TNF=0, k=2', or 'rest: ...' for the last"
DEFAULT_POINTS = 11


def assignment(text: str, option: str, expected: str = "NAME=VALUE") -> tuple[str, float]:
    """Return the name and the number of ``NAME=VALUE``.

    Raises
    ------
    InputError
        If it is none.
    """
    name, equals, value = (part.strip() for part in text.rpartition("="))
    number = _number(value)
    if not equals or not name or number is None:
        raise InputError(Problem(file=option, what=f"'{text}' cannot be read", expected=expected))
    return name, number


def parameters_and_starts(model: Model, texts: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return what ``--set`` gives: parameters, and starting values of states, by the model's own names.

    Raises
    ------
    InputError
        With every text that cannot be read and every name that is not in the model.
    """
    parameters: dict[str, float] = {}
    starts: dict[str, float] = {}
    problems: list[Problem] = []
    known = [*model.parameters, *model.states]
    by_label = {label: name for name, label in model.labels.items() if name in known}
    for text in texts:
        try:
            name, value = assignment(text, "--set")
        except InputError as error:
            problems += error.problems
            continue
        own = name if name in known else by_label.get(name, "")
        if own in model.states:
            starts[own] = value
        elif own in model.parameters:
            parameters[own] = value
        else:
            hint = nearest_word(name, [*known, *by_label])
            what = f"'{name}' is neither a parameter nor a state of the model"
            problems.append(Problem(file="--set", what=what, hint=hint))
    if problems:
        raise InputError(problems)
    return parameters, starts


def phases(texts: Sequence[str]) -> list[Phase]:
    """Return the phases of ``--phase``: a duration, and what happens at its beginning.

    ``24: add D=100, set TNF=0, k=2`` lasts 24, adds to a state, sets a state, changes a parameter.

    Raises
    ------
    InputError
        With every text that cannot be read.
    """
    found: list[Phase] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            found.append(_phase(text))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _phase(text: str) -> Phase:
    from avpi.solver.programme import Phase

    lasts, _, changes = text.partition(":")
    duration = math.inf if lasts.strip() == REST else _number(lasts)
    if duration is None:
        raise InputError(Problem(file="--phase", what=f"'{lasts.strip()}' is no duration", expected=PHASE_FORM))
    kinds: dict[str, dict[str, float]] = {"add": {}, "set": {}, "": {}}
    for change in filter(None, (part.strip() for part in changes.split(","))):
        verb, _, rest = change.partition(" ")
        kind = verb if verb in ("add", "set") and "=" in rest else ""
        name, value = assignment(rest if kind else change, "--phase", PHASE_FORM)
        if name in kinds[kind]:
            raise InputError(Problem(file="--phase", what=f"'{name}' stands twice in '{text}'", expected="it once"))
        kinds[kind][name] = value
    return Phase(duration=duration, add=kinds["add"], set=kinds["set"], parameters=kinds[""])


def require_file(path: Path) -> None:
    """Refuse a model that is not there.

    Raises
    ------
    InputError
        If it is not.
    """
    if not path.exists():
        hint = "Is the path right? It begins in the folder that you are in"
        raise InputError(Problem(file=str(path), what="There is no such file", expected="an SBML model", hint=hint))


def require_states(model: Model, phases: Sequence[Phase]) -> None:
    """Refuse to add to or set what is a parameter: it is given a value without a word before it.

    Raises
    ------
    InputError
        With every one.
    """
    problems: list[Problem] = []
    for phase in phases:
        for verb, changes in (("add", phase.add), ("set", phase.set)):
            for name, value in changes.items():
                if name in model.parameters and name not in model.states:
                    given = f"{name}={float(value):g}"  # type: ignore[arg-type] # of the command line, so a number
                    what = f"'{verb} {given}': {name} is a parameter and no state"
                    problems.append(Problem(file="--phase", what=what, hint=f"Write {given}"))
    if problems:
        raise InputError(problems)


def sigmas(texts: Sequence[str]) -> float | Mapping[str, float] | None:
    """Return what ``--sigma`` gives: a number for all parameters, or name -> number; None where it was not given.

    Raises
    ------
    InputError
        If a number for all stands beside others, or one cannot be read.
    """
    if not texts:
        return None
    if len(texts) == 1 and "=" not in texts[0]:
        number = _number(texts[0])
        if number is not None:
            return number
    return dict(assignment(text, "--sigma", "one number for all parameters, or NAME=NUMBER for each") for text in texts)


def cells(
    count: int, sigma: float | Mapping[str, float] | None, seed: int, around: Mapping[str, float]
) -> LogNormal | Mapping[str, float]:
    """Return the ensemble, or the parameters of a single cell.

    Raises
    ------
    InputError
        If there are many cells and nothing in which they differ.
    """
    from avpi.solver.draws import LogNormal

    if sigma is not None:
        return LogNormal(cells=count, sigma=sigma, seed=seed, around=around)
    if count > 1:
        what = f"'{count}' cells would all be the same"
        hint = "Let their parameters scatter, with '--sigma 0.25' for example"
        raise InputError(Problem(file="--cells", what=what, hint=hint))
    return around


def times(listed: str | None, until: float | None, points: int | None, start: float) -> NDArray[np.float64]:
    """Return when to observe.

    Raises
    ------
    InputError
        If neither or both of the ways to say it are used, or a number cannot be read.
    """
    import numpy as np

    if listed is not None and (until is not None or points is not None):
        raise InputError(Problem(file="--times", what="'--times' and '--until' exclude each other", expected="one"))
    if listed is not None:
        numbers = list(_listed(listed))
        return np.array(numbers)
    if until is None:
        what, hint = "no time is given", "Say '--until 24', or '--times 0,6,12'"
        raise InputError(Problem(file="--until", what=what, hint=hint))
    first = max(start, 0.0)
    if not (math.isfinite(until) and until > first):
        raise InputError(Problem(file="--until", what=f"'{until:g}' is no end", expected=f"a time after {first:g}"))
    return np.linspace(first, until, points or DEFAULT_POINTS)


def _listed(text: str) -> Iterator[float]:
    for part in text.split(","):
        number = _number(part)
        if number is None:
            what = f"'{part.strip()}' in '{text}' is no time"
            raise InputError(Problem(file="--times", what=what, expected="ascending numbers such as '0,6,12'"))
        yield number


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None

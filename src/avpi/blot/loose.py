"""A blot without a study: what is said on one line is declared as a study would declare it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from avpi.blot.analyse import conclude_blot
from avpi.blot.exposures import ExposureSeries
from avpi.blot.findings import row_findings
from avpi.blot.integrity import examine_picture, unrecoverable
from avpi.blot.measure import MeasuredBlot, measure_blot
from avpi.blot.polarity import as_signal
from avpi.blot.results import BlotResult
from avpi.errors import InputError, NotAnalysed, Problem
from avpi.estimate import Finding
from avpi.readings import BlotImage
from avpi.study.conditions import ConditionWords
from avpi.study.overrides import Overrides
from avpi.study.schema import Blot, Lane, LoadingControl, Neighbour, Rules

if TYPE_CHECKING:
    from avpi.blot.ladder import LadderLane

Side = Literal["above", "below"]
LOOSE_WORDS = ConditionWords(compound="SM", working_doses={"SM": 1e-7})
"""Lanes of a loose blot are vehicle or treated; the dose is not known and is never shown."""
NAME = "blot"
"""Name of a loose blot, and first part of the targets in its overrides (``blot/lane3``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantified:
    """A loose blot, as far as it could be read.

    Attributes
    ----------
    declared : what was said of it.
    measured : its bands, or None where no lane was found.
    result : what they say of one another, or None where they say nothing.
    findings : everything that takes trust away, worst first.
    refused : why there are no volumes or no ratios, or None.
    keep_volumes : False where the picture makes every volume meaningless.
    ladder : ladder lanes that were read.
    """

    declared: Blot
    measured: MeasuredBlot | None
    result: BlotResult | None
    findings: tuple[Finding, ...]
    refused: Finding | None
    keep_volumes: bool
    ladder: tuple[LadderLane, ...] = ()


def declare_blot(
    lanes: int,
    *,
    source: str = "image",
    vehicle: Sequence[int] = (),
    empty: Sequence[int] = (),
    ladder: Sequence[int] = (),
    target: str = "target",
    control: str | None = None,
    control_source: str | None = None,
    target_row: float | None = None,
    control_row: float | None = None,
    neighbours: Sequence[Side] = (),
    mirrored: bool = False,
    allow_saturated: bool = False,
) -> Blot:
    """Return what a study would declare of a blot.

    Parameters
    ----------
    lanes : positions on the gel, empty and ladder lanes included; numbered from 1, from the left (from the right where
        ``mirrored``).
    vehicle, empty, ladder : numbers of the lanes that hold vehicle, nothing, or a ladder.
    target, control : names of the proteins; without a name, an image or a row of its own there is no loading control.
    source, control_source : names of the images; the control stands on the target's image where it has none.
    target_row, control_row : rows, in pixels from the top of their image.
    neighbours : on which sides of the target another band of the antibody is expected.

    Raises
    ------
    InputError
        With every number of a lane that does not exist or is said to hold two things, every row above the image, and a
        control without a row on the target's own image.
    """
    problems = _faults(source, lanes, vehicle, empty, ladder)
    for name, row in (("target_row", target_row), ("control_row", control_row)):
        if row is not None and not row >= 0:
            expected = "pixels from the top of the image, 0 or more"
            option = f"--{name.replace('_', '-')}"
            problems.append(Problem(file=source, what=f"'{option}' ({name}) is '{row:g}'", expected=expected))
    if problems:
        raise InputError(problems)
    loading = None
    if control is not None or control_source is not None or control_row is not None:
        loading = LoadingControl(
            name=control or "loading control", image=control_source, row=control_row, allow_saturated=allow_saturated
        )
    return Blot(
        name=NAME,
        experiment="1",
        image=source,
        target=target,
        loading_control=loading,
        lanes=tuple(_lane(n, vehicle, empty, ladder) for n in range(1, lanes + 1)),
        mirrored=mirrored,
        target_row=target_row,
        neighbours=tuple(Neighbour(name=f"neighbour {side}", side=side) for side in dict.fromkeys(neighbours)),
        allow_lossy=True,
    )


def _faults(
    source: str, lanes: int, vehicle: Sequence[int], empty: Sequence[int], ladder: Sequence[int]
) -> list[Problem]:
    problems = []
    if lanes < 1:
        problems.append(Problem(file=source, what=f"'lanes' is '{lanes}'", expected="1 or more"))
    said = {"vehicle": vehicle, "empty": empty, "ladder": ladder}
    for name, numbers in said.items():
        problems += [
            Problem(file=source, what=f"'{name}' names lane '{n}' of {lanes}", expected=f"1 to {lanes}")
            for n in numbers
            if not 1 <= n <= lanes
        ]
    for n in sorted({*vehicle, *empty, *ladder}):
        twice = [name for name, numbers in said.items() if n in numbers]
        if len(twice) > 1:
            problems.append(Problem(file=source, what=f"lane '{n}' is {' and '.join(twice)}", expected="one of them"))
    return problems


def _lane(number: int, vehicle: Sequence[int], empty: Sequence[int], ladder: Sequence[int]) -> Lane:
    if number in empty or number in ladder:
        return Lane(empty=number in empty, ladder=number in ladder)
    return Lane(condition="DMSO" if number in vehicle else "SM")


def quantify_blot(
    image: BlotImage,
    control_image: BlotImage | None,
    declared: Blot,
    overrides: Overrides,
    *,
    ladder: tuple[LadderLane, ...] = (),
    series: ExposureSeries | None = None,
) -> Quantified:
    """Read a loose blot as far as it can be read: bands, volumes, and fractions of vehicle where vehicle is told.

    What a study refuses becomes ``refused`` here, beside whatever could still be read. ``series`` holds further
    exposures of the target, of which ``image`` is the longest.
    """
    pictures = [image] if control_image is None else [image, control_image]
    try:
        measured = measure_blot(image, control_image, declared, LOOSE_WORDS, overrides, series=series)
    except NotAnalysed as why:
        found = [
            f for picture in pictures for f in examine_picture(picture, as_signal(picture), declared.name).findings
        ]
        first = unrecoverable(found, allow_lossy=True) or _refusal(why, declared)
        return Quantified(
            declared=declared, measured=None, result=None, findings=_worst_first([first, *found]), refused=first,
            keep_volumes=False, ladder=ladder,
        )  # fmt: skip
    fatal = unrecoverable(measured.findings, allow_lossy=True)
    result: BlotResult | None = None
    refused: Finding | None = fatal
    findings: list[Finding] = list(measured.findings)
    if fatal is None and measured.layout.vehicles().any():
        try:
            result = conclude_blot(measured, declared, LOOSE_WORDS, Rules())
            findings = list(result.findings)
        except NotAnalysed as why:
            refused = _refusal(why, declared)
    if result is None and fatal is None:
        findings += row_findings(measured.target, measured.control, declared)
    if refused is not None:
        findings = [refused, *(finding for finding in findings if finding.text != refused.text)]
    return Quantified(
        declared=declared, measured=measured, result=result, findings=_worst_first(findings), refused=refused,
        keep_volumes=fatal is None, ladder=ladder,
    )  # fmt: skip


def _refusal(why: NotAnalysed, declared: Blot) -> Finding:
    return Finding(code=why.code, severity="blocking", text=str(why), subject=declared.name)


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repeats, worst first."""
    order = ("blocking", "warning", "note")
    kept = {(f.code, f.subject or "", f.text): f for f in findings if f.code not in _OF_A_STUDY}
    return tuple(sorted(kept.values(), key=lambda f: order.index(f.severity)))


_OF_A_STUDY = frozenset({"late_only", "no_harvest", "no_treated_lane"})
"""Findings about harvests and doses, of which a loose blot says nothing."""

"""The same readings offered as two experiments, though the files differ: a plate exported twice, an image saved anew.

Files that are the same to the byte are found before anything is read (``avpi.study.repeats``); here what was read is
compared: every well of a plate, every pixel of a blot. Two real measurements never agree in all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from avpi.blot.results import BlotResult
from avpi.estimate import Finding
from avpi.plate.results import PlateResult


def repeated_readings(
    blots: Sequence[BlotResult], plates: Sequence[PlateResult]
) -> tuple[frozenset[str], tuple[Finding, ...]]:
    """Return the names of the parts whose readings an earlier part already holds, and why each is refused."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    refused, findings = [], []
    contents = [(blot.name, blot.experiment, ("blot " + blot.target, _pixels(blot))) for blot in blots]
    contents += [(plate.name, plate.experiment, ("plate", _wells(plate))) for plate in plates]
    for name, experiment, content in contents:
        first, first_experiment = seen.setdefault(content, (name, experiment))
        if first == name:
            continue
        refused.append(name)
        text = (
            f"'{name}' ({experiment}) holds the very values of '{first}' ({first_experiment}), in another file. It is "
            "refused: n counts independent experiments, never copies."
        )
        findings.append(Finding(code="pseudoreplication", severity="blocking", text=text, subject=name))
    return frozenset(refused), tuple(findings)


def _pixels(blot: BlotResult) -> str:
    shape = "x".join(map(str, blot.image.pixels.shape))
    return f"{shape} {hashlib.sha256(blot.image.pixels.tobytes()).hexdigest()}"


def _wells(plate: PlateResult) -> str:
    values = ";".join(f"{well.name}={well.raw!r}" for well in plate.wells)
    return hashlib.sha256(values.encode()).hexdigest()

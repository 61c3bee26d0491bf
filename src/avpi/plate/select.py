"""Which plate and which read of an export a study means.

Nothing is guessed: a name must be there, a choice among several must be declared. A measured read wins over
what the reader's program calculated from it, and the readout's mode (luminescence for CellTiter-Glo) narrows
the choice; a read of another mode is refused, because absorbance offered as ATP luminescence would still give
numbers that look right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from avpi.errors import NotAnalysed, nearest_word
from avpi.estimate import Finding
from avpi.names import find_readout, normal_form, vocabulary
from avpi.readings import Plate, PlateRead, PlateReading
from avpi.study.schema import PlateFile

Named = TypeVar("Named", Plate, PlateRead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The one read that is analysed, the plate it belongs to, and what a reader must know of the choice."""

    plate: Plate
    read: PlateRead
    label: str
    findings: tuple[Finding, ...]


def select_read(reading: PlateReading, declared: PlateFile) -> Selection:
    """Return the read that a study declares.

    Raises
    ------
    NotAnalysed
        ``no_reads``, ``unknown_plate``, ``ambiguous_plate``, ``unknown_read``, ``ambiguous_read``,
        ``wrong_read_mode`` or ``wrong_readout``.
    """
    wanted_mode = _mode_of(declared)
    plate = _select_plate(reading, declared)
    if not plate.reads:
        why = f"plate '{plate.name}' of {reading.source} holds no values."
        raise NotAnalysed(code="no_reads", why=why)
    labels = read_labels(plate.reads)
    read = _select_one_read(plate, labels, declared, wanted_mode)
    findings = []
    if read.mode == "unknown":
        text = (
            f"{reading.source} does not say how it was read; it is taken for {declared.readout} "
            f"({wanted_mode}) because the study says so."
        )
        findings.append(Finding(code="mode_unknown", severity="note", text=text, subject=declared.name))
    elif read.mode != wanted_mode:
        why = (
            f"read '{read.name}' of {reading.source} is {read.mode}, and {declared.readout} is read as "
            f"{wanted_mode}. Declare the right read with `read:`, or the readout that this is."
        )
        raise NotAnalysed(code="wrong_read_mode", why=why)
    if read.kind == "calculated":
        text = (
            f"Read '{read.name}' was calculated by the reader's program from values that are not in "
            f"{reading.source}; export the measured values too."
        )
        findings.append(Finding(code="calculated_read", severity="note", text=text, subject=declared.name))
    # By identity: reads hold arrays, which have no single truth of equality.
    label = next(label for each, label in zip(plate.reads, labels, strict=True) if each is read)
    return Selection(plate=plate, read=read, label=label, findings=tuple(findings))


def read_labels(reads: Sequence[PlateRead]) -> list[str]:
    """Return the name of each read; with its time where a kinetic repeats the name."""
    often = Counter(read.name for read in reads)
    return [
        f"{read.name} at {read.time_s:g} s" if often[read.name] > 1 and read.time_s is not None else read.name
        for read in reads
    ]


def _mode_of(declared: PlateFile) -> str:
    readout = find_readout(declared.readout) or ""
    mode = str(vocabulary()["readouts"].get(readout, {}).get("mode", ""))
    if mode in ("", "cytometry"):
        why = f"'{declared.readout}' is not read in a plate reader; declare its FCS files under `samples:`."
        raise NotAnalysed(code="wrong_readout", why=why)
    return mode


def _select_plate(reading: PlateReading, declared: PlateFile) -> Plate:
    plates = reading.plates
    if not plates:
        why = f"{reading.source} holds no plate."
        raise NotAnalysed(code="no_reads", why=why)
    names = [plate.name for plate in plates]
    if declared.plate is None:
        if len(plates) == 1:
            return plates[0]
        why = (
            f"{reading.source} holds {len(plates)} plates ({_listed(names)}) and the study does not say "
            "which: declare it with `plate:`."
        )
        raise NotAnalysed(code="ambiguous_plate", why=why)
    found = _named(plates, declared.plate, lambda plate: (plate.name, plate.barcode))
    return _only(found, declared.plate, names, kind="plate", source=reading.source)


def _select_one_read(plate: Plate, labels: list[str], declared: PlateFile, wanted_mode: str) -> PlateRead:
    label_of = {id(read): label for read, label in zip(plate.reads, labels, strict=True)}
    if declared.read is not None:
        found = _named(plate.reads, declared.read, lambda read: (label_of[id(read)], read.name))
        return _only(found, declared.read, labels, kind="read", source=f"plate '{plate.name}'")
    candidates = [read for read in plate.reads if read.kind == "measured"] or list(plate.reads)
    if len(candidates) > 1:
        of_mode = [read for read in candidates if read.mode == wanted_mode]
        candidates = of_mode or candidates
    if len(candidates) > 1:
        listed = _listed([label_of[id(read)] for read in candidates])
        why = (
            f"plate '{plate.name}' was read {len(candidates)} times ({listed}) and the study does not say "
            "which read to use: declare it with `read:`."
        )
        raise NotAnalysed(code="ambiguous_read", why=why)
    return candidates[0]


def _named(parts: Sequence[Named], word: str, names_of: Callable[[Named], tuple[str, str]]) -> list[tuple[str, Named]]:
    """Return the parts that bear a name: as written if any does, else whatever the case and blanks."""
    exact = [(names_of(part)[0], part) for part in parts if word in names_of(part)]
    plain = normal_form(word)
    return exact or [(names_of(part)[0], part) for part in parts if plain in map(normal_form, names_of(part))]


def _only(
    found: list[tuple[str, Named]], word: str, names: list[str], *, kind: Literal["plate", "read"], source: str
) -> Named:
    if len(found) == 1:
        return found[0][1]
    if found:
        why = f"'{word}' is the name of {len(found)} {kind}s of {source}: {_listed([n for n, _ in found])}."
        raise NotAnalysed(code=f"ambiguous_{kind}", why=why)
    why = f"{source} holds no {kind} '{word}', but {_listed(names)}. {nearest_word(word, names)}".strip()
    raise NotAnalysed(code=f"unknown_{kind}", why=why)


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

"""Plates with known truth: a layout of conditions, readings drawn around known viabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from avpi.plate.analyse import analyse_plate
from avpi.plate.results import Arm, PlateResult
from avpi.readings import Plate, PlateLayout, PlateRead, PlateReading, ReadKind, ReadMode, parse_well, well_name
from avpi.study.conditions import ConditionWords
from avpi.study.schema import Layout, PlateFile, Rules

WORDS = ConditionWords(
    compound="birinapant",
    working_doses={"SM": 1e-7, "TNF": 10.0, "zVAD": 2e-5, "Nec-1": 1e-5, "Nec-1s": 1e-5},
)
VEHICLE = 50_000.0
BACKGROUND = 500.0
RULES = Rules()


def read_of(
    values: Mapping[str, float],
    *,
    shape: tuple[int, int] = (8, 12),
    overflow: Sequence[str] = (),
    name: str = "LUM",
    kind: ReadKind = "measured",
    mode: ReadMode = "luminescence",
    time_s: float | None = None,
) -> PlateRead:
    """Return a read with these wells; the others were not read."""
    matrix = np.full(shape, np.nan)
    saturated = np.zeros(shape, dtype=np.bool_)
    for well, value in values.items():
        matrix[parse_well(well) or (0, 0)] = value
    for well in overflow:
        matrix[parse_well(well) or (0, 0)] = np.nan
        saturated[parse_well(well) or (0, 0)] = True
    return PlateRead(name=name, kind=kind, mode=mode, unit="RLU", values=matrix, overflow=saturated, time_s=time_s)


def reading_of(*reads: PlateRead, plate: str = "Plate 1", barcode: str = "") -> PlateReading:
    """Return an export of one plate."""
    plates = (Plate(name=plate, barcode=barcode, reads=reads),)
    return PlateReading(reader="simulated", trust="working", plates=plates, source="raw/plate1.csv")


def layout_of(words: Mapping[str, str | Mapping[str, str]], *, shape: tuple[int, int] | None = None) -> PlateLayout:
    """Return a layout; a bare word stands for ``condition``."""
    wells = {well: {"condition": entry} if isinstance(entry, str) else dict(entry) for well, entry in words.items()}
    cells = {well: f"cell {well}" for well in wells}
    return PlateLayout(wells=wells, cells=cells, shape=shape, source="layout.csv")


def declared_plate(
    *, layout: str | Layout = "layout.csv", plate: str | None = None, read: str | None = None
) -> PlateFile:
    """Return the plate as study.yaml would declare it."""
    return PlateFile(name="plate1", experiment="exp1", file="raw/plate1.csv", layout=layout, plate=plate, read=read)


def analyse(
    values: Mapping[str, float],
    words: Mapping[str, str | Mapping[str, str]],
    *,
    declared: PlateFile | None = None,
    rules: Rules = RULES,
    overflow: Sequence[str] = (),
    shape: tuple[int, int] = (8, 12),
) -> PlateResult:
    """Analyse one simulated plate."""
    read = read_of(values, overflow=overflow, shape=shape)
    return analyse_plate(reading_of(read), layout_of(words), declared or declared_plate(), WORDS, rules)


def place(groups: Mapping[str, int], *, columns: int = 12) -> dict[str, str]:
    """Return ``{"A01": "DMSO", ...}`` with so many wells of each word, filled row by row."""
    words = [word for word, n in groups.items() for _ in range(n)]
    return {well_name(i // columns, i % columns): word for i, word in enumerate(words)}


def draw(
    labels: Mapping[str, str],
    truth: Mapping[str, float],
    rng: np.random.Generator,
    *,
    cv: float = 0.08,
    floor: float = 30.0,
) -> dict[str, float]:
    """Draw a reading for each well: multiplicative scatter above a background with scatter of its own."""
    values = {}
    for well, word in labels.items():
        signal = truth[word] * (VEHICLE - BACKGROUND)
        values[well] = float(BACKGROUND + signal * (1 + cv * rng.standard_normal()) + floor * rng.standard_normal())
    return values


def arm(result: PlateResult, label: str) -> Arm:
    """Return the arm of a condition by its label."""
    return next(a for a in result.arms if a.condition.label == label)


def codes(result: PlateResult) -> set[str]:
    """Return the codes of a plate's findings."""
    return {finding.code for finding in result.findings}

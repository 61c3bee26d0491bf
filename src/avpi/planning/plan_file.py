"""plan.yaml, schema 1: what the bench needs beyond study.yaml, which lies beside it and says what is measured.

Strict and closed as study.yaml is: an unknown key or a wrong type is an error with its line. Conditions, doses, plates
and layouts stand in study.yaml alone, so that a plan and its study cannot contradict each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from avpi.errors import Faults, Problem, StudyError, closest, nearest_word
from avpi.names import reagents
from avpi.planning.dose_series import Potency, find_potency
from avpi.planning.layout import SHAPES
from avpi.planning.liquids import Vehicle
from avpi.planning.recipe import Stock
from avpi.planning.request import volume_fault
from avpi.planning.volumes import format_share, format_volume, parse_share, parse_stock, parse_volume
from avpi.quantity import QuantityError, format_molar, parse_quantity
from avpi.study.conditions import ConditionWords
from avpi.study.read import Study, read_study
from avpi.study.yaml_lines import YamlDocument, read_yaml

PLAN_FILE = "plan.yaml"


def _text(read: Callable[[str], float]) -> BeforeValidator:
    def from_text(value: Any) -> float:
        if not isinstance(value, str):
            message = f"'{value}' has no unit"
            raise QuantityError(message)
        return read(value)

    return BeforeValidator(from_text)


Nanolitres = Annotated[float, _text(parse_volume), Field(gt=0)]
Part = Annotated[float, _text(parse_share)]
Molar = Annotated[float, _text(lambda text: parse_quantity(text, "concentration").value), Field(gt=0)]


class Planned(BaseModel):
    """Root of every part of the plan: strict types, no unknown keys, no change after reading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class StockEntry(Planned):
    """A stock solution; ``vehicle`` is DMSO for what is counted in molar, aqueous for proteins, where not said."""

    concentration: str
    vehicle: Literal["DMSO", "aqueous"] | None = None


class PotencyEntry(Planned):
    """What is known of the compound before the experiment."""

    dc50: Molar | None = None
    ec50: Molar | None = None
    source: str = ""


class PlateEntry(Planned):
    """The plates: format, whether the rim is used, the final volume of a well, the strength of pipetted mixes."""

    wells: Literal[24, 48, 96, 384, 1536]
    rim_used: bool = False
    volume: Nanolitres
    mix_strength: Annotated[float, Field(ge=2, le=20)] = 4.0

    @field_validator("volume")
    @classmethod
    def _fits(cls, volume: float, info: ValidationInfo) -> float:
        wells = info.data.get("wells")
        if wells is not None and (fault := volume_fault(wells, volume)):
            raise ValueError(fault)
        return volume


class CellsEntry(Planned):
    """How many cells a well gets; the bench sheet works out their suspension."""

    per_well: Annotated[int, Field(ge=1)]


class PlanFile(Planned):
    """The whole of plan.yaml."""

    plan: Literal[1]
    seed: Annotated[int, Field(ge=0)]
    potency: PotencyEntry = PotencyEntry()
    plate: PlateEntry
    cells: CellsEntry
    most_dmso: Part
    stocks: dict[str, StockEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan as read: its own file, the study beside it, the stocks by reagent."""

    folder: Path
    file: PlanFile
    study: Study
    stocks: Mapping[str, Stock]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plates."""
        return SHAPES[self.file.plate.wells]

    @property
    def potency(self) -> Potency:
        """What the plan says of the compound's potency; its valency is that of the compound records."""
        own = self.file.potency
        known = find_potency(self.study.file.compound, dc50_molar=own.dc50, ec50_molar=own.ec50)
        return replace(known, source=own.source)


def read_plan(folder: Path) -> Plan:
    """Read plan.yaml and study.yaml of a folder.

    Raises
    ------
    InputError
        With every problem of both files.
    """
    path = folder / PLAN_FILE
    if not path.is_file():
        what = f"'{PLAN_FILE}' was not found in '{folder}'"
        raise StudyError(Problem(file=PLAN_FILE, what=what, hint="`avpi plan new FOLDER` makes a plan"))
    faults = Faults()
    study = faults.read(lambda: read_study(folder), None)
    document = faults.read(lambda: read_yaml(path, PLAN_FILE), None)
    file = faults.read(lambda: _validated(document), None) if document is not None else None
    if file is None or study is None or document is None:
        faults.stop()
    assert file is not None
    assert study is not None
    assert document is not None
    nothing: dict[str, Stock] = {}
    stocks = faults.read(lambda: read_stocks(file, study.words, document), nothing)
    faults.stop()
    return Plan(folder=folder, file=file, study=study, stocks=stocks)


def _validated(document: YamlDocument) -> PlanFile:
    try:
        return PlanFile.model_validate(document.values)
    except ValidationError as error:
        faults: list[dict[str, Any]] = [dict(fault) for fault in error.errors()]
        meant = {_meant(fault["loc"]) for fault in faults if fault["type"] == "extra_forbidden"}
        told = [fault for fault in faults if fault["type"] != "missing" or fault["loc"] not in meant]
        raise StudyError([_problem(fault, document) for fault in told]) from None


def _meant(path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the path of the key that an unknown key was meant to be."""
    return (*path[:-1], closest(str(path[-1]), _keys(path[:-1])))


def _problem(fault: Mapping[str, Any], document: YamlDocument) -> Problem:
    path = tuple(fault["loc"])
    key, line = ".".join(map(str, path)), str(document.line(path))
    if fault["type"] == "extra_forbidden":
        hint = nearest_word(str(path[-1]), _keys(path[:-1]))
        return Problem(file=PLAN_FILE, place=line, what=f"'{key}' is not a known key", hint=hint)
    if fault["type"] == "missing":
        return Problem(file=PLAN_FILE, place=line, what=f"'{key}' is missing", hint="See docs/howto/plan.md.")
    shown = document.texts.get(path)
    said = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    what = f"'{key}' is '{shown}'" if shown else f"'{key}': {said}"
    return Problem(file=PLAN_FILE, place=line, what=what, expected=said if shown else "")


def _keys(path: tuple[int | str, ...]) -> list[str]:
    """Return the keys that may stand at a place of the plan."""
    parts: Mapping[str, type[Planned]] = {"potency": PotencyEntry, "plate": PlateEntry, "cells": CellsEntry}
    model: type[Planned] = parts.get(str(path[0]), StockEntry) if path else PlanFile
    return list(model.model_fields)


def read_stocks(file: PlanFile, words: ConditionWords, document: YamlDocument) -> dict[str, Stock]:
    """Return the stocks by reagent.

    Raises
    ------
    StudyError
        With every stock that names no reagent or whose concentration is of another kind than the reagent's dose.
    """
    problems, stocks = [], {}
    for word, entry in file.stocks.items():
        try:
            reagent, unit = words.find(word)
            stocks[reagent] = stock_of(reagent, unit, entry.concentration, entry.vehicle)
        except ValueError as error:
            line = str(document.line(("stocks", word)))
            problems.append(Problem(file=PLAN_FILE, place=line, what=f"'stocks.{word}': {error}"))
    if problems:
        raise StudyError(problems)
    return stocks


def stock_of(reagent: str, unit: str, concentration: str, vehicle: Vehicle | None = None) -> Stock:
    """Return a stock from its words.

    Raises
    ------
    QuantityError
        If the concentration is none, or of another kind than the reagent's dose.
    """
    value, found = parse_stock(concentration)
    if found != unit:
        example = "10 mM" if unit == "molar" else "100 ug/mL"
        message = f"'{concentration}' is of another kind than the dose of {reagent}: write it as '{example}'"
        raise QuantityError(message)
    usual: Vehicle = "DMSO" if unit == "molar" else "aqueous"
    return Stock(reagent=reagent, concentration=value, unit=unit, vehicle=vehicle or usual)


def plan_text(file: PlanFile, stocks: Mapping[str, Stock]) -> str:
    """Return plan.yaml with comments; :func:`read_plan` gives the same plan back."""
    plate, potency = file.plate, file.potency
    lines = [
        "# How this study gets onto the plates; what is measured stands in study.yaml. See docs/howto/plan.md.",
        "plan: 1",
        f"seed: {file.seed}".ljust(34) + "# of the layouts: the same seed gives the same plates",
        "potency:".ljust(34) + "# known before the experiment; `avpi plan lint` reads it",
    ]
    for key, value in (("dc50", potency.dc50), ("ec50", potency.ec50)):
        lines += [f"  {key}: {format_molar(value)}"] if value is not None else []
    lines += [
        f"  source: {json.dumps(potency.source, ensure_ascii=False)}",
        "plate:",
        f"  wells: {plate.wells}",
        f"  rim_used: {str(plate.rim_used).lower()}".ljust(34) + "# the outermost wells, which dry out, hold medium",
        f"  volume: {format_volume(plate.volume)}".ljust(34) + "# of a well in the end, cells and all",
        f"  mix_strength: {plate.mix_strength:g}".ljust(34) + "# a pipetted mix is so many times stronger",
        "cells:",
        f"  per_well: {file.cells.per_well}",
        f"most_dmso: {format_share(file.most_dmso)}",
        "stocks:".ljust(34) + "# what stands in the freezer; change it to yours",
    ]
    lines += [
        f"  {_key(stock.reagent)}: {{concentration: {stock.text}, vehicle: {stock.vehicle}}}"
        for stock in stocks.values()
    ]
    return "\n".join(lines) + "\n"


def _key(reagent: str) -> str:
    return reagent if reagent in reagents() else json.dumps(reagent, ensure_ascii=False)

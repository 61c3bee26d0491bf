"""A plan as a folder: plan.yaml, study.yaml, a layout file for every plate. Written whole, then read back."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from avpi.errors import Faults, InputError, Problem, StudyError
from avpi.names import reagents
from avpi.planning.design import Design
from avpi.planning.layout import BLANK, SHAPES, VEHICLE, PlateLayoutPlan, WellGroup, layout_csv
from avpi.planning.placement import place_groups
from avpi.planning.plan_file import (
    PLAN_FILE,
    CellsEntry,
    PlanFile,
    PlateEntry,
    PotencyEntry,
    plan_text,
    read_plan,
    stock_of,
)
from avpi.planning.recipe import Stock
from avpi.planning.request import (
    CELLS_PER_WELL,
    CONTROL_WELLS,
    MIX_STRENGTH,
    USUAL_FOLD,
    USUAL_STOCK,
    USUAL_STOCKS,
    WELL_VOLUMES_NL,
    Request,
)
from avpi.planning.study_text import TIME_ZERO_LAYOUT, layout_file, study_text, working_dose_words
from avpi.planning.volumes import format_share, format_volume
from avpi.quantity import QuantityError, format_molar, format_ng_per_ml, outside_a_study, parse_quantity
from avpi.study.read import STUDY_FILE


def write_plan(request: Request, design: Design, folder: Path) -> tuple[Path, ...]:
    """Write a plan into a new or empty folder and return the files made.

    Raises
    ------
    InputError
        If the folder holds anything, a stock cannot be read, or study.yaml would not be a study's: a compound named
        like another reagent. Nothing is written then.
    """
    require_free(folder)
    texts = {PLAN_FILE: plan_text(plan_file_of(request), stocks_of(request, design))}
    texts[STUDY_FILE] = study_text(request, design)
    texts |= {layout_file(layout.plate): layout_csv(layout) for layout in design.layouts}
    if design.time_zero:
        texts[TIME_ZERO_LAYOUT] = layout_csv(time_zero_layout(request))
    # Tried elsewhere first: names that no study may have are the user's to change, and nothing is left behind then.
    with tempfile.TemporaryDirectory() as elsewhere:
        _written(Path(elsewhere), texts)
        read_plan(Path(elsewhere))
    return _written(folder, texts)


def _written(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="\n")
    return tuple(folder / name for name in texts)


def plan_file_of(request: Request) -> PlanFile:
    """Return what plan.yaml says of a request."""
    wells = request.plate_wells
    volume = request.volume_nl if request.volume_nl is not None else WELL_VOLUMES_NL[wells]
    potency = request.potency
    return PlanFile.model_validate(
        {
            "plan": 1,
            "seed": request.seed,
            "potency": PotencyEntry.model_validate(
                {
                    **({"dc50": format_molar(potency.dc50_molar)} if potency.dc50_molar is not None else {}),
                    **({"ec50": format_molar(potency.ec50_molar)} if potency.ec50_molar is not None else {}),
                    "source": potency.source,
                }
            ),
            "plate": PlateEntry.model_validate(
                {
                    "wells": wells, "rim_used": request.rim_used, "volume": format_volume(volume),
                    "mix_strength": MIX_STRENGTH[wells],
                }
            ),
            "cells": CellsEntry(per_well=CELLS_PER_WELL[wells]),
            "most_dmso": format_share(request.most_dmso),
            "stocks": {},
        }
    )  # fmt: skip


def stocks_of(request: Request, design: Design) -> dict[str, Stock]:
    """Return the stock of every reagent that goes onto the plates: the user's, else the usual one.

    Raises
    ------
    InputError
        With every stock that cannot be read.
    """
    known, doses, faults = reagents(), working_dose_words(request, design), Faults()
    stocks: dict[str, Stock] = {}
    for reagent in ("SM", *doses):
        unit = known[reagent].unit
        text = request.stocks.get(reagent) or USUAL_STOCKS.get(reagent) or _usual_stock(unit, doses.get(reagent, ""))
        stock = faults.read(lambda r=reagent, u=unit, t=text: _stock(r, u, t), None)  # type: ignore[misc]
        if stock is not None:
            stocks[reagent] = stock
    faults.stop()
    return stocks


def time_zero_layout(request: Request) -> PlateLayoutPlan:
    """Return the plate that is read when the mimetic is added: cells of the same seeding, and medium alone."""
    control = CONTROL_WELLS[request.plate_wells]
    groups = [WellGroup(content=VEHICLE, wells=2 * control), WellGroup(content=BLANK, wells=control)]
    shape = SHAPES[request.plate_wells]
    contents = place_groups(shape, groups, rim_used=request.rim_used, seed=(request.seed, 0, 0))
    return PlateLayoutPlan(plate="time zero", experiment="", shape=shape, rim_used=request.rim_used, contents=contents)


def _stock(reagent: str, unit: str, text: str) -> Stock:
    try:
        return stock_of(reagent, unit, text)
    except QuantityError as error:
        raise InputError(Problem(file="--stock", place=reagent, what=outside_a_study(error))) from None


def _usual_stock(unit: str, dose: str) -> str:
    return USUAL_STOCK if unit == "molar" else format_ng_per_ml(USUAL_FOLD * parse_quantity(dose).value)


def require_free(folder: Path) -> None:
    """Refuse a folder that holds anything.

    Raises
    ------
    StudyError
        If it is a file or is not empty.
    """
    if folder.exists() and not folder.is_dir():
        raise StudyError(Problem(file=str(folder), what=f"'{folder}' is a file", expected="a new or an empty folder"))
    if folder.is_dir() and any(folder.iterdir()):
        what = f"'{folder}' is not empty, so nothing was written"
        raise StudyError(Problem(file=str(folder), what=what, expected="a new or an empty folder"))

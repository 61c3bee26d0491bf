"""The bench sheet of one experiment: a page to print, tick and write on, and that tells a program the same.

It holds what a person needs in the order of the day: stocks and cells, dilutions, master mixes, pictures of the plates,
the harvests of Protocol A with a clock, the gel map, the tubes. One file, nothing from the network; its script only
fills in the clock, and without it the times are written by hand. The browser prints it, or saves it as PDF.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avpi.planning.deck import Deck
from avpi.planning.dilutions import dilution_steps, stock_needed
from avpi.planning.harvests import HANDLING_MINUTES, MICROGRAMS_A_LANE, GelLane, Harvest, harvest_schedule
from avpi.planning.labware import plain_well
from avpi.planning.layout import BLANK, PlateLayoutPlan, content_codes
from avpi.planning.liquids import Place, Transfer
from avpi.planning.matrix import words_of
from avpi.planning.mixes import MIXES, RESERVOIR
from avpi.planning.plan_file import Plan
from avpi.planning.plate_picture import FAMILIES, family_of, plate_svg
from avpi.planning.volumes import format_share, format_volume
from avpi.quantity import format_minutes
from avpi.readings import parse_well
from avpi.study.schema import Lane

CELL_EXCESS = 1.15
"""Cell suspension to prepare, by what the wells take: dead volume of the trough and of tips (assumed)."""
NL_PER_UL = 1000.0
NL_PER_ML = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRow:
    """One master mix: its well, its condition with code, what goes in, and which wells get how much of it."""

    place: str
    code: str
    condition: str
    family: str
    parts: tuple[str, ...]
    total: str
    wells: tuple[tuple[str, str], ...]


def bench_sheet(plan: Plan, experiment: str, layouts: Sequence[PlateLayoutPlan], deck: Deck | None) -> str:
    """Return the page of one experiment as HTML.

    Parameters
    ----------
    layouts : the experiment's plates.
    deck : their mixes (:func:`avpi.planning.mixes.mix_deck`); None where there are no plates.
    """
    templates = Environment(
        loader=PackageLoader("avpi.planning"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    lanes = gel_lanes(plan, experiment)
    harvests = harvest_schedule(lanes) if lanes else ()
    return templates.get_template("bench_sheet.html.j2").render(
        study=plan.study,
        experiment=experiment,
        style=Markup(templates.get_template("bench_sheet.css").render()),
        script=Markup(templates.get_template("bench_sheet.js").render()),
        on_plates=_on_plates(plan, layouts, deck) if deck is not None else None,
        harvests=[_harvest_row(harvest) for harvest in harvests],
        membranes=_membranes(plan, experiment),
        samples=[s for s in plan.study.samples if s.experiment == experiment],
        time_zero=[p for p in plan.study.plates if p.experiment == experiment and p.time_zero],
        handling=format_minutes(HANDLING_MINUTES),
        micrograms=MICROGRAMS_A_LANE,
    )


def _on_plates(plan: Plan, layouts: Sequence[PlateLayoutPlan], deck: Deck) -> dict[str, Any]:
    """Return what the page says of stocks, mixes and plates."""
    contents = {content: wells for layout in layouts for content, wells in layout.groups.items()}
    codes = content_codes(contents)
    return {
        "plates": [(layout.plate, Markup(plate_svg(layout, codes))) for layout in layouts],
        "legend": [(codes[content], content, family_of(content)) for content in codes],
        "families": FAMILIES,
        "stocks": _stock_rows(plan, deck),
        "dilutions": _dilution_rows(plan, deck),
        "mixes": _mix_rows(plan, layouts, deck, codes),
        "tubes": _tube_rows(deck),
        "cells": _cells(plan, layouts, deck),
        "dmso": format_share(deck.recipe.share("DMSO")),
        "buffer": format_share(deck.recipe.share("aqueous")) if deck.recipe.share("aqueous") else "",
    }


def gel_lanes(plan: Plan, experiment: str) -> tuple[GelLane, ...]:
    """Return the lysates of an experiment that its blots of cIAP1 declare, each once, the reference left out."""
    lanes = (
        lane
        for blot in plan.study.blots
        if blot.experiment == experiment and blot.target == "cIAP1"
        for lane in blot.lanes
    )
    found = (_gel_lane(plan, lane) for lane in lanes)
    return tuple(dict.fromkeys(lane for lane in found if not (lane.ladder or lane.reference)))


def _gel_lane(plan: Plan, lane: Lane) -> GelLane:
    if lane.ladder or lane.empty:
        return GelLane(ladder=True)
    condition = plan.study.lane_condition(lane)
    dose = condition.dose_of("SM") or 0.0
    if not condition.additions and not lane.time:
        return GelLane(reference=True)
    said = "" if condition.reagents <= {"SM"} else plan.study.words.describe(condition)
    return GelLane(minutes=lane.time or 0.0, dose_molar=dose, condition=said)


def _membranes(plan: Plan, experiment: str) -> list[tuple[str, list[str]]]:
    """Return every membrane of an experiment with what is written above its lanes."""
    found: dict[str, list[str]] = {}
    for blot in plan.study.blots:
        if blot.experiment == experiment:
            found.setdefault(
                blot.membrane or blot.name,
                ["empty" if lane.empty else _gel_lane(plan, lane).label for lane in blot.lanes],
            )
    return list(found.items())


def _harvest_row(harvest: Harvest) -> dict[str, Any]:
    lane = harvest.lane
    return {
        "label": lane.label,
        "dosed": harvest.dosed_at,
        "lysed": harvest.lysed_at,
        "exposure": "" if lane.reference else format_minutes(lane.minutes),
        "reference": lane.reference,
    }


def _stock_rows(plan: Plan, deck: Deck) -> list[tuple[str, str, str, str]]:
    """Return each stock with what is needed of it today."""
    rows: list[tuple[str, str, str, str]] = []
    for stock in plan.stocks.values():
        own = [liquid for liquid in deck.recipe.intermediates if liquid.reagent == stock.reagent]
        steps = dilution_steps(own, deck.loads_nl, plan.stocks)
        needed = stock_needed(steps, deck.loads_nl, stock)
        if needed:
            name = f"{stock.reagent} ({plan.study.file.compound})" if stock.reagent == "SM" else stock.reagent
            rows.append((name, stock.text, stock.vehicle, format_volume(needed)))
    return rows


def _dilution_rows(plan: Plan, deck: Deck) -> list[dict[str, str]]:
    steps = dilution_steps(deck.recipe.intermediates, deck.loads_nl, plan.stocks)
    vehicles = {"DMSO": "DMSO", "aqueous": "protein buffer"}
    return [
        {
            "name": step.liquid.name,
            "from": step.made_from.name,
            "from_volume": _microlitres(step.from_nl),
            "vehicle": vehicles[step.liquid.vehicle],
            "vehicle_volume": _microlitres(step.vehicle_nl),
        }
        for step in steps
    ]


def _tube_rows(deck: Deck) -> list[tuple[str, str, str]]:
    """Return where each source stands, what it holds, and how much must be in it."""
    return [
        (f"{source.place.labware} {plain_well(source.place.well)}", source.liquid.name, format_volume(source.load_nl))
        for source in deck.sources
    ]


def _mix_rows(plan: Plan, layouts: Sequence[PlateLayoutPlan], deck: Deck, codes: Mapping[str, str]) -> list[MixRow]:
    contents = {Place(layout.plate, well): c for layout in layouts for well, c in layout.filled.items()}
    into: dict[Place, list[Transfer]] = {}
    out: dict[Place, list[Transfer]] = {}
    for transfer in deck.transfers:
        (out if transfer.source.labware == MIXES else into).setdefault(
            transfer.source if transfer.source.labware == MIXES else transfer.target, []
        ).append(transfer)
    rows = []
    for mix, condition in deck.mixes.items():
        served = dict.fromkeys(contents[t.target] for t in out[mix])
        own = words_of(condition, plan.study.words)
        rows.append(
            MixRow(
                place=plain_well(mix.well),
                code=", ".join(codes[content] for content in served),
                condition=own,
                family=family_of(own),
                parts=tuple(_part(t) for t in into[mix]),
                total=_microlitres(sum(t.volume_nl for t in into[mix])),
                wells=tuple(_served(out[mix])),
            )
        )
    return rows


def _part(transfer: Transfer) -> str:
    place = transfer.source
    where = "" if place.labware == RESERVOIR else f" [{place.labware} {plain_well(place.well)}]"
    return f"{_microlitres(transfer.volume_nl)} {transfer.what}{where}"


def _served(transfers: Sequence[Transfer]) -> Iterator[tuple[str, str]]:
    """Yield each plate with the wells that get this mix and how much each gets."""
    plates: dict[str, list[Transfer]] = {}
    for transfer in transfers:
        plates.setdefault(transfer.target.labware, []).append(transfer)
    for plate, own in plates.items():
        wells = sorted((t.target.well for t in own), key=lambda well: parse_well(well) or (0, 0))
        yield plate, f"{_microlitres(own[0].volume_nl)} each: " + " ".join(plain_well(well) for well in wells)


def _cells(plan: Plan, layouts: Sequence[PlateLayoutPlan], deck: Deck) -> dict[str, str]:
    """Return how the cells are seeded: what every well gets, and how much suspension of which density that takes."""
    volume = next(iter(deck.start.values()))
    wells = sum(1 for layout in layouts for content in layout.filled.values() if content != BLANK)
    blanks = sum(1 for layout in layouts for content in layout.filled.values() if content == BLANK)
    empty = sum(len(layout.contents) - len(layout.filled) for layout in layouts)
    per_well = plan.file.cells.per_well
    return {
        "per_well": f"{per_well:,}".replace(",", " "),
        "volume": format_volume(volume),
        "density": f"{per_well / (volume / NL_PER_ML):,.0f}".replace(",", " "),
        "wells": str(wells),
        "suspension": format_volume(wells * volume * CELL_EXCESS),
        "cells": f"{wells * per_well * CELL_EXCESS:,.0f}".replace(",", " "),
        "blanks": str(blanks),
        "empty": str(empty),
        "full": format_volume(plan.file.plate.volume),
        "part": format_volume(plan.file.plate.volume - volume),
    }


def _microlitres(nanolitres: float) -> str:
    """Return a volume to pipette, in µL to two digits after the point."""
    return f"{nanolitres / NL_PER_UL:.2f} µL"

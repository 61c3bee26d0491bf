"""An Opentrons protocol for the OT-2 or the Flex: mixes are made, then a part of each goes onto the cells.

The protocol is one Python file that carries its transfers as a table, so that a reader sees what will be moved and a
program reads it back. Medium is dealt out with one tip, which touches nothing; everything else into a mix has a fresh
tip; each mix is mixed and dealt out with one tip, from above the wells. What does not fit the deck is refused here and
not on the robot.
"""

from __future__ import annotations

import ast
import pprint
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from avpi.errors import FileFormatError, InputError, Problem
from avpi.planning.dilutions import PIPETTE_STEP_NL
from avpi.planning.labware import labware_names, padded_well, plain_well
from avpi.planning.liquids import Place, Transfer, split_volume
from avpi.planning.mixes import MIXES, RACK, RESERVOIR

Robot = Literal["OT-2", "Flex"]
API_LEVEL = "2.20"
"""Known to every robot software since 2024, and to opentrons 8.8.2."""

PLATES: Mapping[int, str] = {
    24: "corning_24_wellplate_3.4ml_flat", 48: "corning_48_wellplate_1.6ml_flat",
    96: "corning_96_wellplate_360ul_flat", 384: "corning_384_wellplate_112ul_flat",
}  # fmt: skip
LABWARE: Mapping[str, str] = {
    RACK: "opentrons_24_tuberack_eppendorf_1.5ml_safelock_snapcap",
    MIXES: "nest_96_wellplate_2ml_deep",
    RESERVOIR: "nest_1_reservoir_195ml",
}
TIPS_IN_RACK = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotDeck:
    """What a robot brings: pipettes with their tips, the volumes of both in µL, and the slots that labware may take."""

    small: str
    small_tips: str
    small_most: float
    large: str
    large_tips: str
    large_most: float
    slots: tuple[str, ...]


ROBOTS: Mapping[Robot, RobotDeck] = {
    "OT-2": RobotDeck(
        small="p20_single_gen2", small_tips="opentrons_96_tiprack_20ul", small_most=20.0,
        large="p300_single_gen2", large_tips="opentrons_96_tiprack_300ul", large_most=300.0,
        slots=tuple(str(slot) for slot in range(1, 12)),
    ),
    "Flex": RobotDeck(
        small="flex_1channel_50", small_tips="opentrons_flex_96_tiprack_50ul", small_most=50.0,
        large="flex_1channel_1000", large_tips="opentrons_flex_96_tiprack_1000ul", large_most=1000.0,
        slots=("D1", "D2", "D3", "C1", "C2", "C3", "B1", "B2", "B3", "A1", "A2"),
    ),
}  # fmt: skip
"""Robot -> its deck; slot A3 of the Flex holds the trash bin, slot 12 of the OT-2 the fixed trash."""


def write_protocol(transfers: Sequence[Transfer], *, robot: Robot, plate_wells: int, title: str) -> str:
    """Return the protocol.

    Raises
    ------
    InputError
        If the plates are of a format that the robot's pipettes do not reach, or the labware needs more slots.
    """
    if plate_wells not in PLATES:
        what = f"Opentrons has no labware of {plate_wells} wells"
        raise InputError(Problem(file="--to opentrons", what=what, hint="Use acoustic transfers: --to echo"))
    deck = ROBOTS[robot]
    names = [name for name in labware_names(transfers)]
    small, large = _tips(transfers, deck)
    wanted = {name: _labware(name, plate_wells) for name in names}
    wanted |= {f"small tips {i + 1}": deck.small_tips for i in range(-(-small // TIPS_IN_RACK))}
    wanted |= {f"large tips {i + 1}": deck.large_tips for i in range(-(-large // TIPS_IN_RACK))}
    if len(wanted) > len(deck.slots):
        what = f"{len(wanted)} labware are needed and the {robot} has {len(deck.slots)} slots"
        raise InputError(
            Problem(file="--to opentrons", what=what, hint="Plan fewer plates an experiment, or fewer arms")
        )
    slots = {slot: (load, name) for slot, (name, load) in zip(deck.slots, wanted.items(), strict=False)}
    rows = [
        (
            t.source.labware,
            plain_well(t.source.well),
            t.target.labware,
            plain_well(t.target.well),
            volume / 1000,
            t.what,
        )
        for t in transfers
        for volume in split_volume(t.volume_nl, deck.large_most * 1000, PIPETTE_STEP_NL)
    ]
    template = files("avpi.planning").joinpath("opentrons_template.py.txt").read_text("utf-8")
    pieces = {
        "@TITLE@": repr(f"{title} ({robot})"),
        "@ROBOT@": repr(robot),
        "@API@": repr(API_LEVEL),
        "@DECK@": pprint.pformat(slots, sort_dicts=False, width=110),
        "@PIPETTES@": pprint.pformat(
            {"small": (deck.small, "right", deck.small_most), "large": (deck.large, "left", deck.large_most)},
            sort_dicts=False,
        ),
        "@PLATES@": repr(tuple(name for name in names if _is_plate(name))),
        "@TRANSFERS@": "[\n" + "".join(f"    {row!r},\n" for row in rows) + "]",
    }
    for mark, piece in pieces.items():
        template = template.replace(mark, piece)
    return template


def read_protocol(text: str, source: str) -> tuple[Transfer, ...]:
    """Return the transfers of a protocol that was written here, without running it.

    Raises
    ------
    FileFormatError
        If it is no Python, or holds no table of transfers.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise FileFormatError(
            Problem(file=source, place=str(error.lineno), what=f"is no Python: {error.msg}")
        ) from None
    for statement in module.body:
        if isinstance(statement, ast.Assign) and any(getattr(t, "id", "") == "TRANSFERS" for t in statement.targets):
            return tuple(_transfers(ast.literal_eval(statement.value)))
    raise FileFormatError(
        Problem(file=source, what="holds no table of transfers", expected="a line 'TRANSFERS = [...]'")
    )


def _transfers(rows: Sequence[Sequence[Any]]) -> Iterator[Transfer]:
    for source, source_well, target, target_well, volume, what in rows:
        yield Transfer(
            source=Place(source, padded_well(source_well)),
            target=Place(target, padded_well(target_well)),
            volume_nl=round(volume * 1000, 6),
            what=what,
        )


def _tips(transfers: Sequence[Transfer], deck: RobotDeck) -> tuple[int, int]:
    """Return how many small and large tips the protocol takes: as the template changes them."""
    small = large = 0
    dealt: set[Place] = set()
    for t in transfers:
        if t.source.labware == MIXES:
            if t.source not in dealt:
                dealt.add(t.source)
                large += 1  # mixes, and deals out what the small pipette cannot
                small += t.volume_nl <= deck.small_most * 1000
        elif t.source.labware != RESERVOIR:
            if t.volume_nl <= deck.small_most * 1000:
                small += 1
            else:
                large += 1
    return small, large + 1  # one for the medium


def _is_plate(name: str) -> bool:
    return name not in (MIXES, RESERVOIR) and not name.startswith(f"{RACK} ")


def _labware(name: str, plate_wells: int) -> str:
    return PLATES[plate_wells] if _is_plate(name) else LABWARE[RACK if name.startswith(RACK) else name]

"""The layouts of a planned study, from the files that study.yaml names: what the transfers are made from.

Whatever form a layout has by now (a table, a grid, wellmap's TOML, wells in study.yaml), it is read as ``avpi run``
reads it, so that a layout somebody has changed by hand is the one that is dispensed.
"""

from __future__ import annotations

from collections.abc import Mapping

from avpi.errors import Faults, InputError, Problem
from avpi.formats.layout import layout_from_wells, read_layout
from avpi.names import Condition, WellRole
from avpi.planning.layout import BLANK, EMPTY, KILL, VEHICLE, PlateLayoutPlan
from avpi.planning.matrix import words_of
from avpi.plate.wells import Content, label_wells
from avpi.readings import PLATE_SHAPES, PlateLayout, smallest_plate, well_name
from avpi.study.conditions import ConditionWords
from avpi.study.read import STUDY_FILE, Study
from avpi.study.schema import Layout, PlateFile

_CONTENTS: Mapping[WellRole, str] = {"vehicle": VEHICLE, "kill": KILL, "blank": BLANK, "empty": EMPTY}


def read_layouts(
    study: Study, *, shape: tuple[int, int] | None = None, rim_used: bool = False, time_zero: bool = False
) -> tuple[PlateLayoutPlan, ...]:
    """Return the layout of every plate that a study declares, in its order.

    Parameters
    ----------
    shape : rows and columns of the plates; None takes the smallest format that holds a layout's wells.
    time_zero : also the plates that are read when the mimetic is added, which nothing is dispensed into.

    Raises
    ------
    InputError
        With every fault of the layout files.
    """
    faults = Faults()
    found = [
        faults.read(lambda p=plate: read_one(study, p, shape, rim_used=rim_used), None)  # type: ignore[misc]
        for plate in study.plates
        if time_zero or not plate.time_zero
    ]
    faults.stop()
    return tuple(layout for layout in found if layout is not None)


def read_one(
    study: Study, plate: PlateFile, shape: tuple[int, int] | None, *, rim_used: bool = False
) -> PlateLayoutPlan:
    """Return the layout of one plate."""
    stated = declared_contents(study, plate, shape)
    largest = (1 + max(row for row, _ in stated), 1 + max(column for _, column in stated))
    size = shape or smallest_plate(*largest) or PLATE_SHAPES[-1]
    contents = {
        well_name(row, column): _content(stated.get((row, column)), study.words)
        for row in range(size[0])
        for column in range(size[1])
    }
    return PlateLayoutPlan(
        plate=plate.name, experiment=plate.experiment, shape=size, rim_used=rim_used, contents=contents
    )


def declared_contents(study: Study, plate: PlateFile, shape: tuple[int, int] | None) -> dict[tuple[int, int], Content]:
    """Return role and condition of every labelled well of a plate.

    Raises
    ------
    InputError
        If the file is missing, cannot be read, or holds a word that is not understood.
    """
    layout = plate.layout if isinstance(plate.layout, Layout) else Layout(file=plate.layout)
    return label_wells(_read(study, layout, shape), layout, study.words)


def _read(study: Study, layout: Layout, shape: tuple[int, int] | None) -> PlateLayout:
    if layout.file is None:
        return layout_from_wells(layout.wells, STUDY_FILE)
    path = study.folder / layout.file
    if not path.is_file():
        line = str(study.named_files.get(layout.file, ""))
        what = f"'{layout.file}' was not found in the study folder"
        raise InputError(Problem(file=study.source, place=line, what=what, hint="Copy it there or correct the name"))
    return read_layout(
        path, layout.file, shape=shape, origin=layout.origin, blank_header=layout.blank_header, columns=layout.columns,
        plate=layout.plate, stocks=layout.stocks, assay_volume_ul=layout.assay_volume_ul,
    )  # fmt: skip


def _content(content: Content | None, words: ConditionWords) -> str:
    if content is None:
        return EMPTY
    if content.role in _CONTENTS:
        return _CONTENTS[content.role]
    return words_of(content.condition or Condition.DMSO, words)

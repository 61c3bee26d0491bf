"""What instruments give, as frozen types: images of blots, readings of plates, events of cells.

``formats/`` makes these from files; ``blot/``, ``plate/`` and ``flow/`` analyse them. Nothing here knows a
file format or an assay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Caveat

Trust = Literal["verified", "working", "draft"]
"""How far a reader is to be trusted: checked well by well on real files; works on samples; first attempt."""

ReadKind = Literal["measured", "calculated"]
ReadMode = Literal["luminescence", "fluorescence", "absorbance", "electrochemiluminescence", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlotImage:
    """A blot as the imager stored it, untouched.

    Attributes
    ----------
    pixels : stored values (rows, columns), uint8, uint16 or (linearised scans) float32, row 0 on top. Whether
        bright or dark is signal is decided from content in ``blot/``; the file's tag is only recorded.
    bits : bits per pixel that the file declares, 8, 16 or 32.
    lossy : True for JPEG: compression has changed band volumes.
    tag_polarity : what the file claims about polarity: ``min_is_black``, ``min_is_white`` or ``unknown``.
    source : file name relative to the study folder.
    caveats : what the reader noticed (several pages, colour converted to grey, ...).
    top : largest value that the imager can store, where the file says it; None where content must tell.
    exposure_seconds : how long the shutter stood open, where the file says it.
    """

    pixels: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
    bits: int
    lossy: bool
    tag_polarity: Literal["min_is_black", "min_is_white", "unknown"]
    source: str
    caveats: tuple[Caveat, ...] = ()
    top: float | None = None
    exposure_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """One matrix of values over one plate: a read (raw) or what the reader's program calculated from it.

    Attributes
    ----------
    name : the reader's own name for it, such as ``"US LUM 384"``.
    kind : ``measured`` or ``calculated`` (crosstalk-corrected, normalised ...).
    mode, unit : what was measured and in which unit (``RLU``, ``CPS``; empty where the file does not say).
    values : (rows, columns) of the plate's format; nan where a well was not read.
    overflow : (rows, columns), True where the reader marks a saturated detector; the value is then nan.
    time_s : seconds after the first read of a kinetic; None for an endpoint.
    """

    name: str
    kind: ReadKind
    mode: ReadMode
    unit: str
    values: NDArray[np.float64]
    overflow: NDArray[np.bool_]
    time_s: float | None = None

    def wells(self) -> dict[str, float]:
        """Return ``{"A01": value}`` of the wells that were read, in row order."""
        rows, columns = np.nonzero(np.isfinite(self.values))
        return {well_name(int(r), int(c)): float(self.values[r, c]) for r, c in zip(rows, columns, strict=True)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """One physical plate of an export: its name or barcode, when it was measured, its reads."""

    name: str
    barcode: str = ""
    measured_at: str = ""
    reads: tuple[PlateRead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReading:
    """A plate reader's export.

    Attributes
    ----------
    reader : program that wrote it, such as ``"EnVision Workstation 1.13"``; ``"grid"`` for a plain table.
    trust : how far this reader of ours is to be trusted.
    plates : in file order.
    settings : instrument settings as written in the file.
    caveats : what the reader noticed.
    """

    reader: str
    trust: Trust
    plates: tuple[Plate, ...]
    source: str
    settings: Mapping[str, str] = field(default_factory=dict)
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateLayout:
    """What a layout file says of each well, still in its own words.

    Attributes
    ----------
    wells : ``{"B02": {"condition": "SM+TNF", "dose": "100 nM", ...}}``; keys are the file's columns, parameters or
        sheet names in lower snake case. Wells without an entry are not part of the design.
    cells : where in the file each well's entry stands (``"sheet 'gnumber', cell D4"``), for error messages.
    shape : (rows, columns) of the plate format, or None where the file does not tell.
    source : file name relative to the study folder.
    """

    wells: Mapping[str, Mapping[str, str]]
    cells: Mapping[str, str]
    shape: tuple[int, int] | None
    source: str
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One parameter of a cytometer.

    Attributes
    ----------
    name, stain : ``$PnN`` and ``$PnS``.
    bits : width of the stored value.
    amplification : ``$PnE``, (decades, value at zero); (0, 0) is linear, and a value at zero of 0 is read as 1.
    gain, range : ``$PnG`` and ``$PnR``.
    integer : stored as an integer; only those can be log amplified.
    """

    name: str
    stain: str = ""
    bits: int = 32
    amplification: tuple[float, float] = (0.0, 0.0)
    gain: float = 1.0
    range: float = 0.0
    integer: bool = False


@dataclass(frozen=True, kw_only=True)  # no slots: ``events`` is kept in the instance's dictionary
class CellEvents:
    """The events of one FCS data set.

    Attributes
    ----------
    stored : (n, channels) channel values as stored, before scaling by gain or log amplification, in the file's own
        type and byte order; memory-mapped where the file keeps events as an array.
    channels : in file order, as many as columns.
    spillover : (detector names, matrix with a row for each fluorochrome) from ``$SPILLOVER``, ``SPILL`` or
        ``$COMP``, or None.
    version : ``"FCS3.1"`` and so on.
    text : the TEXT segment, keys in upper case without the leading ``$`` removed.
    """

    stored: NDArray[Any]
    channels: tuple[Channel, ...]
    version: str
    source: str
    spillover: tuple[tuple[str, ...], NDArray[np.float64]] | None = None
    text: Mapping[str, Any] = field(default_factory=dict)
    caveats: tuple[Caveat, ...] = ()

    @cached_property
    def events(self) -> NDArray[np.float64]:
        """``stored`` as float64, made when it is first asked for: eight bytes for each value."""
        with np.errstate(invalid="ignore"):  # signalling nans become ordinary ones
            return np.asarray(self.stored, dtype=np.float64)


PLATE_SHAPES: tuple[tuple[int, int], ...] = ((2, 3), (3, 4), (4, 6), (6, 8), (8, 12), (16, 24), (32, 48))
"""Rows and columns of the 6-, 12-, 24-, 48-, 96-, 384- and 1536-well formats (ANSI/SLAS 1-2004)."""

_WELL = re.compile(r"^\s*([A-Za-z]{1,2})\s*0*([1-9][0-9]?)\s*$")


def row_letters(row: int) -> str:
    """Return the letters of a 0-based row: A..Z, then AA..AF as on 1536-well plates."""
    return chr(65 + row) if row < 26 else "A" + chr(65 + row - 26)


def well_name(row: int, column: int) -> str:
    """Return the normal form of a 0-based position: ``well_name(0, 0) == "A01"``."""
    return f"{row_letters(row)}{column + 1:02d}"


def parse_well(text: str) -> tuple[int, int] | None:
    """Return the 0-based (row, column) of "A1", "a01", " A01"; None if it is not a well of any plate format."""
    match = _WELL.match(text)
    if match is None:
        return None
    letters, column = match[1].upper(), int(match[2]) - 1
    if len(letters) == 2 and letters[0] != "A":
        return None
    row = ord(letters) - 65 if len(letters) == 1 else 26 + ord(letters[1]) - 65
    largest = PLATE_SHAPES[-1]
    return (row, column) if row < largest[0] and column < largest[1] else None


def smallest_plate(rows: int, columns: int) -> tuple[int, int] | None:
    """Return the smallest plate format that holds so many rows and columns; None if none does."""
    return next((shape for shape in PLATE_SHAPES if shape[0] >= rows and shape[1] >= columns), None)

"""Write one FCS 3.1 data set: list mode, 32-bit floats, little endian, byte for byte the same each time.

Nothing of the machine or the clock enters the file: a date or a time is there only if the caller gives it as
a keyword. Source of the layout: Spidlen et al. 2010, Cytometry A 77A:97-100 (FCS 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DELIMITER = "\x0c"  # form feed, as BD's programs write: it does not occur in names that people type
_TEXT_START = 64  # the HEADER's 58 bytes, rounded up
_LARGEST_HEADER_OFFSET = 99_999_999  # eight digits; beyond it the HEADER says 0 and the TEXT segment counts
_DEFAULT_RANGE = 262_144  # $PnR, 2^18: the full scale of common digital cytometers; no limit for float data
_OFFSET_DIGITS = 12  # offsets are padded with zeros to this width, so that they do not move the data they describe
_OWN_KEYWORDS = ("$BEGIN", "$END", "$BYTEORD", "$DATATYPE", "$MODE", "$NEXTDATA", "$PAR", "$TOT")


def write_fcs(
    path: Path,
    events: NDArray[np.floating[Any]],
    channel_names: Sequence[str],
    *,
    stains: Sequence[str] | None = None,
    spillover: tuple[Sequence[str], NDArray[np.float64]] | None = None,
    keywords: Mapping[str, str] | None = None,
) -> None:
    """Write events as an FCS 3.1 file.

    Parameters
    ----------
    path : file to write; an existing one is replaced.
    events : (n, channels) linear channel values; stored as 32-bit floats.
    channel_names : ``$PnN`` of each channel; not empty, unique, without commas.
    stains : ``$PnS`` of each channel, ``""`` where there is none.
    spillover : detector names and matrix (k, k) with a row for each fluorochrome, written as ``$SPILLOVER``.
    keywords : further keywords with their values, such as ``{"$CYT": "simulated", "$P1R": "1024"}``; an empty
        value is left out, because FCS forbids it.

    Raises
    ------
    ValueError
        If the numbers of columns, names and stains disagree, a name or a keyword is not allowed, or
        ``keywords`` sets what the writer itself decides (offsets, counts, data type).
    """
    array = np.ascontiguousarray(events, dtype="<f4")
    _check_channels(array, channel_names, stains)
    text = _keywords_of_channels(array.shape, channel_names, stains or [""] * len(channel_names))
    if spillover is not None:
        text["$SPILLOVER"] = _spillover_text(spillover, channel_names)
    text |= _checked(keywords or {})

    body = _encode(text | _offsets(0, 0))
    begin = _TEXT_START + len(body)
    end = begin + array.nbytes - 1 if array.nbytes else begin
    body = _encode(text | _offsets(begin, end))
    in_header = (begin, end) if end <= _LARGEST_HEADER_OFFSET else (0, 0)
    offsets = (_TEXT_START, begin - 1, *in_header, 0, 0)
    header = ("FCS3.1    " + "".join(f"{offset:>8}" for offset in offsets)).ljust(_TEXT_START).encode("ascii")
    path.write_bytes(header + body + array.tobytes())


def _check_channels(array: NDArray[np.float32], names: Sequence[str], stains: Sequence[str] | None) -> None:
    if array.ndim != 2 or array.shape[1] != len(names):
        message = f"events have shape {array.shape}, but {len(names)} channels are named"
        raise ValueError(message)
    if stains is not None and len(stains) != len(names):
        message = f"{len(stains)} stains for {len(names)} channels"
        raise ValueError(message)
    if len(set(names)) < len(names):
        message = f"channel names are not unique: {list(names)}"
        raise ValueError(message)
    unusable = next((name for name in names if not name.strip() or "," in name), None)
    if unusable is not None:
        message = f"'{unusable}' cannot name a channel: $PnN is neither empty nor has a comma"
        raise ValueError(message)


def _keywords_of_channels(shape: tuple[int, ...], names: Sequence[str], stains: Sequence[str]) -> dict[str, str]:
    text = {
        "$BEGINANALYSIS": "0",
        "$ENDANALYSIS": "0",
        "$BEGINSTEXT": "0",
        "$ENDSTEXT": "0",
        "$BYTEORD": "1,2,3,4",
        "$DATATYPE": "F",
        "$MODE": "L",
        "$NEXTDATA": "0",
        "$PAR": str(shape[1]),
        "$TOT": str(shape[0]),
    }
    for n, (name, stain) in enumerate(zip(names, stains, strict=True), start=1):
        text |= {f"$P{n}B": "32", f"$P{n}E": "0,0", f"$P{n}R": str(_DEFAULT_RANGE), f"$P{n}N": name}
        if stain:
            text[f"$P{n}S"] = stain
    return text


def _spillover_text(spillover: tuple[Sequence[str], NDArray[np.float64]], channel_names: Sequence[str]) -> str:
    detectors, matrix = spillover
    unknown = [name for name in detectors if name not in channel_names]
    if unknown or np.shape(matrix) != (len(detectors), len(detectors)):
        message = f"the spillover matrix {np.shape(matrix)} of {list(detectors)} does not fit the channels"
        raise ValueError(message)
    numbers = [repr(float(value)) for value in np.ravel(matrix)]
    return ",".join([str(len(detectors)), *detectors, *numbers])


def _checked(keywords: Mapping[str, str]) -> dict[str, str]:
    upper = {key.upper(): value for key, value in keywords.items()}
    for key in upper:
        if key.startswith(_OWN_KEYWORDS) or not key.strip("$") or not key.isascii():
            message = f"'{key}' cannot be set: the writer decides it, or it is no keyword"
            raise ValueError(message)
    return {key: value for key, value in upper.items() if value}


def _offsets(begin: int, end: int) -> dict[str, str]:
    return {"$BEGINDATA": f"{begin:0{_OFFSET_DIGITS}d}", "$ENDDATA": f"{end:0{_OFFSET_DIGITS}d}"}


def _encode(text: Mapping[str, str]) -> bytes:
    pairs = []
    for key, value in text.items():
        if value.startswith(_DELIMITER):
            message = f"the value of '{key}' begins with the delimiter of FCS keywords (a form feed)"
            raise ValueError(message)
        pairs.append(f"{key}{_DELIMITER}{value.replace(_DELIMITER, _DELIMITER * 2)}{_DELIMITER}")
    return (_DELIMITER + "".join(pairs)).encode("utf-8")

"""Layouts in wellmap's TOML (K. Kundert's ``wellmap`` reads them), checked before they are expanded.

Files that a layout includes are refused: they would be inputs that no manifest hashes. So are blocks larger
than a plate.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from avpi.estimate import Caveat
from avpi.formats.layout_entries import Entries, key_and_unit, refusal, renamed, with_unit
from avpi.formats.spreadsheet import cell_text
from avpi.readings import PLATE_SHAPES, parse_well, well_name

POSITION_COLUMNS = frozenset({"well", "well0", "row", "col", "row_i", "col_j", "path"})
MOST_PLACES = max(PLATE_SHAPES[-1])
_WELL_SECTIONS = frozenset({"well", "block", "row", "col", "irow", "icol"})


def read_wellmap(path: Path, entries: Entries, columns: Mapping[str, str]) -> tuple[Caveat, ...]:
    """Add every well of a wellmap file to the entries; its alerts are returned as caveats.

    Raises
    ------
    StudyError
        If the file is no TOML, wellmap refuses it, it describes several plates or includes other files, or a value
        is no plain text, number or truth value.
    """
    source = entries.source
    _check(path, source)
    frame, alerts = _load(path, source)
    names = [name for name in frame if name not in POSITION_COLUMNS]
    if "plate" in names and len(plates := sorted({str(p) for p in frame["plate"]})) > 1:
        listed = ", ".join(f"'{plate}'" for plate in plates)
        raise refusal(
            source,
            "[plate]",
            f"describes {len(plates)} plates ({listed})",
            "the layout of one plate",
            "Write one file for each plate.",
        )
    values = {name: [_text(value, name, source) for value in frame[name]] for name in names}
    given = {name: key_and_unit(name, values[name], source, f"'{name}'") for name in names}
    asked = renamed(names, columns, source, "parameter", {key: name for name, (key, _) in given.items()})
    keys = {name: asked.get(name, given[name][0]) for name in names}
    for index, position in enumerate(zip(frame["row_i"], frame["col_j"], strict=True)):
        at = (int(position[0]), int(position[1]))
        for name in names:
            place = f"[well.{well_name(*at)}] as expanded"
            entries.add(at, keys[name], with_unit(values[name][index], given[name][1]), place)
    return tuple(
        Caveat(code="layout_alert", text=f"The layout says: {text.strip()}") for text in alerts if text.strip()
    )


def _check(path: Path, source: str) -> None:
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError:
        raise refusal(source, "", "is not UTF-8 text", "a wellmap layout in TOML", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise refusal(
            source, "", f"is not TOML: {error}", "a wellmap layout such as '[well.A1]' with 'condition = \"SM\"'"
        ) from None
    meta = content.get("meta", {})
    for word in ("include", "concat") if isinstance(meta, dict) else ():
        if word in meta:
            hint = "Copy what it includes into it, so that the run's record of inputs is whole."
            raise refusal(
                source, f"meta.{word}", f"reads other files ('{meta[word]}')", "one file for the whole layout", hint
            )
    for key in _position_keys(content, inside=False):
        if any(int(digits) > MOST_PLACES for digits in re.findall(r"\d+", key)):
            raise refusal(
                source, f"'{key}'", f"'{key}' reaches beyond every plate", f"at most 32 rows and {MOST_PLACES} columns"
            )
        for part in re.split(r"[,.]+", key):
            if re.fullmatch(r"[A-Za-z]{1,3}\d+", part.strip()) and parse_well(part) is None:
                raise refusal(source, f"'{key}'", f"'{part}' is no well of a plate", "A1 to AF48")


def _position_keys(table: Mapping[str, Any], *, inside: bool) -> Iterator[str]:
    """Yield every key that names wells, rows, columns or the size of a block."""
    for key, value in table.items():
        if inside:
            yield key
        if isinstance(value, dict):
            yield from _position_keys(value, inside=inside or key in _WELL_SECTIONS)


def _load(path: Path, source: str) -> tuple[dict[str, list[Any]], list[str]]:
    # Imported here: wellmap brings pandas and matplotlib, which no other layout needs.
    import wellmap

    alerts: list[str] = []
    try:
        frame = wellmap.load(path, on_alert=lambda _, message: alerts.append(str(message)))
    except (wellmap.LayoutError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        why = " ".join(str(error).replace(str(path), "").split()) or type(error).__name__
        raise refusal(
            source, "", f"is no layout that wellmap accepts: {why}", hint="See wellmap's file format."
        ) from None
    return {str(name): list(frame[name]) for name in frame.columns}, alerts


def _text(value: Any, name: str, source: str) -> str:
    """Return a parameter as text; nan, wellmap's word for "not given", is empty."""
    if isinstance(value, str):
        return value.strip()
    if value is None or value != value:
        return ""
    if isinstance(value, dict | list | tuple | set):
        raise refusal(source, f"'{name}'", f"'{value}' is not one value", "a text, a number, true or false")
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, bool):
        return str(number).lower()
    return cell_text(float(number)) if isinstance(number, int | float) else str(number)

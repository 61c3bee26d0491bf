"""Write a table that a command made into a file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by the ending of its name. The file appears when it is whole."""
    beside = path.with_name(f".{path.name}.part")
    try:
        if path.suffix.lower() == ".csv":
            frame.to_csv(beside, index=False)
        else:
            frame.to_parquet(beside, index=False)
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)

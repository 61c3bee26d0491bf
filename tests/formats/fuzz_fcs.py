"""Feed damaged files to the readers of cytometry for as long as one likes; what breaks them is kept.

    python -m tests.formats.fuzz_fcs --minutes 10 [--keep FOLDER] [FILE ...]

Files given are damaged as well as made ones. A reader may refuse with a named error; anything else is a crash, and the
bytes are written into the folder. What fuzzing found, and harm made on purpose, stands in ``test_fcs_odd.py`` and
``test_fcs_read.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from avpi.errors import InputError, NotAnalysed
from avpi.flow.gating import gate_memberships
from avpi.formats.fcs import read_fcs
from avpi.formats.fcs_json import events_to_json
from avpi.formats.flowjo_workspace import read_workspace
from avpi.formats.gatingml_read import read_gatingml
from avpi.formats.spillover_table import read_spillover_table
from tests.formats.fcs_bytes import fcs_bytes

NUMBERS = (
    b"0",
    b"1",
    b"-1",
    b"99999999",
    b"1099511627776",
    b"18446744073709551616",
    b"nan",
    b"inf",
    b"1e400",
    b"",
    b"x",
)
WORDS = (b"$PAR", b"$TOT", b"$P1B", b"$P2R", b"$P1E", b"$BYTEORD", b"$DATATYPE", b"$MODE", b"$NEXTDATA", b"$BEGINDATA",
         b"$ENDSTEXT", b"SPILL", b"$P1DATATYPE", b"$P1N", b"//", b"/", b"\0", b"PK\x03\x04", b"\xff\xfe")  # fmt: skip


def seeds() -> list[tuple[str, bytes]]:
    """Small files of each kind of data."""
    names = ("FSC-H", "FL1-H")
    integers = np.array([[1, 2], [300, 400], [65_000, 7]], dtype="<u2")
    floats = np.array([[1.5, -2], [3e4, 4e5], [0, 7]], dtype=">f4")
    made = [
        fcs_bytes(integers.tobytes(), names, keywords={"SPILL": "2,FSC-H,FL1-H,1,0.1,0.2,1", "$P2E": "4,1"}),
        fcs_bytes(floats.tobytes(), names, bits=32, keywords={"$DATATYPE": "F", "$BYTEORD": "4,3,2,1"}),
        fcs_bytes(bytes(range(60)), "abcd", bits=10, total=12, keywords={"$BYTEORD": "4,3,2,1"}),
        fcs_bytes(bytes(range(42)), ("a", "b"), bits=(24, 32), total=6, keywords={"$P2DATATYPE": "F"}),
    ]
    gml = (
        b'<gating:Gating-ML xmlns:gating="http://www.isac-net.org/std/Gating-ML/v2.0/gating" '
        b'xmlns:data-type="http://www.isac-net.org/std/Gating-ML/v2.0/datatypes"><gating:RectangleGate gating:id="a">'
        b'<gating:dimension gating:compensation-ref="uncompensated" gating:min="1" gating:max="9">'
        b'<data-type:fcs-dimension data-type:name="FL1-H"/></gating:dimension></gating:RectangleGate>'
        b"</gating:Gating-ML>"
    )
    return [*(("fcs", one) for one in made), ("xml", gml), ("csv", b",a,b\na,1,0.1\nb,0.2,1\n")]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a file with a few faults: bytes, numbers, words, cuts, repeats; mostly where the keywords are."""
    raw = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        if not raw:
            break
        place = chance.randrange(min(len(raw), 3000) if chance.random() < 0.8 else len(raw))
        kind = chance.randrange(7)
        if kind == 0:
            raw[place] = chance.randrange(256)
        elif kind == 1:
            raw[place : place + chance.randint(0, 12)] = chance.choice(NUMBERS)
        elif kind == 2:
            raw[place:place] = chance.choice(WORDS)
        elif kind == 3:
            del raw[place : place + chance.randint(1, 200)]
        elif kind == 4:
            piece = raw[place : place + chance.randint(1, 100)]
            raw[place:place] = piece * chance.randint(1, 3)
        elif kind == 5:
            del raw[chance.randrange(len(raw)) :]
        else:
            raw[10 + 8 * chance.randrange(6) :][:8] = b"%8d" % chance.choice((0, 58, place, len(raw), 99_999_999))
    return bytes(raw)


def read_all(kind: str, path: Path) -> None:
    """Read a file of a kind, and what is made of it."""
    if kind == "fcs":
        events_to_json(read_fcs(path, path.name))
    elif kind == "csv":
        read_spillover_table(path, path.name)
    else:
        readers: tuple[Callable[[], object], ...] = (
            lambda: read_workspace(path, path.name),
            lambda: gate_memberships(_events(path.parent), read_gatingml(path, path.name)),
        )
        for reader in readers:
            try:
                reader()
            except (InputError, NotAnalysed):
                continue


def _events(folder: Path):  # type: ignore[no-untyped-def]
    path = folder / "whole.fcs"
    if not path.exists():
        path.write_bytes(seeds()[0][1])
    return read_fcs(path, path.name)


def main() -> None:
    """Fuzz, and tell how many files were read and what broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("crashes"))
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args()
    known = seeds()
    kinds = {".xml": "xml", ".wsp": "xml", ".csv": "csv"}
    known += [(kinds.get(path.suffix, "fcs"), path.read_bytes()) for path in asked.files]
    chance, end, read, refused, broken = random.Random(asked.seed), time.monotonic() + 60 * asked.minutes, 0, 0, set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged"
        while time.monotonic() < end:
            kind, content = chance.choice(known)
            raw = damaged(content, chance)
            path.unlink(missing_ok=True)  # a new file: the last one may still be mapped
            path.write_bytes(raw)
            read += 1
            try:
                read_all(kind, path)
            except (InputError, NotAnalysed):
                refused += 1
            except Exception as error:  # noqa: BLE001 - every other end is what is looked for
                place = traceback.extract_tb(error.__traceback__)[-1]
                sign = f"{type(error).__name__} {Path(place.filename).name}:{place.lineno}"
                if sign not in broken:
                    broken.add(sign)
                    asked.keep.mkdir(parents=True, exist_ok=True)
                    (asked.keep / f"{kind}-{hashlib.sha256(raw).hexdigest()[:12]}").write_bytes(raw)
                    print(sign, error, file=sys.stderr)
    print(f"{read:,} files, {refused:,} refused with a named error, {len(broken)} kinds of crash")


if __name__ == "__main__":
    main()

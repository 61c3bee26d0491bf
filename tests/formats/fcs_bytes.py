"""FCS files built byte by byte, so that tests can break them in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def fcs_bytes(
    data: bytes,
    names: Sequence[str],
    *,
    version: str = "FCS3.0",
    bits: int | Sequence[int] = 16,
    total: int | str | None = None,
    keywords: Mapping[str, str | None] | None = None,
    delimiter: str = "/",
    raw_text: str = "",
    header_data: tuple[str, str] | None = None,
    text_data: tuple[str, str] | None = None,
    after: bytes = b"",
) -> bytes:
    """Return a file; by default little-endian integers whose offsets are right in HEADER and TEXT.

    ``keywords`` replaces keywords (None removes one), ``raw_text`` is appended to the TEXT segment as it
    stands, ``header_data`` and ``text_data`` replace the offsets, ``after`` follows the events.
    """
    widths = [bits] * len(names) if isinstance(bits, int) else list(bits)
    event_bytes = sum(widths) // 8
    text: dict[str, str | None] = {
        "$PAR": str(len(names)),
        "$TOT": str(len(data) // max(event_bytes, 1) if total is None else total),
        "$DATATYPE": "I",
        "$BYTEORD": "1,2,3,4",
        "$MODE": "L",
        "$NEXTDATA": "0",
    }
    for n, (name, width) in enumerate(zip(names, widths, strict=True), start=1):
        text |= {f"$P{n}N": name, f"$P{n}B": str(width), f"$P{n}R": str(2**width), f"$P{n}E": "0,0"}
    text |= keywords or {}
    begin = 4096
    end = begin + len(data) - 1
    written = text_data or (f"{begin:012d}", f"{end:012d}")
    text |= {"$BEGINDATA": written[0], "$ENDDATA": written[1]}
    pairs = "".join(f"{key}{delimiter}{value}{delimiter}" for key, value in text.items() if value is not None)
    body = (delimiter + pairs + raw_text).encode("latin-1")
    assert 64 + len(body) <= begin
    in_header = header_data or (str(begin), str(end))
    header = f"{version}    {64:>8}{63 + len(body):>8}{in_header[0]:>8}{in_header[1]:>8}{0:>8}{0:>8}"
    return header.ljust(64).encode() + body + b" " * (begin - 64 - len(body)) + data + after

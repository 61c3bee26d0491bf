"""XML that others wrote, read without what XML can do to a reader: no document types, no entities, no network."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from avpi.errors import FileFormatError, Problem

MAX_XML_BYTES = 200_000_000  # assumed: the largest workspaces of a year of plates have about 50 million


def read_xml(path: Path, source: str) -> Element:
    """Return the root of an XML file.

    Raises
    ------
    FileFormatError
        If it cannot be read, is too large, is no XML, or declares a document type (entities in one can grow to any
        size; neither Gating-ML nor workspaces have one).
    """
    try:
        size = path.stat().st_size
        if size > MAX_XML_BYTES:
            raise FileFormatError(Problem(file=source, what=f"has {size:,} bytes, more than {MAX_XML_BYTES:,}"))
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileFormatError(Problem(file=source, what=f"cannot be read: {reason}")) from None
    if b"<!DOCTYPE" in raw.replace(b"\0", b"").upper():  # without zeros, so that UTF-16 is seen as well
        raise FileFormatError(Problem(file=source, what="declares a document type, which is not read"))
    try:
        return ElementTree.fromstring(raw)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        place = str(error.position[0]) if isinstance(error, ElementTree.ParseError) else ""
        raise FileFormatError(Problem(file=source, place=place, what=f"is no XML: {error}")) from None


def local(name: str) -> str:
    """Return a tag's or attribute's name without its namespace."""
    return name.rpartition("}")[2]


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute, whatever its namespace."""
    own = element.get(name)
    return (
        own if own is not None else next((value for key, value in element.attrib.items() if local(key) == name), None)
    )


def children(element: Element, name: str) -> Iterator[Element]:
    """Yield the children of a name, whatever their namespace."""
    return (child for child in element if local(child.tag) == name)


def child(element: Element, name: str) -> Element | None:
    """Return the first child of a name, if there is one."""
    return next(children(element, name), None)

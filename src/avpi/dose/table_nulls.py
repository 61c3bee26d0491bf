"""The nulls of the flat test for a table of many designs: made for those that most curves have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from avpi.compute.places import Cancel, Place
from avpi.compute.progress import Progress
from avpi.dose.design import Design
from avpi.dose.flat_test import FlatNull, flat_null, null_is_known

NULL_SIZES = ((4, 1000, 60_000), (16, 1, 20_000), (256, 1, 6_000))
"""Up to which rank, by how many curves have it, and from how many curves on, a design's null has so many flat curves at
each level: a p-value of 0.05 is known to 0.003 at least, and finer where so many curves are tested that the
small ones matter. In all they cost less than ten million fits without intervals. Curves of further designs are judged
by Fisher's F, which is conservative here."""


def table_nulls(
    designs: Sequence[Design],
    curves: Mapping[int, int],
    seed: int,
    place: Place,
    progress: Progress,
    cancel: Cancel | None,
) -> dict[int, FlatNull]:
    """Return the nulls of the designs that most curves have; what is left has none.

    Parameters
    ----------
    designs : that share a null, by its number.
    curves : how many curves have which null; a negative number stands for none.
    seed : of the simulated flat curves.
    """
    # Numbers follow the order in which designs were met, and that the chunks: only what a design is may break a tie.
    ranked = sorted((number for number in curves if number >= 0), key=lambda n: (-curves[n], _digest(designs[n])))
    sizes = [(number, _null_size(rank, curves[number])) for rank, number in enumerate(ranked)]
    steps = [(number, size) for number, size in sizes if size and null_is_known(designs[number])]
    made: dict[int, FlatNull] = {}
    names = [f"design {rank + 1}" for rank in range(len(steps))]
    for _, (number, size) in zip(progress(names, "flat curves"), steps, strict=True):
        if cancel is not None:
            cancel.check()
        made[number] = flat_null(designs[number], seed=seed, curves=size, place=place)
    return made


def _null_size(rank: int, curves: int) -> int:
    """Return with how many flat curves the null of a design is made; 0 for none."""
    return next((size for most, least, size in NULL_SIZES if rank < most and curves >= least), 0)


def _digest(design: Design) -> tuple[bytes, bytes, bytes]:
    return design.log10_doses.tobytes(), design.groups.tobytes(), design.weights.tobytes()

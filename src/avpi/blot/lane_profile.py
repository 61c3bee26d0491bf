"""What was measured and what was fitted along one lane, kept for the figure that shows the fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaneProfile:
    """One row of bands in one lane, summed across the lane.

    Attributes
    ----------
    lane : number, as in :class:`avpi.blot.results.LaneResult`.
    role, name : of the band that is measured here.
    rows_px : (rows,) rows of the image.
    observed : (rows,) stored grey levels, bands upwards; nan where saturated rows were left out.
    background : (rows,) the fitted line below the bands.
    bands : (bands, rows) the fitted bands above it, the measured one first, then its neighbours.
    band_names : (bands,).
    """

    lane: int
    role: Literal["target", "control"]
    name: str
    rows_px: Floats
    observed: Floats
    background: Floats
    bands: Floats
    band_names: tuple[str, ...]

    @property
    def fitted(self) -> Floats:
        """Background and all bands together (rows,)."""
        return np.asarray(self.background + self.bands.sum(axis=0), float)

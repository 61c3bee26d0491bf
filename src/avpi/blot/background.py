"""A second background to compare with: the lower envelope of a lane's profile, as a rolling ball gives it.

Every volume is taken above the bent line that is fitted with the bands (:mod:`avpi.blot.row_fit`). Where a call would
flip above this envelope, that is told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, grey_opening

Profile = NDArray[np.float64]

SECOND_METHOD = "lower envelope of the lane (grey opening over six band thicknesses, smoothed)"
OPENING = 6.0
"""Length of the opening in band thicknesses (assumed, twice the height of a box)."""


def lane_opening(profile: Profile, fwhm_px: float) -> Profile:
    """Return the lower envelope of a lane's profile."""
    smooth = gaussian_filter1d(profile, max(1.0, fwhm_px / 4), mode="nearest")
    size = int(min(OPENING * fwhm_px, 0.9 * profile.size)) | 1
    opened = grey_opening(smooth, size=(size,), mode="nearest")
    envelope: Profile = gaussian_filter1d(opened, size / 4, mode="nearest")
    return np.minimum(envelope, smooth)

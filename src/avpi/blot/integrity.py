"""Is the picture fit for densitometry: saturated, clipped, of 8 bits, compressed with loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Finding
from avpi.readings import BlotImage

TOLERATED_SATURATED_SHARE = 0.005
"""Share of a band's box at the top of the scale that is tolerated: below it the lost volume is far under the
other errors, since single hot pixels and the very crest of a band hold little of its volume (assumed)."""
PLATEAU_PIXELS = 30
"""Pixels with exactly the largest value of an image that never reaches the end of its scale, from which on they
are taken for a detector's ceiling (assumed)."""
PLATEAU_RATIO = 5.0
"""How much more frequent that value must be than an average one of the ``PLATEAU_NEIGHBOURS`` below it (assumed)."""
PLATEAU_NEIGHBOURS = 16
LOSSY_MARGIN = 3
"""Grey levels below the top that count as saturated in JPEG, whose blocks blur a plateau (assumed)."""
CLIPPED_SHARE = 0.20
"""Share of a lane's background at the bottom of the scale that makes the background unknown (assumed)."""


def saturated_pixels(values: NDArray[np.float64], *, bits: int, lossy: bool) -> NDArray[np.bool_]:
    """Return which pixels of a signal (bands upwards) are at the top: of the scale, or of a plateau below it."""
    top = float(2**bits - 1)
    if lossy:
        return np.asarray(values >= top - LOSSY_MARGIN)
    largest = float(values.max())
    if largest >= top or not _is_plateau(values, largest):
        return np.asarray(values >= top)
    return np.asarray(values >= largest)


def _is_plateau(values: NDArray[np.float64], largest: float) -> bool:
    at_top = int(np.count_nonzero(values == largest))
    if at_top < PLATEAU_PIXELS or largest == float(values.min()):
        return False
    below = int(np.count_nonzero((values < largest) & (values >= largest - PLATEAU_NEIGHBOURS)))
    return at_top > PLATEAU_RATIO * below / PLATEAU_NEIGHBOURS


def floor_pixels(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pixels of a signal are at the zero of the scale, where weaker signal could not be stored."""
    return np.asarray(values <= 0)


def image_findings(image: BlotImage, subject: str) -> list[Finding]:
    """Return what the file itself takes away from the numbers."""
    found = [
        Finding(code=c.code, severity="note", text=f"{image.source}: {c.text}", subject=subject) for c in image.caveats
    ]
    if image.lossy:
        text = (
            f"{image.source} is a JPEG: lossy compression has changed band volumes. Quantified because "
            "'allow_lossy' is true; export 16-bit TIFF from the imager for numbers to rely on."
        )
        found.append(Finding(code="lossy_image", severity="warning", text=text, subject=subject))
    if image.bits == 8:
        text = (
            f"{image.source} has 8 bits a pixel: 256 grey levels hold too little for weak bands and may have been "
            "stretched. Export 16-bit TIFF from the imager."
        )
        found.append(Finding(code="eight_bit", severity="warning", text=text, subject=subject))
    return found


def polarity_finding(image: BlotImage, polarity: str, subject: str) -> Finding:
    """Return the finding that peaks and troughs of a picture are alike."""
    text = (
        f"Whether bands of {image.source} are bright or dark is not clear from the picture; taken as {polarity}. "
        "Look at the boxes before using the numbers."
    )
    return Finding(code="polarity_uncertain", severity="warning", text=text, subject=subject)


def clipped_background_finding(image: BlotImage, lane: int, subject: str) -> Finding:
    """Return the finding that a lane's background was cut off at zero."""
    text = (
        f"Around the band of lane {lane} in {image.source} more than {CLIPPED_SHARE:.0%} of the background lies at the "
        "bottom of the scale: it was cut off, weak bands are underestimated. Export without contrast adjustment."
    )
    return Finding(code="clipped_background", severity="warning", text=text, subject=subject)

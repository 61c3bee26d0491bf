"""A picture examined as it would be on its way to a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.blot.integrity import Examined, examine_picture
from avpi.blot.polarity import as_signal
from avpi.readings import BlotImage


def stored(pixels: NDArray[Any], **more: Any) -> BlotImage:
    more = {"lossy": False, "tag_polarity": "unknown", "source": "blot.tif", **more}
    return BlotImage(pixels=np.ascontiguousarray(pixels), bits=pixels.dtype.itemsize * 8, **more)


def examined(pixels: NDArray[Any], **more: Any) -> Examined:
    image = stored(pixels, **more)
    return examine_picture(image, as_signal(image), "blot 1")


def codes(pixels: NDArray[Any], **more: Any) -> set[str]:
    return {finding.code for finding in examined(pixels, **more).findings}

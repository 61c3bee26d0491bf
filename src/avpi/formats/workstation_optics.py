"""What the optics say that EnVision and EnSpire Workstation print of a measurement."""

from __future__ import annotations

import re

from avpi.readings import ReadMode

_MEASINFO = re.compile(r"De=(?P<detector>.*?) Ex=(?P<excitation>.*?) Em=(?P<emission>.*?) Wdw=")


def optics_mode(measinfo: str) -> ReadMode:
    """Return the mode that "De=... Ex=... Em=... Wdw=..." stands for.

    ``De=USLum`` is the ultra-sensitive luminescence detector and ``De=Abs`` the absorbance detector; light that
    is collected (``Em``) without excitation (``Ex=N/A``) is luminescence, with excitation fluorescence; excitation
    without emission is absorbance.
    AlphaScreen is none of these and stays unknown.
    """
    match = _MEASINFO.search(measinfo + " Wdw=")
    if match is None or "alpha" in measinfo.lower():
        return "unknown"
    if "lum" in match["detector"].lower():
        return "luminescence"
    if match["detector"].lower().startswith("abs"):
        return "absorbance"
    sides = ("top", "bottom", "btm")
    excited, emitted = (match[side].strip().lower() in sides for side in ("excitation", "emission"))
    if emitted:
        return "fluorescence" if excited else "luminescence"
    return "absorbance" if excited else "unknown"

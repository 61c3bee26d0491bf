"""What is said of a picture's flaws: one sentence for each, that names the file, what it means and what to do."""

from __future__ import annotations

from avpi.blot.integrity_borders import CutBorder
from avpi.blot.integrity_copies import Copy
from avpi.blot.integrity_levels import CLIPPED_SHARE
from avpi.blot.integrity_painted import Painted
from avpi.blot.integrity_seams import Seam
from avpi.blot.polarity import Signal
from avpi.estimate import Finding
from avpi.readings import BlotImage

_WEIGHTY = frozenset({"few_grey_levels"})
"""What a reader says of a file that weighs as much as 8 bits a pixel do."""


def image_findings(image: BlotImage, subject: str) -> list[Finding]:
    """Return what the file itself takes away from the numbers."""
    found = [
        Finding(
            code=c.code,
            severity="warning" if c.code in _WEIGHTY else "note",
            text=f"{image.source}: {c.text}",
            subject=subject,
        )
        for c in image.caveats
    ]
    if image.lossy:
        text = (
            f"{image.source} is a JPEG: lossy compression has changed band volumes. Export 16-bit TIFF from the imager "
            "for numbers to rely on."
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


def lying_tag_findings(image: BlotImage, signal: Signal, subject: str) -> list[Finding]:
    """Return the note that a tag would have turned bands the wrong way; such tags serve display."""
    if image.tag_polarity != "min_is_white" or signal.polarity != "bright" or not signal.certain:
        return []
    text = f"The tag of {image.source} says that 0 is white, yet its bands are the high values; content was followed."
    return [Finding(code="tag_polarity_lies", severity="note", text=text, subject=subject)]


def hidden_jpeg_finding(image: BlotImage, subject: str) -> Finding:
    """Return the finding that JPEG has changed a picture that is no JPEG now."""
    text = (
        f"{image.source} was a JPEG once: the traces of its 8 x 8 px blocks remain, and band volumes were changed "
        "before it was stored as it is. Export 16-bit TIFF from the imager."
    )
    return Finding(code="hidden_jpeg", severity="blocking", text=text, subject=subject)


def copied_finding(image: BlotImage, copy: Copy, subject: str) -> Finding:
    """Return the finding that a region occurs twice."""
    if copy.kind == "noise":
        where = f"(shifted by {copy.to_px[1]} columns and {copy.to_px[0]} rows)"
    elif copy.from_px == (0, 0):
        where = "(turned over)"
    else:
        where = (
            f"(at column {copy.from_px[1]}, row {copy.from_px[0]} and at column {copy.to_px[1]}, row {copy.to_px[0]}"
        )
        where += ", turned over)" if copy.kind == "mirrored" else ")"
    text = (
        f"A region of {image.source} occurs twice {where}, down to its noise, which never repeats: it was pasted. "
        "Nothing is measured on it. Ask for the original."
    )
    return Finding(code="copied_region", severity="blocking", text=text, subject=subject)


def spliced_finding(image: BlotImage, seam: Seam, subject: str) -> Finding:
    """Return the finding that a picture was joined from two."""
    lines = "columns" if seam.direction == "vertical" else "rows"
    text = (
        f"{image.source} was joined between {lines} {seam.at_px - 1} and {seam.at_px}: the background jumps by "
        f"{seam.step_sds:.1f} times its noise from one to the next. Lanes on the two sides were not exposed together "
        "and cannot be compared unless the originals are shown."
    )
    return Finding(code="spliced_picture", severity="warning", text=text, subject=subject)


def cut_finding(image: BlotImage, border: CutBorder, subject: str) -> Finding:
    """Return the finding that a border cuts bands."""
    at = ", ".join(f"{x:.0f}" for x in border.at_px[:6])
    line = "column" if border.side in ("top", "bottom") else "row"
    text = (
        f"Bands run into the {border.side} border of {image.source} (at {line} {at}): the part beyond was cropped "
        "away, and their volumes are too small. Use the uncropped image."
    )
    return Finding(code="cut_band", severity="warning", text=text, subject=subject)


def few_levels_finding(image: BlotImage, subject: str) -> Finding:
    """Return the finding that a picture of 16 bits or fractions holds no more levels than one of 8 bits."""
    text = (
        f"{image.source} has {image.bits} bits a pixel and no more than 256 grey levels: it was an image of 8 bits, "
        "which hold too little for weak bands and may have been stretched. Export 16-bit TIFF from the imager."
    )
    return Finding(code="few_grey_levels", severity="warning", text=text, subject=subject)


def unsearched_finding(image: BlotImage, why: str, subject: str) -> Finding:
    """Return the note that not every search for copies was made."""
    text = f"{image.source} was not wholly searched for copied regions: {why}. Look at it yourself, or crop it."
    return Finding(code="copies_not_searched", severity="note", text=text, subject=subject)


def painted_finding(image: BlotImage, patch: Painted, subject: str) -> Finding:
    """Return the finding that a patch was painted over."""
    text = (
        f"Rows {patch.rows[0]}-{patch.rows[1]}, columns {patch.columns[0]}-{patch.columns[1]} of {image.source} hold "
        "one grey level without any noise, as no camera gives it: the patch was painted over. Nothing is measured on "
        "it. Ask for the original."
    )
    return Finding(code="painted_region", severity="blocking", text=text, subject=subject)

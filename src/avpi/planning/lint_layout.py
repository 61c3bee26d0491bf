"""How the wells of a planned study stand: breaches of placing, one finding for each kind and not one for each well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from avpi.estimate import Finding, Severity
from avpi.planning.layout import PlateLayoutPlan, role_of
from avpi.planning.violations import Rule, Violation, violations_between

MOST_SHOWN = 3
"""Examples in one finding."""
_FINDINGS: Mapping[str, tuple[tuple[Rule, ...], str]] = {
    "arms_on_the_rim": (
        ("rim",),
        "Wells of the rim dry out, and what stands there reads differently. Keep it for medium.",
    ),
    "layout_not_spread": (
        ("row", "column", "neighbours", "quadrant"),
        "What a row, a column or a corner of the plate does to its wells cannot be told from the treatment. "
        "`avpi plan new` places wells at random within these rules.",
    ),
    "same_layout_again": (
        ("same_well",),
        "An effect of the place then repeats in every experiment and looks reproducible. Place each experiment anew.",
    ),
    "plates_not_balanced": (("balance",), "Share the wells of a condition evenly between the plates."),
}
"""Code of a finding -> the rules of placing that it gathers, and what follows from a breach."""


def layout_findings(layouts: Sequence[PlateLayoutPlan]) -> Iterator[Finding]:
    """Yield one finding for each kind of breach, with how often it occurs."""
    breaches = violations_between(layouts)
    for code in ("arms_on_the_rim", "layout_not_spread", "same_layout_again", "plates_not_balanced"):
        rules, consequence = _FINDINGS[code]
        found = [breach for breach in breaches if breach.rule in rules]
        if found:
            yield _finding(code, found, consequence)
    single = [
        f"{layout.plate}: {content}"
        for layout in layouts
        for content, wells in layout.groups.items()
        if wells == 1 and role_of(content) == "sample" and _alone(layout, content, layouts)
    ]
    if single:
        shown = ", ".join(single[:MOST_SHOWN])
        text = f"{len(single)} conditions stand in a single well ({shown}): if it fails, the condition is lost."
        yield Finding(code="single_wells", severity="note", text=text)


def _finding(code: str, found: Sequence[Violation], consequence: str) -> Finding:
    shown = " ".join(breach.text for breach in found[:MOST_SHOWN])
    more = f" And {len(found) - MOST_SHOWN} more." if len(found) > MOST_SHOWN else ""
    text = f"{shown}{more} {consequence}"
    if code == "arms_on_the_rim":
        return Finding(code="arms_on_the_rim", severity="warning", text=text)
    if code == "layout_not_spread":
        severity: Severity = "warning" if any(breach.whole for breach in found) else "note"
        return Finding(code="layout_not_spread", severity=severity, text=text)
    if code == "same_layout_again":
        return Finding(code="same_layout_again", severity="note", text=text)
    return Finding(code="plates_not_balanced", severity="note", text=text)


def _alone(layout: PlateLayoutPlan, content: str, layouts: Sequence[PlateLayoutPlan]) -> bool:
    """Return whether no other plate of the experiment holds a condition."""
    return not any(
        content in other.groups
        for other in layouts
        if other.experiment == layout.experiment and other.plate != layout.plate
    )

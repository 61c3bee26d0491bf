"""``report.html``: one file that needs nothing else, no network and no script."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avpi.estimate import Estimate, Finding
from avpi.flow.replicates import replicate_shares
from avpi.plate.results import PlateResult
from avpi.quantity import format_minutes, format_molar
from avpi.report import words
from avpi.report.anchors import evidence_links
from avpi.report.drawing import Drawing
from avpi.report.figures import OVERVIEW, replicate_anchors
from avpi.report.grouped import grouped
from avpi.report.methods import methods
from avpi.report.miflowcyt import STATE_WORDS, miflowcyt
from avpi.report.palette import BAND_STATES
from avpi.report.provenance import environment
from avpi.result import Result

STAIN_WORDS: Final = {
    "annexin": "Annexin V", "caspase3": "caspase-3", "pi": "PI", "7aad": "7-AAD", "dapi": "DAPI", "sytox": "SYTOX",
    "fixable_dye": "fixable dye",
}  # fmt: skip
"""A stain's word in a population's name -> as it is printed."""
_STAIN_SIGN: Final = re.compile(rf"({'|'.join(STAIN_WORDS)})_(negative|positive)")
MOST_SUBJECTS: Final = 8
"""Names that stand with a finding; further ones are counted."""
MOST_ABOVE: Final = 10
"""Kinds of finding that stand above the fold; further ones fold (assumed: what one screen holds)."""
MOST_INLINE: Final = 60
"""With more figures the page would get heavy: those of single parts are then linked files (ux.md, section 1)."""


def page(
    result: Result, figures: Mapping[str, Sequence[Drawing]], where: Mapping[str, str], *, command: Sequence[str]
) -> str:
    """Return the report.

    Parameters
    ----------
    figures : drawings by anchor (:func:`avpi.report.figures.draw_figures`).
    where : part name -> anchor.
    command : as it was typed.
    """
    templates = _templates()
    return templates.get_template("report.html.j2").render(
        result=result,
        study=result.study,
        verdict=result.verdict,
        style=Markup(templates.get_template("style.css").render()),
        figures=figures,
        overview=figures.get(OVERVIEW, ()),
        inlined=sum(len(drawings) for drawings in figures.values()) <= MOST_INLINE,
        where=where,
        replicates=replicate_anchors(result),
        contents=_contents(result),
        qualifying=grouped(result, "blocking", "warning"),
        notes=grouped(result, "note"),
        most_above=MOST_ABOVE,
        found=_by_part(result),
        evidence={effect.name: evidence_links(effect, result, where) for effect in result.verdict.effects},
        methods=methods(result),
        miflowcyt=miflowcyt(result),
        item_states=STATE_WORDS,
        replicate_shares=replicate_shares(result.samples),
        environment=environment(),
        command=shlex.join(command),
        rules=result.study.rules.model_dump(),
        band_states=BAND_STATES,
        severity_words=words.SEVERITY_WORDS,
        quality=_quality,
    )


def _templates() -> Environment:
    """Return the templates, escaping everything that is not ours, and the words that they use."""
    surroundings = Environment(
        loader=PackageLoader("avpi.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    surroundings.filters.update(
        probability=words.probability,
        draws=words.share_of_draws,
        integer=lambda n: f"{n:,}".replace(",", "\u202f"),
        method=words.method_words,
        number=words.number,
        words=words.plain_words,
        prose=words.prose,
        because=words.because,
        sentence=words.sentence,
        estimate=words.estimate_words,
        share=_share,
        fraction=words.percent,
        inline=_inline,
    )
    surroundings.globals.update(
        minutes=format_minutes,
        molar=format_molar,
        population=_population,
        why=_why,
        rule_value=_rule_value,
        part_words=_part_words,
        most_subjects=MOST_SUBJECTS,
    )
    return surroundings


def _contents(result: Result) -> list[tuple[str, str]]:
    """Return the anchors and headings of the sections that this report has."""
    every = [
        ("verdict", "Verdict", True),
        ("tree", "Decision tree", True),
        ("advice", "Next", True),
        ("numbers", "Numbers", True),
        ("blots", "Blots", bool(result.blots)),
        ("plates", "Plates", bool(result.plates)),
        ("samples", "Samples", bool(result.samples)),
        ("not-analysed", "Not analysed", bool(result.failed)),
        ("corrections", "Corrections", True),
        ("methods", "Methods", True),
        ("provenance", "Provenance", True),
    ]
    return [(anchor, heading) for anchor, heading, there in every if there]


def _why(estimate: Estimate) -> str:
    """Return " (reason)" where there is no number."""
    told = estimate.method and estimate.state in ("missing", "not_estimable", "saturated")
    return f" ({estimate.method})" if told else ""


def _population(name: str) -> str:
    """Return "Annexin V+ / PI−" for a quadrant; other populations in plain words."""
    parts = _STAIN_SIGN.findall(name)
    if "_".join("_".join(part) for part in parts) != name:
        return words.plain_words(name)
    return " / ".join(f"{STAIN_WORDS[stain]}{'+' if sign == 'positive' else '−'}" for stain, sign in parts)


def _rule_value(name: str, value: float) -> str:
    """Return a rule's value with its unit."""
    if name in ("engagement_by", "rebound_from"):
        return format_minutes(value)
    return format_molar(value) if name == "lytic_dose" else f"{value:g}"


def _inline(drawing: Drawing) -> Markup:
    return Markup(drawing.inline())  # SVG that we wrote, its texts escaped there


def _share(estimate: Estimate) -> str:
    return words.estimate_words(estimate, as_percent=True)


def _part_words(kind: str, name: str) -> Markup:
    """Return "experiment day 1", and "plate 1" where the name begins with its kind; the name cannot turn its line."""
    named = name.lower().startswith(kind.lower())
    return Markup("{}<bdi>{}</bdi>").format("" if named else f"{kind} ", name)


def _by_part(result: Result) -> dict[str, tuple[Finding, ...]]:
    """Return the findings of each analysed part by its name."""
    found = {blot.name: blot.findings for blot in result.blots}
    found |= {plate.name: plate.findings for plate in result.plates}
    return found | {sample.name: sample.findings for sample in result.samples}


def _quality(plate: PlateResult) -> list[tuple[str, Estimate, str]]:
    """Return the rows of a plate's quality table: name, estimate, what it tells."""
    q = plate.quality
    return [
        ("Z′", q.z_prime, "separation of vehicle and kill wells; 1 is perfect"),
        ("robust Z′", q.robust_z_prime, "the same from medians"),
        ("SSMD", q.ssmd, "difference of means over its standard deviation"),
        ("robust SSMD", q.robust_ssmd, "the same from medians"),
        ("signal window", q.signal_window, "room between the two groups' 3 SD, in SD of vehicle"),
        ("signal / background", q.signal_to_background, "mean of vehicle over mean of blank or kill wells"),
        ("CV of vehicle", q.vehicle_cv, "spread of the vehicle wells"),
        ("edge / inner", q.edge_ratio, "vehicle wells at the edge over inner ones; 1 is no edge effect"),
        ("bottom / top", q.drift_down, "vehicle wells of the last row over those of the first, by a line"),
        ("right / left", q.drift_across, "vehicle wells of the last column over those of the first, by a line"),
    ]

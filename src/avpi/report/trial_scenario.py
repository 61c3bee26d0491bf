"""The sections of a scenario's report: what was published, what each set of assumptions shows, figures, sources."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from avpi.clinic.kaplan_meier import kaplan_meier
from avpi.clinic.power_curve import assurance_by_events, cut_offs_of, power_by_size
from avpi.clinic.run_scenario import Enrolled, ScenarioOutcome, VariantOutcome
from avpi.clinic.scenario import citation
from avpi.clinic.simulate import draw_patients
from avpi.compute.places import Place
from avpi.report.figure_files import PrintedFigure
from avpi.report.figures_cut_offs import draw_cut_offs
from avpi.report.figures_forest import ForestRow, draw_forest
from avpi.report.figures_kaplan_meier import draw_kaplan_meier
from avpi.report.figures_power import PowerCurve, draw_power
from avpi.report.trial_page import PageSection, PageTable

MARKS: Mapping[str, str] = {"reproduced": "yes", "not reproduced": "no", "cannot be asked": "–"}
ENROLMENT_WORDS: Mapping[str, str] = {"all": "all comers", "positive": "assay-positive only"}


def scenario_sections(outcome: ScenarioOutcome, *, place: Place | None = None) -> tuple[PageSection, ...]:
    """Return the sections; some figures simulate a few more trials."""
    survival = outcome.scenario.endpoint == "survival"
    found = [_published(outcome), _comparisons(outcome), _variants(outcome)]
    if survival:
        found += [_curves(outcome), _sizes(outcome, place)]
    found += _harm(outcome)
    found += _assurance(outcome)
    return (*found, _assumptions(outcome), _sources(outcome))


def main_variant(outcome: ScenarioOutcome) -> VariantOutcome:
    """Return the set of assumptions that figures show.

    The first whose ratio is solved for, else the first that is also enriched, else the first.
    """
    solved = [own for own in outcome.variants if own.variant.solve_to is not None]
    selected = [own for own in outcome.variants if len(own.enrolled) > 1]
    return (solved or selected or list(outcome.variants))[0]


def _published(outcome: ScenarioOutcome) -> PageSection:
    rows = []
    for own in outcome.scenario.published:
        value = "–" if own.value is None else f"{own.value:g}"
        if own.low is not None:
            value += f" ({own.low:g} to {'not reached' if own.high is None else f'{own.high:g}'})"
        rows.append((own.what, value, own.verified, own.source, own.cannot or "compared below"))
    table = PageTable(
        caption="What was published", columns=("number", "value (95 %)", "verified", "source", "here"), rows=tuple(rows)
    )
    return PageSection(anchor="published", heading="Published", tables=(table,))


def _comparisons(outcome: ScenarioOutcome) -> PageSection:
    asked = [own for own in outcome.scenario.published if own.quantity is not None]
    rows = []
    for own in outcome.variants:
        by_id = {one.published.id: one for one in own.comparisons}
        cells = []
        for published in asked:
            one = by_id.get(published.id)
            if one is None or one.simulated is None:
                cells.append("–")
                continue
            low, high = (f"{v:.3g}" if math.isfinite(v) else "never" for v in (one.simulated.low, one.simulated.high))
            cells.append(f"{MARKS[one.verdict]} ({low} to {high})")
        rows.append((own.variant.name, *cells))
    table = PageTable(
        caption=f"Is the published number within the central 95 % of {outcome.trials} simulated trials (in brackets)?",
        columns=("assumptions", *(f"{own.id}: {own.value:g}" for own in asked)),
        rows=tuple(rows),
    )
    told = "Several sets of assumptions may reproduce one number; that does not make any of them true."
    return PageSection(anchor="reproduced", heading="Reproduced", paragraphs=(told,), tables=(table,))


def _variants(outcome: ScenarioOutcome) -> PageSection:
    survival = outcome.scenario.endpoint == "survival"
    rows, forest = [], []
    for own in outcome.variants:
        for one in own.enrolled:
            rows.append(_survival_cells(own, one) if survival else _response_cells(own, one))
            forest.append(_forest_row(own, one))
    columns = (
        ("assumptions", "enrolled", "ratio solved for", "expected ratio", "observed ratio (95 %)", "finds benefit",
         "finds harm", "months", "screened")
        if survival
        else ("assumptions", "enrolled", "gain (95 %)", "finds gain", "finds loss", "gate, all", "gate, positive")
    )  # fmt: skip
    forest.sort(key=lambda row: row.group == ENROLMENT_WORDS["positive"])
    table = PageTable(
        caption="Shares of simulated trials, with Monte Carlo standard errors; one-sided level "
        f"{outcome.scenario.design.alpha:g}",
        columns=columns,
        rows=tuple(rows),
        numbers=frozenset(range(2, len(columns))),
    )
    for published in outcome.scenario.published:
        if published.quantity in ("hazard_ratio", "response_gain") and published.value is not None:
            forest.append(
                ForestRow(
                    label=published.id, group="published", published=True, value=published.value,
                    low=published.low if published.low is not None else math.nan,
                    high=published.high if published.high is not None else math.nan,
                )
            )  # fmt: skip
    figure = draw_forest(
        forest,
        name="forest",
        title="What trials show",
        axis="hazard ratio, below 1 favours the experimental arm" if survival else "gain of the response rate",
        caption="Median and central 95 % of simulated trials (squares); published numbers with their intervals "
        "(diamonds).",
        ratio=survival,
    )
    return PageSection(anchor="variants", heading="Assumptions compared", tables=(table,), figures=(figure,))


def _survival_cells(own: VariantOutcome, one: Enrolled) -> tuple[str, ...]:
    found, expected = one.operating, one.expected
    assert expected is not None
    ratio = found.hazard_ratio
    return (
        own.variant.name, ENROLMENT_WORDS[one.enrolment], "–" if math.isnan(own.needed) else f"{own.needed:.2f}",
        f"{expected.hazard_ratio:.3f}", f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})",
        str(found.rejects["log-rank"]), str(found.harm), f"{found.months.median:.1f}", f"{found.screened:.0f}",
    )  # fmt: skip


def _response_cells(own: VariantOutcome, one: Enrolled) -> tuple[str, ...]:
    found = one.response
    assert found is not None
    gain = found.gain
    return (
        own.variant.name, ENROLMENT_WORDS[one.enrolment], f"{gain.median:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})",
        str(found.finds_gain), str(found.loses), str(found.gate_all), str(found.gate_positive),
    )  # fmt: skip


def _forest_row(own: VariantOutcome, one: Enrolled) -> ForestRow:
    spread = one.operating.hazard_ratio if one.response is None else one.response.gain
    return ForestRow(
        label=own.variant.name, value=spread.median, low=spread.low, high=spread.high,
        group=ENROLMENT_WORDS[one.enrolment],
    )  # fmt: skip


def _curves(outcome: ScenarioOutcome) -> PageSection:
    own = main_variant(outcome)
    figures = tuple(_curve_figure(own, one, outcome.seed) for one in own.enrolled)
    told = (
        f"Assumptions: {own.variant.name} ({own.variant.what}). One simulated trial is drawn; others of the same "
        "assumptions differ from it as the forest plot shows."
    )
    return PageSection(anchor="curves", heading="Survival curves", paragraphs=(told,), figures=figures)


def _curve_figure(own: VariantOutcome, one: Enrolled, seed: int) -> PrintedFigure:
    expected = one.expected
    assert expected is not None
    found = draw_patients(own.population, one.conduct, seed=seed, at_month=expected.look_month)
    arms = [found.months[found.arm == k] for k in (0, 1)]
    curves = [kaplan_meier(arms[k], found.event[found.arm == k]) for k in (0, 1)]
    return draw_kaplan_meier(
        curves, arms, names=("control", "experimental"), name=f"kaplan-meier-{one.enrolment}", expected=expected,
        title=f"One simulated trial of {own.variant.name}, {ENROLMENT_WORDS[one.enrolment]}",
    )  # fmt: skip


def _sizes(outcome: ScenarioOutcome, place: Place | None) -> PageSection:
    own = next((v for v in outcome.variants if len(v.enrolled) > 1), main_variant(outcome))
    curves: dict[str, PowerCurve] = {}
    alpha = outcome.scenario.design.alpha
    for one in own.enrolled:
        found = power_by_size(own.population, one.conduct, one.enrolment, alpha=alpha, seed=outcome.seed, place=place)
        curves[ENROLMENT_WORDS[one.enrolment]] = PowerCurve(
            sizes=found.patients, shares=found.power, errors=found.error
        )
        if found.harm.max() > 2 * alpha:
            curves[f"{ENROLMENT_WORDS[one.enrolment]}: finds harm"] = PowerCurve(
                sizes=found.patients, shares=found.harm
            )
    figures = [
        draw_power(
            curves,
            name="power",
            title=f"Power by size, {own.variant.name}",
            axis="patients enrolled",
            caption="Share of simulated trials in which the one-sided log-rank test finds a benefit; shade: 95 % of "
            "the Monte Carlo error. Events of the analysis grow with the patients.",
        )
    ]
    cuts = cut_offs_of(own.population, own.enrolled[0].conduct, alpha=alpha)
    if cuts is not None:
        figures.append(draw_cut_offs(cuts[0], all_comers=cuts[1]))
    return PageSection(
        anchor="power",
        heading="Power and cut-offs",
        paragraphs=(f"Assumptions: {own.variant.name} ({own.variant.what}).",),
        figures=tuple(figures),
    )


def _harm(outcome: ScenarioOutcome) -> list[PageSection]:
    table = outcome.scenario.dilution
    if table is None:
        return []
    by_place = {(row.benefiting, row.ratio_benefit): row.needed for row in outcome.harm}
    rows = tuple(
        (f"{share:.0%} benefit", *(f"{by_place[share, ratio]:.2f}" for ratio in table.ratios))
        for share in table.benefiting
    )
    shown = PageTable(
        caption="Hazard ratio that all others must have for the trial to show the published one",
        columns=("", *(f"benefit {ratio:g}" for ratio in table.ratios)),
        rows=rows,
        numbers=frozenset(range(1, len(table.ratios) + 1)),
    )
    told = (
        f"Without harm no mixture passes a ratio of 1: the largest that a search finds is "
        f"{outcome.largest_dilution:.6f}. "
        f"{table.why}"
    )
    return [PageSection(anchor="harm", heading="How large harm must be", paragraphs=(told,), tables=(shown,))]


def _assurance(outcome: ScenarioOutcome) -> list[PageSection]:
    belief = outcome.scenario.assurance
    if belief is None or outcome.prior is None:
        return []
    found = assurance_by_events(outcome.prior, next_events=belief.next_events, go_alpha=belief.go_alpha)
    figure = draw_power(
        {
            "a go": PowerCurve(sizes=found.events, shares=found.go),
            "next succeeds, given go": PowerCurve(sizes=found.events, shares=found.success),
            "next shows a ratio above 1": PowerCurve(sizes=found.events, shares=np.asarray(found.reversal, float)),
        },
        name="assurance",
        title="What a go is worth",
        axis="events of the deciding trial",
        ylabel="probability",
        caption=f"With the belief that the median ratio is {belief.median:g} and the SD of its logarithm "
        f"{belief.spread:g}; the next trial has {belief.next_events:g} events.",
    )
    return [PageSection(anchor="assurance", heading="Assurance", paragraphs=(belief.why,), figures=(figure,))]


def _assumptions(outcome: ScenarioOutcome) -> PageSection:
    points = [
        f"{own.variant.name}: {own.variant.what}. Assumes: {'; '.join(own.variant.assumes)}."
        for own in outcome.variants
    ]
    scenario = outcome.scenario
    points += [f"Design: {scenario.design.why}", f"Control arm: {scenario.control.why}", f"Assay: {scenario.assay.why}"]
    if scenario.gate is not None:
        points.append(f"Gate: {scenario.gate.why}")
    return PageSection(anchor="assumptions", heading="Assumptions", points=tuple(points))


def _sources(outcome: ScenarioOutcome) -> PageSection:
    keys = [own.source for own in outcome.scenario.published]
    keys += [key for own in outcome.variants for key in own.variant.sources]
    points = [f"{key}: {citation(key)}" for key in dict.fromkeys(keys)]
    return PageSection(anchor="sources", heading="Sources", points=tuple(points))

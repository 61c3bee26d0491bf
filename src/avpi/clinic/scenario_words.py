"""What a scenario's outcome says, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from avpi.clinic.run_scenario import Enrolled, ScenarioOutcome, VariantOutcome


def conclusions(outcome: ScenarioOutcome) -> list[str]:
    """Return what the simulations say of the published numbers, the most important first."""
    said = list(_reproduced(outcome))
    said += _put_in(outcome)
    said += _dilution(outcome)
    said += _cycles(outcome)
    said += _enriched(outcome)
    said += _assurance(outcome)
    return said


def _reproduced(outcome: ScenarioOutcome) -> Iterator[str]:
    """Yield which sets of assumptions reproduce all of the numbers that can be asked, and what cannot be asked."""
    asked = [own.id for own in outcome.scenario.published if own.quantity is not None]
    whole, partly = [], []
    for one in outcome.variants:
        good = [own.published.id for own in one.comparisons if own.verdict == "reproduced"]
        if len(good) == len(asked) and asked:
            whole.append(one.variant.name)
        else:
            missing = [own.published.id for own in one.comparisons if own.verdict == "not reproduced"]
            if missing:
                partly.append(f"{one.variant.name} (not {', '.join(missing)})")
    if asked:
        yield (
            f"All of {', '.join(asked)} are reproduced under: {', '.join(whole) or 'none of the sets of assumptions'}."
        )
    if partly:
        yield f"Some are not under: {'; '.join(partly)}."
    cannot = [f"{own.id} ({own.cannot})" for own in outcome.scenario.published if own.cannot]
    if cannot:
        yield f"Cannot be asked of this model: {'; '.join(cannot)}."


def _put_in(outcome: ScenarioOutcome) -> Iterator[str]:
    """Yield which published number was an input, so that nobody takes its return for evidence."""
    for published in outcome.scenario.published:
        solved = [one.variant.name for one in outcome.variants if one.variant.solve_to == published.id]
        if solved:
            names = ", ".join(solved)
            yield f"{published.id} was put into {names}: that it is reproduced there is no evidence for them."


def _dilution(outcome: ScenarioOutcome) -> Iterator[str]:
    table = outcome.scenario.dilution
    if table is None or not outcome.harm:
        return
    published = next(own for own in outcome.scenario.published if own.id == table.published)
    yield (
        f"Dilution alone cannot exceed a ratio of 1: the largest that a search over all mixtures of benefit and "
        f"indifference finds is {outcome.largest_dilution:.4f}, and a proof is in docs/explanation/translation.md. "
        f"The published {published.value:g} needs patients who are harmed."
    )
    least = min(outcome.harm, key=lambda row: row.needed)
    most = max(outcome.harm, key=lambda row: row.needed)
    yield (
        f"Those who do not benefit must have a ratio from {least.needed:.2f} (where {least.benefiting:.0%} benefit "
        f"with {least.ratio_benefit:g}) to {most.needed:.2f} (where {most.benefiting:.0%} benefit with "
        f"{most.ratio_benefit:g})."
    )


def _cycles(outcome: ScenarioOutcome) -> Iterator[str]:
    by_name = {one.variant.name: one for one in outcome.variants}
    for one in outcome.variants:
        if one.variant.needed_from is None:
            continue
        other = by_name[one.variant.needed_from]
        own, before = (_all_comers(v) for v in (one, other))
        if own is None or before is None or own.expected is None or before.expected is None:
            continue
        yield (
            f"{one.variant.name} against {other.variant.name}, with the same ratio of {other.needed:.2f}: the "
            f"expected ratio is {own.expected.hazard_ratio:.2f} instead of {before.expected.hazard_ratio:.2f}; the "
            f"log-rank test finds harm in {own.operating.harm} instead of {before.operating.harm} of trials."
        )


def _enriched(outcome: ScenarioOutcome) -> Iterator[str]:
    for one in outcome.variants:
        all_comers = _all_comers(one)
        selected = next((own for own in one.enrolled if own.enrolment == "positive"), None)
        if all_comers is None or selected is None:
            continue
        if selected.response is not None and all_comers.response is not None:
            yield (
                f"{one.variant.name}: a trial in assay-positive patients finds a gain in "
                f"{selected.response.finds_gain} of "
                f"trials, all comers in {all_comers.response.finds_gain}."
            )
            continue
        found, whole = (own.operating.rejects["log-rank"] for own in (selected, all_comers))
        yield (
            f"{one.variant.name}: an enriched trial finds a benefit in {found} of trials "
            f"(ratio {selected.operating.hazard_ratio.median:.2f}), all comers in {whole} "
            f"(ratio {all_comers.operating.hazard_ratio.median:.2f})."
        )


def _assurance(outcome: ScenarioOutcome) -> Iterator[str]:
    own, belief = outcome.assurance, outcome.scenario.assurance
    if own is None or belief is None:
        return
    yield (
        f"With the belief stated, {belief.events:g} events give a go with probability {own.go:.3f}; given go, the "
        f"ratio that was observed is {own.observed_given_go:.2f} and the true one {own.truth_given_go:.2f} "
        f"(medians); the next trial shows a ratio above 1 with probability {own.reversal_given_go:.3f}."
    )
    z, p = outcome.discordance
    if math.isfinite(z):
        yield (
            f"The two published ratios, {belief.first[0]:g} and {belief.second[0]:g}, disagree by z = {z:.2f} (p = "
            f"{p:.4f}): chance and selection explain a part, other patients or another schedule must explain the rest."
        )


def _all_comers(one: VariantOutcome) -> Enrolled | None:
    return next((own for own in one.enrolled if own.enrolment == "all"), None)

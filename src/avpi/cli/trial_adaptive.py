"""``avpi trial adaptive``: begin with all comers, go on with positive patients where the others do not benefit."""

from __future__ import annotations

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.place_words import placed, read_place
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import Count, levels, plain, read_numbers, say_if_compiled, tell


@click.command(
    cls=HouseCommand,
    short_help="Adaptive enrichment with an interim look.",
    examples=(
        (
            "avpi trial adaptive --prevalence 0.3 --hr 0.5 --hr-negative 1.3",
            "how often it enriches, what it claims",
        ),
        ("avpi trial adaptive --prevalence 0.3 --hr 1 --hr-negative 1 --trials 10000", "the chance of a false claim"),
    ),
)
@option("--prevalence", metavar="S", type=float, required=True, section="Input", help="Of truly positive patients.")
@option("--hr", metavar="R", type=float, required=True, section="Input", help="Hazard ratio among them.")
@option("--hr-negative", metavar="R", type=float, default=1.0, section="Input", help="Among the others; 1.")
@option("--assay", metavar="SE,SP", default="0.9,0.9", section="Input", help="Sensitivity, specificity; 0.9,0.9.")
@option("--median", metavar="T", type=float, default=12.0, section="Input", help="Of the control arm, months; 12.")
@option("--patients", metavar="N", type=click.IntRange(4), default=400, section="Input", help="Of both stages; 400.")
@option("--first", metavar="N", type=click.IntRange(2), section="Input", help="Of the first stage; half by default.")
@option("--accrual", metavar="T", type=float, default=24.0, section="Input", help="Months, were all enrolled; 24.")
@option("--interim", metavar="T", type=float, default=18.0, section="Input", help="Month of the decision; 18.")
@option("--follow-up", metavar="T", type=float, default=12.0, section="Input", help="Of each stage, months; 12.")
@option("--limit", metavar="R", type=float, default=1.0, section="Analysis", help="Ratio of the negative to enrich; 1.")
@option("--trials", metavar="N", type=Count, default=1000, section="Analysis", help="1000 by default.")
@option("--seed", metavar="N", type=click.IntRange(min=0), default=1, section="Analysis", help="1 by default.")
@levels(power=False)
@placed()
@talking()
def adaptive(
    *, prevalence: float, hr: float, hr_negative: float, assay: str, median: float, patients: int, first: int | None,
    accrual: float, interim: float, follow_up: float, limit: float, trials: int, seed: int, alpha: float,
    threads: int | None, cluster: str | None, as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Simulate a trial of two stages that may go on with assay-positive patients alone; no false claim above alpha."""
    from avpi.clinic.adaptive import adaptive_enrichment
    from avpi.clinic.bench_trial import stated_classes
    from avpi.clinic.checks import Checks
    from avpi.clinic.conduct import Conduct, Look
    from avpi.clinic.design.average_hazard import Accrual
    from avpi.clinic.design.enrichment import Assay
    from avpi.clinic.patients import Population, hazard_of_median

    checks = Checks()
    checks.above_zero("--accrual", accrual)
    checks.stop()
    sensitivity, specificity = read_numbers(assay, "--assay", exactly=2)
    population = Population(
        classes=stated_classes(prevalence, hr, hr_negative, (hazard_of_median(median),)),
        assay=Assay(sensitivity=sensitivity, specificity=specificity),
    )
    look = Look(months=interim)
    conduct = Conduct(
        patients=patients, accrual=Accrual(durations=(accrual,), per_month=(patients / accrual,)), looks=(look,)
    )
    place = read_place(threads, cluster, terminal)
    say_if_compiled(terminal)
    found = adaptive_enrichment(
        population, conduct, first_patients=first or patients // 2, interim=look, follow_up_months=follow_up,
        limit_ratio=limit, alpha=alpha, trials=trials, seed=seed, place=place,
    )  # fmt: skip
    lines = [
        f"goes on with positive patients alone: {found.enriched} of trials",
        f"claims a benefit for all: {found.claims_all}; for positive patients: {found.claims_positive}; "
        f"for either: {found.claims_any}",
        f"last data after {found.months.median:.1f} months (median)",
        "method: inverse normal combination of stages, Simes for both hypotheses, closed testing",
    ]
    tell(terminal, {**plain(found), "trials": trials, "seed": seed, "alpha": alpha}, lines, as_json=as_json)

"""``avpi trial hazard``: expected events and the average hazard ratio where hazards change with time."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import Count, levels, plain, read_numbers, say_if_compiled, shown, tell

LARGEST_BLOCK = 12
"""Patients of a block that arms of unequal size are made of."""


@click.command(
    cls=HouseCommand,
    short_help="Expected events and the average hazard ratio.",
    examples=(
        (
            "avpi trial hazard --accrual 2,2,10 --rates 3,6,9 --begins 0,3 --medians 9,18 --hr 0.9,0.6 "
            "--drop-out 0.001 --at 12,24,36",
            "an effect that comes late",
        ),
        ("avpi trial hazard --accrual 12 --rates 20 --medians 7 --hr 0.65 --at 18 --trials 10000", "also simulated"),
    ),
)
@option("--accrual", metavar="T,..", required=True, section="Input", help="Months of each period of accrual.")
@option("--rates", metavar="N,..", required=True, section="Input", help="Patients a month in each.")
@option("--begins", metavar="T,..", default="0", section="Input", help="Months after entry at which hazards change.")
@option("--medians", metavar="T,..", section="Input", help="Control median that each period's hazard would have.")
@option("--hazards", metavar="H,..", section="Input", help="Control hazards per month, instead of --medians.")
@option("--hr", metavar="R,..", required=True, section="Input", help="Hazard ratio of each period.")
@option("--drop-out", metavar="H", type=float, default=0.0, section="Input", help="Per month, both arms; 0 by default.")
@option("--share", metavar="S", type=float, default=0.5, section="Input", help="In the experimental arm; 0.5.")
@option("--at", metavar="T,..", required=True, section="Input", help="Calendar months to look at.")
@option("--trials", metavar="N", type=Count, section="Analysis", help="Also simulate so many trials.")
@option("--seed", metavar="N", type=click.IntRange(min=0), default=1, section="Analysis", help="1 by default.")
@levels()
@talking()
def hazard(
    *, accrual: str, rates: str, begins: str, medians: str | None, hazards: str | None, hr: str, drop_out: float,
    share: float, at: str, trials: int | None, seed: int, alpha: float, power: float, as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Tell expected events, the average hazard ratio and the log-rank test's power at calendar months."""
    from avpi.clinic.design.average_hazard import Accrual, Hazards, expect
    from avpi.clinic.patients import hazard_of_median
    from avpi.errors import InputError, Problem

    if (medians is None) == (hazards is None):
        raise InputError(Problem(file="--medians", what="the control arm needs one of them",
                                 expected="--medians or --hazards"))  # fmt: skip
    coming = Accrual(durations=read_numbers(accrual, "--accrual"), per_month=read_numbers(rates, "--rates"))
    control = (
        read_numbers(hazards, "--hazards")
        if hazards is not None
        else tuple(hazard_of_median(own) for own in read_numbers(medians or "", "--medians"))
    )
    group = Hazards(
        begins=read_numbers(begins, "--begins"), control=control, ratio=read_numbers(hr, "--hr"),
        drop_out=(drop_out, drop_out),
    )  # fmt: skip
    months = read_numbers(at, "--at")
    rows: list[dict[str, Any]] = []
    for month in months:
        found = expect(coming, group, month, experimental=share)
        needed = found.events_needed(alpha=alpha, power=power, experimental=share)
        rows.append(
            {
                "month": month, "enrolled": found.enrolled, "events": found.events,
                "events_control": found.events_control, "events_experimental": found.events_experimental,
                "average_hazard_ratio": found.average_hazard_ratio,
                "information_weighted_hazard_ratio": found.information_hazard_ratio,
                "information": found.information, "power": found.power(alpha),
                "events_needed": needed,
                "patients_needed": coming.patients * needed / found.events if found.events else None,
            }
        )  # fmt: skip
    if trials is not None:
        say_if_compiled(terminal)
        _simulate(rows, coming, group, share, trials, seed, alpha)
    tell(terminal, {"looks": rows, "weighting": "events"}, _lines(rows, alpha, power), as_json=as_json)


def _lines(rows: list[dict[str, Any]], alpha: float, power: float) -> list[str]:
    head = f"{'month':>8}{'enrolled':>10}{'events':>9}{'average HR':>12}{'power':>8}{f'patients for {power:g}':>18}"
    lines = [head]
    for row in rows:
        needed = row["patients_needed"]
        lines.append(
            f"{row['month']:8g}{row['enrolled']:10.1f}{row['events']:9.2f}{shown(row['average_hazard_ratio'], 4):>12}"
            f"{shown(row['power']):>8}{shown(math.nan if needed is None else needed, 1):>18}"
        )
    lines += [
        "average HR: geometric mean weighted by expected events; in small trials Cox's estimate scatters around it so",
        f"widely that its mean is off; power and patients: log-rank test, one-sided level {shown(alpha)}",
    ]
    for row in rows:
        if (own := row.get("simulated")) is not None:
            finds = ", ".join(f"{name} {share['value']:.3f}" for name, share in own["power"].items())
            lines.append(
                f"simulated, month {row['month']:g}: HR {own['hazard_ratio']:.4f} "
                f"(its log ± {own['log_ratio_error']:.4f}), events {own['events']:.2f} ± {own['events_error']:.2f}; "
                f"finds a benefit: {finds}"
            )
    return lines


def _simulate(
    rows: list[dict[str, Any]], coming: Any, group: Any, share: float, trials: int, seed: int, alpha: float
) -> None:
    """Add to each look the mean of Cox's log hazard ratio, taken back, and the mean of events, with their errors."""
    from avpi.clinic.conduct import EVERY_TEST, Conduct, Look
    from avpi.clinic.operating import operating, ratio_spread, spread_of
    from avpi.clinic.patients import PatientClass, Population
    from avpi.clinic.simulate import simulate_trials

    part = Fraction(share).limit_denominator(LARGEST_BLOCK)
    population = Population(
        classes=(PatientClass(name="all", share=1.0, hazard=group.control, ratio=group.ratio),),
        begins=group.begins,
        drop_out=group.drop_out,
    )
    conduct = Conduct(
        patients=max(round(coming.patients), 2),
        accrual=coming,
        looks=tuple(Look(months=row["month"]) for row in rows),
        block=(2 * (part.denominator - part.numerator), 2 * part.numerator),
        tests=EVERY_TEST,
    )
    results = simulate_trials(population, conduct, trials=trials, seed=seed)
    for look, row in enumerate(rows):
        ratio, events = ratio_spread(results.column("log_ratio", look)), spread_of(results.events(look))
        row["simulated"] = {
            "trials": trials, "hazard_ratio": ratio.mean, "median_hazard_ratio": ratio.median,
            "log_ratio_error": ratio.standard_error, "left_out": ratio.left_out, "events": events.mean,
            "events_error": events.standard_error, "power": plain(operating(results, alpha=alpha, look=look).rejects),
        }  # fmt: skip

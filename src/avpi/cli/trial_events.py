"""``avpi trial events`` and ``avpi trial size``: what a log-rank test needs."""

from __future__ import annotations

import math

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import levels, shown, tell


@click.command(
    cls=HouseCommand,
    short_help="Events that a log-rank test needs.",
    examples=(
        ("avpi trial events --hr 0.5", "87.5 by Schoenfeld's formula"),
        ("avpi trial events --hr 0.65 --given 227", "the power that 227 events give"),
    ),
)
@option("--hr", metavar="R", type=float, required=True, section="Input", help="Hazard ratio that is to be found.")
@option("--given", metavar="N", type=float, section="Input", help="Events that there are: tell the power instead.")
@option("--experimental", metavar="S", type=float, default=0.5, section="Input", help="Share of patients; 0.5.")
@option("--null-hr", metavar="R", type=float, default=1.0, section="Input", help="Ratio of the null hypothesis; 1.")
@levels()
@talking()
def events(
    *, hr: float, given: float | None, experimental: float, null_hr: float, alpha: float, power: float,
    as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Tell the events that a log-rank test needs by Schoenfeld's formula, or the power that events give."""
    from avpi.clinic.design.events import schoenfeld_events, schoenfeld_power

    needed = schoenfeld_events(hr, alpha=alpha, power=power, experimental=experimental, null_ratio=null_hr)
    reached = None if given is None else schoenfeld_power(hr / null_hr, given, alpha=alpha, experimental=experimental)
    record = {
        "hazard_ratio": hr, "null_hazard_ratio": null_hr, "alpha": alpha, "power": power, "experimental": experimental,
        "events": needed, "events_rounded_up": math.ceil(needed) if math.isfinite(needed) else None,
        "events_given": given, "power_given": reached, "method": "Schoenfeld 1983",
    }  # fmt: skip
    lines = [f"events: {shown(needed, 4)} for a power of {power:g} at a one-sided level of {alpha:g}"]
    if reached is not None:
        lines = [f"power to find a benefit: {reached:.4f} with {given:g} events"]
    tell(terminal, record, lines, as_json=as_json)


@click.command(
    cls=HouseCommand,
    short_help="Patients of a trial with exponential times.",
    examples=(
        ("avpi trial size --control 0.2 --experimental 0.1 --accrual 0.5 --duration 2 --drop-out 0.1", "430"),
        ("avpi trial size --median 12 --hr 0.7 --accrual 24 --duration 36", "by median and ratio"),
    ),
)
@option("--control", metavar="H", type=float, section="Input", help="Events per unit of time in the control arm.")
@option("--experimental", metavar="H", type=float, section="Input", help="In the experimental arm.")
@option("--median", metavar="T", type=float, section="Input", help="Of the control arm, instead of --control.")
@option("--hr", metavar="R", type=float, section="Input", help="Hazard ratio, instead of --experimental.")
@option("--drop-out", metavar="H", type=float, default=0.0, section="Input", help="Per unit of time; 0 by default.")
@option("--accrual", metavar="T", type=float, required=True, section="Input", help="How long patients enter.")
@option("--duration", metavar="T", type=float, required=True, section="Input", help="Of the study in all.")
@option("--share", metavar="S", type=float, default=0.5, section="Input", help="In the experimental arm; 0.5.")
@option(
    "--scale", type=click.Choice(["ratio", "difference"]), default="ratio", section="Analysis",
    help="What is tested; the log ratio by default.",
)  # fmt: skip
@levels()
@talking()
def size(
    *, control: float | None, experimental: float | None, median: float | None, hr: float | None, drop_out: float,
    accrual: float, duration: float, share: float, scale: str, alpha: float, power: float, as_json: bool,
    terminal: Terminal,
) -> None:  # fmt: skip
    """Tell patients and events of a trial with even accrual and exponential times (Lachin and Foulkes)."""
    from avpi.clinic.design.sample_size import lachin_foulkes
    from avpi.clinic.patients import hazard_of_median
    from avpi.errors import InputError, Problem

    if (control is None) == (median is None) or (experimental is None) == (hr is None):
        what = "both arms need one number each"
        expected = "--control or --median, and --experimental or --hr"
        raise InputError(Problem(file="size", what=what, expected=expected))
    base = hazard_of_median(median) if median is not None else control
    assert base is not None
    treated = base * hr if hr is not None else experimental
    assert treated is not None
    found = lachin_foulkes(
        base, treated, accrual=accrual, duration=duration, drop_out=drop_out, alpha=alpha, power=power,
        experimental=share, scale="ratio" if scale == "ratio" else "difference",
    )  # fmt: skip
    record = {
        "patients": found.patients, "events": found.events, "exact_patients": found.exact_patients,
        "exact_events": found.exact_events, "event_chance_control": found.event_chance_control,
        "event_chance_experimental": found.event_chance_experimental, "method": f"Lachin and Foulkes 1986, {scale}",
    }  # fmt: skip
    lines = [
        f"patients: {found.patients} ({found.exact_patients:.2f})",
        f"events:   {found.events} ({found.exact_events:.2f})",
        f"chance to see a patient's event: {found.event_chance_control:.4f} control, "
        f"{found.event_chance_experimental:.4f} experimental",
    ]
    tell(terminal, record, lines, as_json=as_json)

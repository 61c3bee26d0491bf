"""``avpi trial enrichment`` and ``avpi trial dilution``: what selection gains, and what a mixture can show."""

from __future__ import annotations

from pathlib import Path

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import levels, plain, read_numbers, shown, tell


@click.command(
    cls=HouseCommand,
    short_help="Events of an enriched and an all-comers trial.",
    examples=(
        ("avpi trial enrichment --prevalence 0.304 --hr-positive 0.5 --sensitivity 0.9 --specificity 0.9", "138 v 947"),
        (
            "avpi trial enrichment --prevalence 0.3 --hr-positive 0.5 --auc 0.8 --screened 1000 --figure cut-off",
            "power at every cut-off",
        ),
    ),
)
@option("--prevalence", metavar="S", type=float, required=True, section="Input", help="Of truly positive patients.")
@option("--hr-positive", metavar="R", type=float, required=True, section="Input", help="Hazard ratio among them.")
@option("--hr-negative", metavar="R", type=float, default=1.0, section="Input", help="Among the others; 1.")
@option("--sensitivity", metavar="S", type=float, default=1.0, section="Input", help="Of the assay; 1.")
@option("--specificity", metavar="S", type=float, default=1.0, section="Input", help="Of the assay; 1.")
@option("--missing", metavar="S", type=float, default=0.0, section="Input", help="Patients without a result; 0.")
@option("--auc", metavar="S", type=float, section="Input", help="Of a marker: look at all its cut-offs.")
@option("--screened", metavar="N", type=click.IntRange(1), default=1000, section="Input", help="For --auc; 1000.")
@option("--event-share", metavar="S", type=float, default=0.6, section="Input", help="With an event; for --auc; 0.6.")
@option("--figure", metavar="PATH", type=NamedPath(), section="Output", help="Draw the cut-offs; no ending.")
@levels()
@talking()
def enrichment(
    *, prevalence: float, hr_positive: float, hr_negative: float, sensitivity: float, specificity: float,
    missing: float, auc: float | None, screened: int, event_share: float, figure: Path | None, alpha: float,
    power: float, as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Tell the events of an enriched and an all-comers trial for an imperfect assay."""
    from avpi.clinic.design.enrichment import Assay, cut_offs
    from avpi.clinic.design.enrichment import enrichment as enrich
    from avpi.errors import InputError, Problem

    if figure is not None and auc is None:
        raise InputError(
            Problem(file="--figure", what="draws cut-offs", expected="--auc, the area below the ROC curve")
        )
    assay = Assay(sensitivity=sensitivity, specificity=specificity, missing=missing)
    found = enrich(prevalence, hr_positive, hr_negative, assay=assay, alpha=alpha, power=power)
    record = plain(found)
    lines = [
        f"{'':22}{'hazard ratio':>14}{'events':>10}",
        f"{'assay-positive only':22}{found.ratio_enriched:14.4f}{shown(found.events_enriched, 1):>10}",
        f"{'all comers':22}{found.ratio_all:14.4f}{shown(found.events_all, 1):>10}",
        f"positive predictive value {found.positive_predictive_value:.3f}; called positive "
        f"{found.called_positive:.3f}; {found.screened_for_each:.2f} screened for each enrolled",
    ]
    if auc is not None:
        cuts = cut_offs(
            prevalence, hr_positive, hr_negative, area=auc, screened=screened, event_share=event_share, alpha=alpha
        )
        best = int(cuts.power.argmax())
        record = {**record, "cut_offs": plain(cuts), "best_cut_off": float(cuts.cut_off[best])}
        lines.append(
            f"of all cut-offs of a marker with an area of {auc:g}, {cuts.cut_off[best]:.2f} SD gives most power, "
            f"{cuts.power[best]:.3f}: sensitivity {cuts.sensitivity[best]:.2f}, specificity "
            f"{cuts.specificity[best]:.2f}"
        )
        if figure is not None:
            from avpi.report.figure_files import write_figure
            from avpi.report.figures_cut_offs import draw_cut_offs

            for path in write_figure(draw_cut_offs(cuts), figure):
                terminal.say(f"{path} written.")
    tell(terminal, record, lines, as_json=as_json)


@click.command(
    cls=HouseCommand,
    short_help="What a mixture of patients can show.",
    examples=(
        ("avpi trial dilution --shares 0.3,0.7 --hr 0.5,1", "benefit and indifference: never above 1"),
        ("avpi trial dilution --observed 1.33 --benefiting 0.3 --hr-benefit 0.5", "how large harm must be"),
    ),
)
@option("--shares", metavar="S,..", section="Input", help="Of the classes of patients.")
@option("--hr", metavar="R,..", section="Input", help="Hazard ratio of each class.")
@option("--observed", metavar="R", type=float, section="Input", help="Hazard ratio that the whole trial showed.")
@option("--benefiting", metavar="S", type=float, default=0.3, section="Input", help="Share that benefits; 0.3.")
@option("--hr-benefit", metavar="R", type=float, default=0.5, section="Input", help="Hazard ratio among them; 0.5.")
@option("--harmed", metavar="S", type=float, section="Input", help="Share that is harmed; all others by default.")
@option("--survival", metavar="S", type=float, default=0.5, section="Input", help="Control arm without event; 0.5.")
@talking()
def dilution(
    *, shares: str | None, hr: str | None, observed: float | None, benefiting: float, hr_benefit: float,
    harmed: float | None, survival: float, as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Tell the hazard ratio of a mixture, the largest that is possible without harm, and the harm that is needed."""
    from avpi.clinic.design.dilution import average_ratio, harm_needed, largest_average
    from avpi.errors import InputError, Problem

    if (shares is None) != (hr is None) or (shares is None and observed is None):
        raise InputError(
            Problem(file="dilution", what="nothing is asked", expected="--shares with --hr, or --observed")
        )
    largest = largest_average(control_survival=survival)
    record: dict[str, object] = {"largest_without_harm": largest, "control_survival": survival}
    lines = [f"largest hazard ratio of any mixture of benefit and indifference (by search): {largest:.6f}"]
    if shares is not None and hr is not None:
        mixed = average_ratio(read_numbers(shares, "--shares"), read_numbers(hr, "--hr"), survival)
        record["hazard_ratio"] = mixed
        lines.append(f"hazard ratio of this mixture: {mixed:.4f}")
    if observed is not None:
        worse = 1 - benefiting if harmed is None else harmed
        needed = harm_needed(
            observed, benefiting=benefiting, ratio_benefit=hr_benefit, harmed=worse, control_survival=survival
        )
        record |= {"observed": observed, "harmed": worse, "harm_needed": plain(needed)}
        lines.append(
            f"to show {observed:g} although {benefiting:.0%} have {hr_benefit:g}, {worse:.0%} must have "
            f"{shown(needed, 3)}"
        )
    tell(terminal, record, lines, as_json=as_json)

"""``avpi trial assurance`` and ``avpi trial gate``: what a go is worth, and a Bayesian gate on responses."""

from __future__ import annotations

from typing import Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import levels, plain, read_numbers, shown, tell
from avpi.errors import InputError, Problem


@click.command(
    cls=HouseCommand,
    short_help="What a go after a small trial is worth.",
    examples=(
        ("avpi trial assurance --events 30 --hr 1", "what is observed given go where nothing is true"),
        ("avpi trial assurance --events 30 --median 0.85 --spread 0.25 --next-events 285", "with a sceptical belief"),
    ),
)
@option("--events", metavar="N", type=float, required=True, section="Input", help="Of the trial that decides.")
@option("--hr", metavar="R,..", section="Input", help="True hazard ratio, or several.")
@option("--shares", metavar="S,..", section="Input", help="How much each of several is believed.")
@option("--median", metavar="R", type=float, section="Input", help="Of a log-normal belief, instead of --hr.")
@option("--spread", metavar="S", type=float, default=0.3, section="Input", help="SD of its logarithm; 0.3.")
@option("--go-alpha", metavar="A", type=float, default=0.025, section="Analysis", help="Go below this one-sided p.")
@option("--next-events", metavar="N", type=float, section="Input", help="Of the trial that follows a go.")
@option("--first", metavar="R,L,H", section="Input", help="Published ratio with its interval, for --second.")
@option("--second", metavar="R,L,H", section="Input", help="Another: how far do they disagree?")
@levels(power=False)
@talking()
def assurance(
    *, events: float, hr: str | None, shares: str | None, median: float | None, spread: float, go_alpha: float,
    next_events: float | None, first: str | None, second: str | None, alpha: float, as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Tell the probability of a go, what is observed given go, how much of it is true, and how often it reverses."""
    from avpi.clinic.design.assurance import Truth, discordance, normal_truth
    from avpi.clinic.design.assurance import assurance as assure

    if (hr is None) == (median is None) or (first is None) != (second is None):
        expected = "--hr or --median; --first with --second"
        raise InputError(Problem(file="assurance", what="the belief about the truth is not clear", expected=expected))
    if hr is not None:
        ratios = read_numbers(hr, "--hr")
        believed = read_numbers(shares, "--shares") if shares is not None else (1 / len(ratios),) * len(ratios)
        truth = Truth(ratios=ratios, shares=believed)
    else:
        assert median is not None
        truth = normal_truth(median, spread)
    found = assure(truth, events=events, go_alpha=go_alpha, next_events=next_events, alpha=alpha)
    record: dict[str, Any] = plain(found)
    lines = [
        f"probability of a go: {found.go:.4f}",
        f"given go: observed hazard ratio {found.observed_given_go:.4f} (median), true one {found.truth_given_go:.4f}; "
        f"{found.shrinkage:.0%} of the observed effect is true; harm with probability {found.harm_given_go:.3f}",
    ]
    if next_events is not None:
        lines.append(
            f"the next trial succeeds with probability {found.success_given_go:.4f}, and shows a ratio above 1 with "
            f"{found.reversal_given_go:.4f}"
        )
    if first is not None and second is not None:
        one, other = (
            read_numbers(text, place, exactly=3) for text, place in ((first, "--first"), (second, "--second"))
        )
        z, p = discordance((one[0], one[1], one[2]), (other[0], other[1], other[2]))
        record |= {"discordance_z": z, "discordance_p": p}
        lines.append(f"the two published ratios disagree by z = {z:.2f}, p = {p:.4f}")
    tell(terminal, record, lines, as_json=as_json)


@click.command(
    cls=HouseCommand,
    short_help="A Bayesian gate on a response rate.",
    examples=(
        ("avpi trial gate --treated 13/34 --control 5/29", "probability of a gain above 7.5 points"),
        ("avpi trial gate --rates 0.38,0.17 --patients 34,29 --threshold 0.8", "how often the gate opens"),
    ),
)
@option("--treated", metavar="R/N", section="Input", help="Responders of patients in the experimental arm.")
@option("--control", metavar="R/N", section="Input", help="In the control arm.")
@option("--treated-negative", metavar="R/N", section="Input", help="In a second group: also tests the interaction.")
@option("--control-negative", metavar="R/N", section="Input", help="Of the second group.")
@option("--rates", metavar="S,S", section="Input", help="True rates, experimental and control.")
@option("--patients", metavar="N,N", section="Input", help="Of both arms, for --rates.")
@option("--threshold", metavar="S", type=float, default=0.8, section="Analysis", help="Opens above it; 0.8.")
@option("--margin", metavar="S", type=float, default=0.075, section="Analysis", help="Gain asked for; 0.075.")
@option("--prior", metavar="A,B", default="0.5,0.5", section="Analysis", help="Beta of both arms; 0.5,0.5.")
@talking()
def gate(
    *, treated: str | None, control: str | None, treated_negative: str | None, control_negative: str | None,
    rates: str | None, patients: str | None, threshold: float, margin: float, prior: str, as_json: bool,
    terminal: Terminal,
) -> None:  # fmt: skip
    """Tell the posterior probability of a gain above a margin, or how often it passes a threshold."""
    from avpi.clinic.design.response_gate import gain_probability, gate_power, interaction

    a, b = read_numbers(prior, "--prior", exactly=2)
    record: dict[str, Any] = {"margin": margin, "prior": [a, b]}
    lines = []
    if (treated is None) != (control is None) or (rates is None) != (patients is None) or (treated is rates is None):
        expected = "--treated with --control, or --rates with --patients"
        raise InputError(Problem(file="gate", what="nothing is asked, or half of it", expected=expected))
    if treated is not None and control is not None:
        pair = _responses(treated, "--treated"), _responses(control, "--control")
        record["probability"] = gain_probability(*pair, margin=margin, prior=(a, b))
        lines.append(f"P(gain > {margin:g}) = {record['probability']:.4f}")
        if treated_negative is not None and control_negative is not None:
            other = (
                _responses(treated_negative, "--treated-negative"),
                _responses(control_negative, "--control-negative"),
            )
            record["probability_negative"] = gain_probability(*other, margin=margin, prior=(a, b))
            found = interaction(pair, other)
            record["interaction"] = plain(found)
            lines.append(f"second group: P(gain > {margin:g}) = {record['probability_negative']:.4f}")
            kind = "in opposite directions" if found.qualitative else "in one direction"
            lines.append(
                f"odds ratios {found.odds_ratio_positive:.2f} and {found.odds_ratio_negative:.2f}, {kind}; "
                f"interaction z = {found.z:.2f}, p = {found.p:.4f} (one half added to each cell)"
            )
    if rates is not None and patients is not None:
        true = read_numbers(rates, "--rates", exactly=2)
        n = read_numbers(patients, "--patients", exactly=2)
        if any(value != int(value) for value in n):
            raise InputError(Problem(file="--patients", what=f"'{patients}' are no numbers of patients",
                                     expected="two whole numbers"))  # fmt: skip
        power = gate_power(true[0], true[1], (int(n[0]), int(n[1])), threshold=threshold, margin=margin, prior=(a, b))
        record |= {"threshold": threshold, "go": power.go}
        lines.append(f"the gate opens in {shown(power.go, 4)} of trials")
    tell(terminal, record, lines, as_json=as_json)


def _responses(text: str, place: str) -> Any:
    from avpi.clinic.design.response_gate import Responses

    responders, slash, patients = text.partition("/")
    if not slash or not responders.strip().isdigit() or not patients.strip().isdigit():
        what = f"'{text}' is no number of responders of patients"
        raise InputError(Problem(file=place, what=what, expected="two whole numbers such as 13/34"))
    return Responses(responders=int(responders), patients=int(patients))

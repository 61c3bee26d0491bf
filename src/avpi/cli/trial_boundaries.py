"""``avpi trial boundaries``: group-sequential boundaries by alpha spending."""

from __future__ import annotations

import math
from typing import get_args

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import levels, plain, read_numbers, shown, tell

SPENDINGS = ("obrien-fleming", "pocock", "hwang-shih-decani")


@click.command(
    cls=HouseCommand,
    short_help="Group-sequential boundaries by alpha spending.",
    examples=(
        ("avpi trial boundaries --at 0.5,1", "Lan and DeMets' O'Brien-Fleming at half of the events and at all"),
        (
            "avpi trial boundaries --at 1,2,3 --spending hwang-shih-decani --futility hwang-shih-decani "
            "--futility-gamma -2",
            "also stops for futility",
        ),
    ),
)
@option("--at", metavar="T,..", required=True, section="Input", help="Information at each look, ascending.")
@option(
    "--spending", type=click.Choice(SPENDINGS), default="obrien-fleming", section="Analysis",
    help="Of alpha; obrien-fleming by default.",
)  # fmt: skip
@option("--gamma", metavar="G", type=float, default=-4.0, section="Analysis", help="Of hwang-shih-decani; -4.")
@option("--futility", type=click.Choice(SPENDINGS), section="Analysis", help="Of beta, non-binding; none by default.")
@option("--futility-gamma", metavar="G", type=float, default=-2.0, section="Analysis", help="-2 by default.")
@option("--hr", metavar="R", type=float, section="Input", help="Tell also the events for this hazard ratio.")
@levels()
@talking()
def boundaries(
    *, at: str, spending: str, gamma: float, futility: str | None, futility_gamma: float, hr: float | None,
    alpha: float, power: float, as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Tell the boundaries that spend a one-sided level over looks, and what they cost."""
    from avpi.clinic.design.boundaries import group_sequential
    from avpi.clinic.design.events import schoenfeld_events
    from avpi.clinic.design.spending import Spending

    kinds = {word: word for word in get_args(Spending)}
    found = group_sequential(
        read_numbers(at, "--at"), alpha=alpha, power=power, spending=kinds[spending], gamma=gamma,
        futility=None if futility is None else kinds[futility], futility_gamma=futility_gamma,
    )  # fmt: skip
    events = None
    if hr is not None:
        most = schoenfeld_events(hr, alpha=alpha, power=power) * found.inflation
        events = [share * most for share in found.information]
    record = {**plain(found), "events": events, "spending": spending, "futility_spending": futility}
    lines = [f"{'information':>12}{'efficacy z':>12}{'nominal p':>11}{'spent':>9}{'futility z':>12}{'stops':>8}"]
    for k, share in enumerate(found.information):
        low = found.lower[k]
        lines.append(
            f"{share:12.4f}{shown(found.upper[k], 4):>12}{found.nominal[k]:11.5f}{found.spent[k]:9.5f}"
            f"{'none' if math.isinf(low) else shown(low, 4):>12}{found.efficacy[k] + found.futility[k]:8.3f}"
        )
    lines += [
        f"information over a fixed design: {found.inflation:.4f}; level {found.level:.5f}, power {found.power:.4f}",
        f"expected information: {found.expected_information[0]:.3f} under no effect, "
        f"{found.expected_information[1]:.3f} under the effect",
    ]
    if events is not None:
        lines.append("events at the looks: " + ", ".join(f"{own:.1f}" for own in events))
    tell(terminal, record, lines, as_json=as_json)

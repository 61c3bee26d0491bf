"""``avpi trial run SCENARIO`` and ``avpi trial scenarios``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.place_words import placed, read_place
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import Count, ratio_words, say_if_compiled, shown, tell

if TYPE_CHECKING:
    from avpi.clinic.run_scenario import ScenarioOutcome, VariantOutcome

USUAL_TRIALS = 1000


@click.command(
    cls=HouseCommand,
    short_help="Run a scenario and compare it with what was published.",
    examples=(
        ("avpi trial run trilynx --out trilynx", "all sets of assumptions, with a report"),
        ("avpi trial run my-trial.yaml --trials 5000 --json", "a scenario of your own"),
    ),
)
@click.argument("scenario")
@option("--trials", metavar="N", type=Count, default=USUAL_TRIALS, section="Analysis", help=f"{USUAL_TRIALS} of each.")
@option("--seed", metavar="N", type=click.IntRange(min=0), default=1, section="Analysis", help="1 by default.")
@placed()
@option("--out", metavar="FOLDER", type=NamedPath(), section="Output", help="Write report, figures, tables, JSON.")
@talking()
def run(
    scenario: str, *, trials: int, seed: int, threads: int | None, cluster: str | None, out: Path | None,
    as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Simulate every set of assumptions of a scenario; tell which published numbers each can reproduce."""
    from avpi.clinic.run_scenario import run_scenario
    from avpi.clinic.scenario import find_scenario
    from avpi.clinic.scenario_words import conclusions
    from avpi.report.trial_record import scenario_record

    asked = find_scenario(scenario)
    place = read_place(threads, cluster, terminal)
    if out is not None:
        from avpi.report.write_simulation import require_new_folder

        require_new_folder(out)
    say_if_compiled(terminal)
    outcome = run_scenario(asked, trials=trials, seed=seed, place=place, progress=terminal.progress)
    command = f"avpi trial run {scenario} --trials {trials} --seed {seed}"
    record = scenario_record(outcome, command)
    if out is not None:
        _write(outcome, record, out, command, place)
        terminal.say(f"report, figures, tables and trial.json: {out}")
    lines = [asked.title, "", *_variant_lines(outcome), "", *_published_lines(outcome), ""]
    for sentence in conclusions(outcome):
        lines += [f"- {sentence}"]
    tell(terminal, record, lines, as_json=as_json)


def _variant_lines(outcome: ScenarioOutcome) -> list[str]:
    width = max(len(own.variant.name) for own in outcome.variants) + 2
    if outcome.scenario.endpoint == "response":
        lines = [f"{'':{width}}{'enrolled':>10}{'gain (95 % of trials)':>28}{'finds gain':>16}{'finds loss':>16}"]
        for own in outcome.variants:
            for one in own.enrolled:
                found = one.response
                assert found is not None
                gain = f"{found.gain.median:+.3f} ({found.gain.low:+.3f} to {found.gain.high:+.3f})"
                lines.append(
                    f"{own.variant.name:{width}}{one.enrolment:>10}{gain:>28}{found.finds_gain!s:>16}{found.loses!s:>16}"
                )
        return lines
    lines = [
        f"{'':{width}}{'enrolled':>10}{'solved':>8}{'expected':>10}{'observed HR (95 %)':>20}{'finds benefit':>16}"
        f"{'finds harm':>16}{'months':>8}"
    ]
    for own in outcome.variants:
        for one in own.enrolled:
            lines.append(_survival_line(own, one, width))
    return lines


def _survival_line(own: VariantOutcome, one: Any, width: int) -> str:
    found = one.operating
    ratio = ratio_words(found.hazard_ratio.low, found.hazard_ratio.median, found.hazard_ratio.high)
    solved = "" if math.isnan(own.needed) else f"{own.needed:.2f}"
    return (
        f"{own.variant.name:{width}}{one.enrolment:>10}{solved:>8}{one.expected.hazard_ratio:10.3f}{ratio:>20}"
        f"{found.rejects['log-rank']!s:>16}{found.harm!s:>16}{found.months.median:8.1f}"
    )


def _published_lines(outcome: ScenarioOutcome) -> list[str]:
    """Return for each published number under which assumptions it is reproduced."""
    lines = ["published numbers, and the central 95 % of simulated trials under each set of assumptions:"]
    for published in outcome.scenario.published:
        if published.quantity is None:
            lines.append(f"  {published.id}: cannot be asked, because {published.cannot}")
            continue
        lines.append(f"  {published.id} = {published.value:g} ({published.what}; {published.source})")
        for own in outcome.variants:
            one = next(each for each in own.comparisons if each.published.id == published.id)
            if one.simulated is None:
                lines.append(f"    {own.variant.name}: {one.why}")
                continue
            span = f"{shown(one.simulated.low)} to {shown(one.simulated.high)}"
            lines.append(f"    {one.verdict:15} {own.variant.name}: {span}; as extreme: {one.as_extreme}")
    return lines


def _write(outcome: ScenarioOutcome, record: dict[str, Any], out: Path, command: str, place: Any) -> None:
    from avpi.clinic.scenario_words import conclusions
    from avpi.report.trial_page import trial_page, write_trial
    from avpi.report.trial_record import scenario_tables
    from avpi.report.trial_scenario import scenario_sections

    sections = scenario_sections(outcome, place=place)
    page = trial_page(
        title=outcome.scenario.title, what=outcome.scenario.what, verdict=conclusions(outcome), sections=sections,
        command=command,
    )  # fmt: skip
    write_trial(out, page=page, record=record, tables=scenario_tables(outcome), sections=sections)


@click.command(
    cls=HouseCommand,
    short_help="List the scenarios, or print one to begin your own with.",
    examples=(
        ("avpi trial scenarios", "what ships with avpi"),
        ("avpi trial scenarios --text trilynx > mine.yaml", "a file to change and run"),
    ),
)
@option("--text", metavar="NAME", section="Output", help="Print the file of this scenario.")
@talking()
def scenarios(*, text: str | None, as_json: bool, terminal: Terminal) -> None:
    """List the scenarios that ship with avpi: trials, what was published of them, and sets of assumptions."""
    from avpi.clinic.scenario import SHIPPED, find_scenario, scenario_text
    from avpi.errors import InputError, Problem, nearest_word

    if text is not None:
        if text not in SHIPPED:
            raise InputError(Problem(file="--text", what=f"'{text}' is no scenario that ships with avpi",
                                     expected=f"one of {', '.join(SHIPPED)}", hint=nearest_word(text, SHIPPED)))  # fmt: skip # noqa: E501
        if as_json:
            terminal.json({"name": text, "text": scenario_text(text)})
        else:
            terminal.data(scenario_text(text).rstrip("\n"))
        return
    found = [find_scenario(name) for name in SHIPPED]
    record = {
        "scenarios": [
            {"name": own.name, "title": own.title, "what": own.what, "variants": [v.name for v in own.variants]}
            for own in found
        ]
    }
    lines = [
        line for own in found for line in (f"{own.name}: {own.title}", f"    {', '.join(v.name for v in own.variants)}")
    ]
    tell(terminal, record, lines, as_json=as_json)


@click.command(
    cls=HouseCommand,
    short_help="What was published of mimetics in patients.",
    examples=(
        ("avpi trial published", "every number with its source, and what was not reached"),
        ("avpi trial published trilynx --json", "of one trial"),
    ),
)
@click.argument("word", required=False)
@talking()
def published(word: str | None, *, as_json: bool, terminal: Terminal) -> None:
    """Tell what was published of Smac mimetics in patients, each number with its source."""
    from dataclasses import asdict

    from avpi.clinic.published import published_facts
    from avpi.clinic.scenario import citation
    from avpi.errors import InputError, Problem

    found = [own for own in published_facts() if word is None or word.lower() in f"{own.trial} {own.what}".lower()]
    if not found:
        known = ", ".join(dict.fromkeys(own.trial for own in published_facts()))
        raise InputError(
            Problem(file="published", what=f"nothing is told of '{word}'", expected=f"a word such as {known}")
        )
    lines, last = [], ""
    for own in found:
        lines += [] if own.trial == last else [own.trial]
        last = own.trial
        lines.append(f"  {own.what}: {own.value or 'not reached'} [{own.source}, {own.verified}]")
    lines += ["", *(f"{key}: {citation(key)}" for key in dict.fromkeys(own.source for own in found))]
    tell(
        terminal,
        {"facts": [{**asdict(own), "citation": citation(own.source)} for own in found]},
        lines,
        as_json=as_json,
    )

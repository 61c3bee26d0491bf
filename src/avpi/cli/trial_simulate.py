"""``avpi trial simulate``: a trial of stated patients, or of those that virtual tumours stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.place_words import placed, read_place
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import Count, ratio_words, say_if_compiled, tell
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.clinic.bench_trial import BenchTrial
    from avpi.clinic.patients import Population
    from avpi.clinic.tumours import MarkerRoc, VirtualTumours
    from avpi.compute.places import Place

EVENT_SHARE, DROP_OUT, ALPHA = 0.6, 0.005, 0.025
"""Share of patients with an event at the analysis, drop-out per month, one-sided level: a usual trial's (assumed)."""
ONLY_FROM_LINES = ("panel", "compound", "dose", "tumours", "immune")


@click.command(
    cls=HouseCommand,
    short_help="A trial of stated patients, or of virtual tumours.",
    examples=(
        ("avpi trial simulate --from-lines --compound birinapant --out bench", "what the cells say"),
        ("avpi trial simulate --prevalence 0.3 --hr 0.5 --hr-negative 1.2 --patients 730", "stated classes"),
    ),
)
@option("--from-lines", is_flag=True, section="Input", help="Take classes from kill fractions of virtual tumours.")
@option("--panel", metavar="NAME", section="Input", help="Prior of the tumours: tumour, nsclc, melanoma.")
@option("--compound", metavar="NAME", section="Input", help="The mimetic; birinapant by default.")
@option("--dose", metavar="D", section="Input", help="'100 nM' by default.")
@option("--tumours", metavar="N", type=Count, section="Input", help="How many; 60 by default.")
@option("--immune", metavar="NAME", section="Input", help="none, augmented, unchanged or impaired T cells.")
@option("--prevalence", metavar="S", type=float, section="Input", help="Of answering patients, where stated; 0.3.")
@option("--hr", metavar="R", type=float, default=0.5, section="Input", help="Where all cells die, or stated; 0.5.")
@option("--hr-negative", metavar="R", type=float, default=1.0, section="Input", help="Of the others; 1.")
@option("--assay", metavar="SE,SP", section="Input", help="Sensitivity, specificity; of the marker, else 0.9,0.9.")
@option("--median", metavar="T", type=float, default=12.0, section="Input", help="Of the control arm, months; 12.")
@option("--patients", metavar="N", type=click.IntRange(2), default=400, section="Input", help="400 by default.")
@option("--accrual", metavar="T", type=float, default=24.0, section="Input", help="Months of accrual; 24.")
@option("--trials", metavar="N", type=Count, default=1000, section="Analysis", help="1000 by default.")
@option("--seed", metavar="N", type=click.IntRange(min=0), default=1, section="Analysis", help="1 by default.")
@placed()
@option("--out", metavar="FOLDER", type=NamedPath(), section="Output", help="Write report, figures, tables, JSON.")
@talking()
def simulate(
    *, trials: int, seed: int, threads: int | None, cluster: str | None, out: Path | None,
    as_json: bool, terminal: Terminal, **asked: Any,
) -> None:  # fmt: skip
    """Simulate a trial with all comers and with assay-positive patients; a set of assumptions, not a forecast."""
    from avpi.clinic.bench_trial import run_bench_trial
    from avpi.report.trial_bench import bench_record

    if not asked["from_lines"] and (odd := [own for own in ONLY_FROM_LINES if asked[own] is not None]):
        place_name = f"--{odd[0]}"
        raise InputError(Problem(file=place_name, what="speaks of virtual tumours", expected="--from-lines beside it"))
    if asked["from_lines"] and asked["prevalence"] is not None:
        what = "the prevalence follows from the tumours"
        raise InputError(Problem(file="--prevalence", what=what, expected="either --from-lines or --prevalence"))
    place = read_place(threads, cluster, terminal)
    if out is not None:
        from avpi.report.write_simulation import require_new_folder

        require_new_folder(out)
    say_if_compiled(terminal)
    conduct = _conduct(asked)
    population, tumours, roc = _population(asked, seed, place, terminal)
    found = run_bench_trial(population, conduct, tumours=tumours, roc=roc, trials=trials, seed=seed, place=place)
    command = _command(asked, trials, seed)
    record = bench_record(found, command, trials, seed)
    if out is not None:
        _write(found, record, out, seed, place)
        terminal.say(f"report, figures, tables and trial.json: {out}")
    tell(terminal, record, _lines(found), as_json=as_json)


def _conduct(asked: dict[str, Any]) -> Any:
    from dataclasses import replace

    from avpi.clinic.checks import Checks
    from avpi.clinic.conduct import EVERY_TEST, Conduct, Look
    from avpi.clinic.design.average_hazard import Accrual

    checks = Checks()
    checks.above_zero("--accrual", asked["accrual"])
    checks.above_zero("--median", asked["median"])
    checks.stop()
    events = max(round(EVENT_SHARE * asked["patients"]), 1)
    return Conduct(
        patients=asked["patients"],
        accrual=Accrual(durations=(asked["accrual"],), per_month=(asked["patients"] / asked["accrual"],)),
        looks=(Look(events=events),),
        tests=replace(EVERY_TEST, groups=True),
    )


def _population(
    asked: dict[str, Any], seed: int, place: Place, terminal: Terminal
) -> tuple[Population, VirtualTumours | None, MarkerRoc | None]:
    from avpi.cli.trial_words import read_numbers
    from avpi.clinic.bench_trial import stated_classes, tumour_population
    from avpi.clinic.design.enrichment import Assay
    from avpi.clinic.immune import require_compartment
    from avpi.clinic.patients import Population, hazard_of_median
    from avpi.clinic.tumours import simulate_tumours

    hazard = (hazard_of_median(asked["median"]),)
    assay = None
    if asked["assay"] is not None:
        sensitivity, specificity = read_numbers(asked["assay"], "--assay", exactly=2)
        assay = Assay(sensitivity=sensitivity, specificity=specificity)
    if not asked["from_lines"]:
        prevalence = 0.3 if asked["prevalence"] is None else asked["prevalence"]
        classes = stated_classes(prevalence, asked["hr"], asked["hr_negative"], hazard)
        stated = assay or Assay(sensitivity=0.9, specificity=0.9)
        return Population(classes=classes, assay=stated, drop_out=(DROP_OUT, DROP_OUT)), None, None
    immune = require_compartment(asked["immune"] or "none", "--immune")
    tumours = simulate_tumours(
        asked["tumours"] or 60, panel=asked["panel"] or "tumour", mimetic=asked["compound"] or "birinapant",
        dose_molar=_dose(asked["dose"] or "100 nM"), immune=immune, seed=seed, place=place,
        progress=_every_tenth(terminal),
    )  # fmt: skip
    population, roc = tumour_population(
        tumours, hazard=hazard, ratio_at_full_kill=asked["hr"], ratio_spared=asked["hr_negative"], assay=assay,
        drop_out=DROP_OUT, t_cell_ratio=immune.t_cell_ratio,
    )  # fmt: skip
    return population, tumours, roc


def _every_tenth(terminal: Terminal) -> Any:
    """Return a progress that tells tumours by their number, at a terminal as a bar."""

    def progress(steps: Any, stage: str) -> Any:
        numbers = [f"{i + 1} of {len(steps)}" for i in range(len(steps))]
        for told, step in zip(terminal.progress(numbers, stage), steps, strict=True):
            del told
            yield step

    return progress


def _dose(text: str) -> float:
    from avpi.quantity import QuantityError, parse_quantity

    try:
        return parse_quantity(text, "concentration").value
    except QuantityError as error:
        raise InputError(Problem(file="--dose", what=str(error), expected="a dose such as '100 nM'")) from None


def _command(asked: dict[str, Any], trials: int, seed: int) -> str:
    parts = ["avpi trial simulate"]
    for name, value in asked.items():
        if value is True:
            parts.append(f"--{name.replace('_', '-')}")
        elif value is not None and value is not False:
            parts.append(f"--{name.replace('_', '-')} {value}")
    return " ".join([*parts, f"--trials {trials} --seed {seed}"])


def _lines(found: BenchTrial) -> list[str]:
    lines = []
    if found.tumours is not None and found.roc is not None:
        from avpi.clinic.tumours import area_below_roc

        basal = area_below_roc(found.tumours.basal, found.tumours.answers)
        lines += [
            found.tumours.what,
            f"{found.tumours.prevalence:.0%} answer; area below the ROC curve of TNF a day after the mimetic "
            f"{found.roc.area:.2f}, of TNF without it {basal:.2f}",
        ]
    assay = found.population.assay
    lines += [
        f"prevalence {found.population.prevalence:.3f}, assay {assay.sensitivity:.2f} / {assay.specificity:.2f}, "
        f"called positive {found.population.called_positive:.3f}",
        "",
    ]
    for own in found.shown:
        ratio = own.operating.hazard_ratio
        lines.append(
            f"{'all comers' if own.enrolment == 'all' else 'assay-positive only'}: expected HR "
            f"{own.expected.hazard_ratio:.3f}, observed {ratio_words(ratio.low, ratio.median, ratio.high)}; "
            f"{own.operating.months.median:.1f} months, {own.operating.screened:.0f} screened"
        )
        finds = "; ".join(f"{name} {share}" for name, share in own.operating.rejects.items())
        lines += [f"    finds a benefit: {finds}", f"    finds harm: log-rank {own.operating.harm}"]
    if found.why_not_enriched:
        lines.append(f"no enriched trial: {found.why_not_enriched}")
    return lines


def _write(found: BenchTrial, record: dict[str, Any], out: Path, seed: int, place: Place) -> None:
    from avpi.clinic.checks import EXPLORATORY
    from avpi.report.trial_bench import bench_sections, bench_tables
    from avpi.report.trial_page import trial_page, write_trial

    sections = bench_sections(found, alpha=ALPHA, seed=seed, place=place)
    what = found.tumours.what if found.tumours is not None else "A trial of patients whose classes were stated."
    page = trial_page(
        title="A trial of a Smac mimetic", what=what, verdict=[line for line in _lines(found) if line.strip()],
        sections=sections, command=record["command"],
    )  # fmt: skip
    write_trial(
        out, page=page, record={**record, "statement": EXPLORATORY}, tables=bench_tables(found), sections=sections
    )

"""The sections of the report of one trial: tumours, what trials show, curves, power, cut-offs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from avpi.clinic.bench_trial import BenchTrial, Shown, power_by_cut_off
from avpi.clinic.kaplan_meier import kaplan_meier
from avpi.clinic.power_curve import cut_offs_of, power_by_size
from avpi.clinic.simulate import draw_patients
from avpi.clinic.tumours import ANSWERS, VirtualTumours, area_below_roc
from avpi.compute.places import Place
from avpi.report.drawing import MIDDLE_MM, panel, sheet, style
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.figures_cut_offs import RocPower, draw_cut_offs, draw_roc_power
from avpi.report.figures_forest import ForestRow, draw_forest
from avpi.report.figures_kaplan_meier import draw_kaplan_meier
from avpi.report.figures_power import PowerCurve, draw_power
from avpi.report.palette import BLUE, MUTED, VERMILLION
from avpi.report.trial_page import PageSection, PageTable
from avpi.report.trial_record import operating_record, plain
from avpi.report.trial_scenario import ENROLMENT_WORDS

KILL_BINS = 20


def bench_record(found: BenchTrial, command: str, trials: int, seed: int) -> dict[str, Any]:
    """Return the outcome as JSON-ready values."""
    record: dict[str, Any] = {
        "command": command, "trials": trials, "seed": seed, "prevalence": found.population.prevalence,
        "assay": plain(found.population.assay), "called_positive": found.population.called_positive,
        "classes": [
            {
                "name": own.name, "share": own.share, "ratio": list(own.ratio),
                "strength_median": float(np.median(own.strength)), "truly_positive": own.marked,
            }
            for own in found.population.classes
        ],
        "enrolled": [
            {
                "enrolment": own.enrolment, "expected_hazard_ratio": plain(own.expected.hazard_ratio),
                "expected_month": plain(own.expected.look_month), "operating": operating_record(own.operating),
            }
            for own in found.shown
        ],
        "why_not_enriched": found.why_not_enriched,
    }  # fmt: skip
    if found.tumours is not None and found.roc is not None:
        record["tumours"] = {
            "what": found.tumours.what, "number": int(found.tumours.kill.size), "answering": found.tumours.prevalence,
            "kill": plain(found.tumours.kill), "marker": plain(found.tumours.marker),
            "basal_marker": plain(found.tumours.basal),
            "basal_marker_area": plain(area_below_roc(found.tumours.basal, found.tumours.answers)),
            "necroptosis": plain(found.tumours.necroptosis), "marker_area": plain(found.roc.area),
            "marker_cut_off": plain(float(found.roc.cut_off[found.roc.best])),
        }  # fmt: skip
    return record


def bench_tables(found: BenchTrial) -> dict[str, pd.DataFrame]:
    """Return the tables of the report."""
    rows = []
    for own in found.shown:
        row: dict[str, Any] = {
            "enrolment": own.enrolment, "expected_hazard_ratio": own.expected.hazard_ratio,
            "hazard_ratio_median": own.operating.hazard_ratio.median,
            "hazard_ratio_low": own.operating.hazard_ratio.low,
            "hazard_ratio_high": own.operating.hazard_ratio.high, "months": own.operating.months.median,
            "events": own.operating.events.median, "screened": own.operating.screened,
        }  # fmt: skip
        for name, share in own.operating.rejects.items():
            row[f"power {name}"], row[f"power_error {name}"] = share.value, share.standard_error
        rows.append(row)
    tables = {"trials": pd.DataFrame(rows)}
    if found.tumours is not None:
        tables["tumours"] = pd.DataFrame(
            {
                "kill": found.tumours.kill, "log10_tnf_ng_per_ml": found.tumours.marker,
                "log10_basal_tnf_ng_per_ml": found.tumours.basal,
                "necroptosis": found.tumours.necroptosis,
                "environment_tnf_ng_per_ml": found.tumours.environment_ng_per_ml, "answers": found.tumours.answers,
            }
        )  # fmt: skip
    return tables


def bench_sections(
    found: BenchTrial, *, alpha: float, seed: int, place: Place | None = None
) -> tuple[PageSection, ...]:
    """Return the sections; power by size and by cut-off are simulated here."""
    sections = []
    if found.tumours is not None:
        sections.append(_tumours(found.tumours))
    sections += [_shown(found), _curves(found, seed), _power(found, alpha, seed, place)]
    return tuple(sections)


def _tumours(tumours: VirtualTumours) -> PageSection:
    with style():
        figure = sheet(MIDDLE_MM, 58)
        axes = panel(figure, left_mm=13, top_mm=5, width_mm=MIDDLE_MM - 20, height_mm=42)
        edges = np.linspace(0, 1, KILL_BINS + 1)
        for there, colour, hatch in ((~np.asarray(tumours.answers, bool), MUTED, ""), (tumours.answers, BLUE, "///")):
            axes.hist(
                tumours.kill[there],
                bins=edges.tolist(),
                color=colour,
                alpha=0.75,
                hatch=hatch,
                edgecolor="white",
                lw=0.3,
            )
        axes.axvline(ANSWERS, color=VERMILLION, lw=0.7, ls="--")
        axes.set_xlim(0, 1)
        axes.set_xlabel("part of the tumour's cells killed")
        axes.set_ylabel("tumours")
        drawn = print_figure(
            figure,
            name="kill",
            title="What the mimetic kills",
            alt=f"{tumours.prevalence:.0%} of {tumours.kill.size} tumours lose half of their cells or more.",
            caption=f"Virtual tumours by the part of their cells that the mimetic kills; hatched: {ANSWERS:.0%} or "
            "more, taken to answer (dashed line; assumed).",
            points=pd.DataFrame({"kill": tumours.kill, "answers": tumours.answers}),
        )
    told = (
        f"{tumours.what}. {tumours.prevalence:.0%} answer. The log hazard ratio of a patient is taken to be "
        "proportional to the part killed; neither that nor the threshold was measured in patients."
    )
    return PageSection(anchor="tumours", heading="Tumours", paragraphs=(told,), figures=(drawn,))


def _shown(found: BenchTrial) -> PageSection:
    names = list(found.shown[0].operating.rejects)
    rows = tuple(
        (
            ENROLMENT_WORDS[own.enrolment], f"{own.expected.hazard_ratio:.3f}", _ratio(own),
            *(str(own.operating.rejects[name]) for name in names), f"{own.operating.months.median:.1f}",
            f"{own.operating.screened:.0f}",
        )
        for own in found.shown
    )  # fmt: skip
    columns = ("enrolled", "expected ratio", "observed ratio (95 %)", *names, "months", "screened")
    table = PageTable(
        caption="Shares of trials that find a benefit, by test, with Monte Carlo standard errors",
        columns=columns, rows=rows, numbers=frozenset(range(1, len(columns))),
    )  # fmt: skip
    forest = draw_forest(_forest(found), name="forest", title="What trials show",
                         axis="hazard ratio, below 1 favours the experimental arm",
                         caption="Median and central 95 % of simulated trials.")  # fmt: skip
    points = (f"There is no enriched trial: {found.why_not_enriched}.",) if found.why_not_enriched else ()
    return PageSection(anchor="trials", heading="Trials", points=points, tables=(table,), figures=(forest,))


def _forest(found: BenchTrial) -> list[ForestRow]:
    rows = []
    for own in found.shown:
        spreads = {"all enrolled": own.operating.hazard_ratio}
        if own.enrolment == "all" and own.operating.groups:
            spreads |= {f"assay {name}": spread for name, spread in own.operating.groups.items()}
        rows += [
            ForestRow(
                label=label, group=ENROLMENT_WORDS[own.enrolment], value=spread.median, low=spread.low, high=spread.high
            )
            for label, spread in spreads.items()
        ]
    return rows


def _ratio(own: Shown) -> str:
    spread = own.operating.hazard_ratio
    return f"{spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f})"


def _curves(found: BenchTrial, seed: int) -> PageSection:
    figures = []
    for own in found.shown:
        drawn = draw_patients(found.population, own.conduct, seed=seed, at_month=own.expected.look_month)
        arms = [drawn.months[drawn.arm == k] for k in (0, 1)]
        curves = [kaplan_meier(arms[k], drawn.event[drawn.arm == k]) for k in (0, 1)]
        figures.append(
            draw_kaplan_meier(
                curves, arms, names=("control", "experimental"), name=f"kaplan-meier-{own.enrolment}",
                expected=own.expected, title=f"One simulated trial, {ENROLMENT_WORDS[own.enrolment]}",
            )
        )  # fmt: skip
    return PageSection(anchor="curves", heading="Survival curves", figures=tuple(figures))


def _power(found: BenchTrial, alpha: float, seed: int, place: Place | None) -> PageSection:
    curves = {}
    for own in found.shown:
        points = power_by_size(found.population, own.conduct, own.enrolment, alpha=alpha, seed=seed, place=place)
        label = ENROLMENT_WORDS[own.enrolment]
        curves[label] = PowerCurve(sizes=points.patients, shares=points.power, errors=points.error)
    figures: list[PrintedFigure] = [
        draw_power(
            curves, name="power", title="Power by size", axis="patients enrolled",
            caption="Share of simulated trials in which the one-sided log-rank test finds a benefit; shade: 95 % of "
            "the Monte Carlo error.",
        )
    ]  # fmt: skip
    figures += _cut_offs(found, alpha, seed, place)
    return PageSection(anchor="power", heading="Power and cut-offs", figures=tuple(figures))


def _cut_offs(found: BenchTrial, alpha: float, seed: int, place: Place | None) -> list[PrintedFigure]:
    if found.why_not_enriched:
        return []
    conduct = found.shown[0].conduct
    if found.roc is None:
        cuts = cut_offs_of(found.population, conduct, alpha=alpha)
        return [] if cuts is None else [draw_cut_offs(cuts[0], all_comers=cuts[1])]
    own = power_by_cut_off(found.population, conduct, found.roc, alpha=alpha, seed=seed, place=place)
    drawn = RocPower(
        cut_off=own.cut_off, sensitivity=own.sensitivity, specificity=own.specificity,
        called_positive=own.called_positive, power=own.power, error=own.error, area=found.roc.area,
        axis="cut-off, log10 of TNF a day after the mimetic, ng/mL",
        all_comers=found.shown[0].operating.rejects["log-rank"].value,
        caption="The marker is the TNF around the tumour a day after the mimetic. Power of enriched trials that "
        "screen as many patients as the all-comers trial enrols; shade: 95 % of the Monte Carlo error.",
    )  # fmt: skip
    return [draw_roc_power(drawn)]

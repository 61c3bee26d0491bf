"""What a verdict could not know of a planned study, told before any cell is seeded.

Nothing of the verdict is written twice. For every scenario the study's readings are made as they would be at their best
(``expected_readings.py``) and go through the rooms that will judge the real ones: gates of plates, effects, posterior,
tree, traps and advice. What they find wrong with readings that have no fault is wrong with the plan. Added here is only
what no reading shows: saturated doses, a missing hook, wells placed badly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from avpi.errors import Faults
from avpi.estimate import Finding
from avpi.network.lines import find_line
from avpi.network.parameters import parameters
from avpi.planning.dose_series import Potency, find_potency
from avpi.planning.expected_readings import expected_readings
from avpi.planning.lint_doses import dose_findings
from avpi.planning.lint_layout import layout_findings
from avpi.planning.read_layouts import declared_contents, read_layouts
from avpi.planning.scenarios import SCENARIOS, Scenario
from avpi.plate.wells import Content
from avpi.study.manifest import InputFile, Manifest
from avpi.study.read import Study, declared_files
from avpi.study.repeats import independent_parts
from avpi.verdict.decide import decide
from avpi.verdict.effects import gather_effects
from avpi.verdict.results import Verdict
from avpi.verdict.tree import NOT_DETERMINED

OF_RESULTS = frozenset(
    {
        "autocrine_tnf_presumed", "below_detection", "experiments_disagree", "kills_without_engagement",
        "late_quadrant_is_no_mechanism", "necrosome_negative", "no_autocrine_tnf", "partially_engaged",
        "readouts_disagree", "rebound", "ripk1_kinase_dependent", "tnf_independent", "tnf_kills_alone", "toxic_alone",
        "varies_between_experiments", "outlier_wells", "above_vehicle_viability", "arm_below_background",
        "condition_lost", "edge_effect", "interval_too_wide", "killed_when_caspases_blocked", "mode_unknown",
        "zvad_may_raise_tnf",
    }
)  # fmt: skip
"""Findings that tell of readings and not of a plan: here they would tell of a scenario."""
LINT_DRAWS = 1000
"""Draws of the posterior: scatter is so small that one would do."""
LITTLE_TNF = 0.5
"""A line whose record has half of the usual autocrine TNF or less makes none that kills (assumed: the usual line of the
pathway model is silent already)."""
SEVERITIES = ("blocking", "warning", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the verdict could say at best if a scenario were true; ``advice`` is what it would ask for."""

    scenario: str
    title: str
    called: str
    reason: str
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What was found, the worst first, and what could be called in each scenario."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def worst(self) -> str:
        """The severity of the worst finding; empty where there is none."""
        return self.findings[0].severity if self.findings else ""


def lint_study(study: Study, *, potency: Potency | None = None, rim_used: bool = False) -> Lint:
    """Return what a verdict could not know of a study, before its files exist.

    Parameters
    ----------
    study : as declared; only its layouts are read.
    potency : what is known of the compound; the compound records where None.
    rim_used : arms in the outermost wells were asked for.

    Raises
    ------
    InputError
        If a layout is missing or cannot be read.
    """
    contents = _contents(study)
    layouts = read_layouts(study, rim_used=rim_used)
    independent, copies = independent_parts(study, _manifest_of_names(study))
    verdicts = {s.name: _verdict(study, contents, s, independent) for s in SCENARIOS}
    outcomes = tuple(_outcome(s, verdicts[s.name][0]) for s in SCENARIOS)
    merged = _merged({s: [*refused, *verdict.findings] for s, (verdict, refused) in verdicts.items()})
    told = [_with_line(finding, study.file.cell_line) for finding in merged]
    known = potency if potency is not None else find_potency(study.file.compound)
    found = [
        *copies,
        *told,
        *_undecidable(outcomes),
        *dose_findings(study, contents, known),
        *layout_findings(layouts),
    ]
    ordered = sorted(_told_once(found), key=lambda finding: SEVERITIES.index(finding.severity))
    return Lint(findings=tuple(ordered), outcomes=outcomes)


def _told_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield each text once, with every plate, blot or tube that it is about."""
    subjects: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        subjects.setdefault((finding.code, finding.text), []).append(finding)
    for same in subjects.values():
        named = ", ".join(dict.fromkeys(finding.subject for finding in same if finding.subject))
        yield replace(same[0], subject=named)


def _contents(study: Study) -> dict[str, dict[tuple[int, int], Content]]:
    faults = Faults()
    nothing: dict[tuple[int, int], Content] = {}
    found = {
        plate.name: faults.read(lambda p=plate: declared_contents(study, p, None), nothing)  # type: ignore[misc]
        for plate in study.plates
    }
    faults.stop()
    return found


def _manifest_of_names(study: Study) -> Manifest:
    """Return a manifest in which a file's name stands for its content: one file in two places is one file."""
    inputs = tuple(InputFile(name=name, size=None, sha256=name) for name, _ in declared_files(study))
    return Manifest(inputs=inputs, content_hash="0" * 64)


def _verdict(
    study: Study, contents: dict[str, dict[tuple[int, int], Content]], scenario: Scenario, independent: frozenset[str]
) -> tuple[Verdict, tuple[Finding, ...]]:
    """Return the verdict of a scenario's readings, and the parts that no analysis could use."""
    expected = expected_readings(study, contents, scenario)
    effects = gather_effects(
        study,
        [blot for blot in expected.blots if blot.name in independent],
        [plate for plate in expected.plates if plate.name in independent],
        [sample for sample in expected.samples if sample.name in independent],
    )
    rules = study.rules.model_copy(update={"draws": LINT_DRAWS})
    quick = Study(
        folder=study.folder, file=study.file.model_copy(update={"rules": rules}), words=study.words,
        content_hash=study.content_hash, source=study.source, named_files=study.named_files,
    )  # fmt: skip
    gates = [finding for plate in expected.plates for finding in plate.findings]
    return decide(quick, effects, seed=1), (*expected.refused, *gates)


def _merged(by_scenario: Mapping[str, Sequence[Finding]]) -> Iterator[Finding]:
    """Yield every finding of the plan once; one that only some scenarios have says which."""
    titles = {scenario.name: scenario.title for scenario in SCENARIOS}
    where: dict[tuple[str, str], dict[str, Finding]] = {}
    for scenario, findings in by_scenario.items():
        for finding in findings:
            if finding.code not in OF_RESULTS and not _of_a_plate_to_come(finding):
                where.setdefault((finding.code, finding.subject), {}).setdefault(scenario, finding)
    for found in where.values():
        worst = min(found.values(), key=lambda f: SEVERITIES.index(f.severity))
        if len(found) == len(by_scenario):
            yield worst
        else:
            told = "; or ".join(titles[scenario] for scenario in found)
            text = f"If {told}: {worst.text}"
            yield Finding(code=worst.code, severity=worst.severity, text=text, subject=worst.subject)


def _of_a_plate_to_come(finding: Finding) -> bool:
    """Return whether a finding only says that a planned time-zero plate has not been used."""
    return finding.code == "growth_arrest_not_excluded" and finding.text.startswith("A time-zero plate is there")


def _outcome(scenario: Scenario, verdict: Verdict) -> Outcome:
    advice = tuple(dict.fromkeys([*verdict.missing, *(advice.add for advice in verdict.advice)]))
    return Outcome(
        scenario=scenario.name, title=scenario.title, called=verdict.called, reason=verdict.reason, advice=advice
    )


def _with_line(finding: Finding, cell_line: str) -> Finding:
    """Return a finding that rests on cells without TNF of their own, told of a line that is known to be such."""
    line = find_line(cell_line)
    own = line.parameters.get("autocrine") if line is not None else None
    if finding.code != "uninformative_arm" or line is None or own is None:
        return finding
    if own > LITTLE_TNF * parameters()["autocrine"].value:
        return finding
    return replace(finding, text=f"{finding.text} {line.name} is recorded as such a line.")


def _undecidable(outcomes: Sequence[Outcome]) -> Iterator[Finding]:
    """Yield why no call could be made, once for each reason, and where a call would be weaker than the truth."""
    reasons: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        ask = f" Add {' and '.join(outcome.advice)}." if outcome.advice else ""
        if outcome.called in (NOT_DETERMINED, "inconclusive"):
            reasons.setdefault(outcome.reason, []).append(outcome)
        elif "presumed" in outcome.called or "competes" in outcome.called:
            text = f"If {outcome.title}, the call would be '{outcome.called}' at best.{ask}"
            yield Finding(code="weaker_call_only", severity="note", text=text, subject=outcome.scenario)
    for reason, same in reasons.items():
        advice = dict.fromkeys(add for outcome in same for add in outcome.advice)
        ask = f" Add {' and '.join(advice)}." if advice else ""
        why = "" if reason == "one_experiment" else f" ({reason})"
        when = "Whatever is true" if len(same) == len(outcomes) else f"If {'; or '.join(o.title for o in same)}"
        subject = ", ".join(outcome.scenario for outcome in same)
        yield Finding(
            code="no_call_possible",
            severity="warning",
            subject=subject,
            text=f"{when}, no call could be made{why}.{ask}",
        )

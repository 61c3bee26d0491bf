"""Controls that a planned study lacks and that no reading shows: kill wells, and the arm that blocks TNF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from avpi.estimate import Finding
from avpi.names import Condition, reagents
from avpi.network.lines import find_line
from avpi.plate.wells import Content
from avpi.study.read import Study

TNF_BY_ZVAD = "zVAD_TNF"
"""Parameter of a line that makes TNF where caspases are blocked; zero in all others."""
OF_A_REFUSED_PLATE = frozenset({"missing_control", "reference_from_single_agents", "uninformative_arm"})
"""What the verdict says of arms that it does not have; it does not know that they stand on a plate it may not use."""

Contents = Mapping[str, Mapping[tuple[int, int], Content]]


def control_findings(study: Study, contents: Contents, told: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the controls that are missing.

    Parameters
    ----------
    contents : name of a plate -> what its labelled wells hold.
    told : found already; that TNF of the cells' own could only be presumed is not said twice.
    """
    planned = _planned(study, contents)
    yield from _kill_wells(study, contents)
    yield from _own_tnf_by_zvad(study, planned)
    if not any(f.code == "weaker_call_only" and "apoptosis_autocrine" in f.subject for f in told):
        yield from _own_tnf(planned)


def without_cascade(findings: Sequence[Finding], contents: Contents, refused: Sequence[Finding]) -> list[Finding]:
    """Return what the verdict finds, less what only follows from plates that cannot be used.

    Parameters
    ----------
    refused : what is wrong with plates and blots; their subjects are the names.
    """
    plates = [contents[f.subject] for f in refused if f.code == "no_vehicle_wells" and f.subject in contents]
    standing = {c.condition.label for wells in plates for c in wells.values() if c.condition is not None}

    def follows(finding: Finding) -> bool:
        if finding.code == "missing_control":
            return finding.subject in standing
        return bool(plates) and finding.code in OF_A_REFUSED_PLATE

    return [finding for finding in findings if not follows(finding)]


def _kill_wells(study: Study, contents: Contents) -> Iterator[Finding]:
    plates = [plate.name for plate in study.plates if not plate.time_zero]
    held = {content.role for name in plates for content in contents[name].values()}
    if plates and "kill" not in held:
        yield Finding(
            code="no_kill_wells",
            severity="warning",
            text="No plate has kill wells: nothing shows what a well of dead cells reads, and whether the assay "
            "sees death at all. Label wells 'kill control' on every plate.",
            subject=", ".join(plates),
        )


def _own_tnf_by_zvad(study: Study, planned: Sequence[Condition]) -> Iterator[Finding]:
    line = find_line(study.file.cell_line)
    blocking = [c for c in planned if "caspase_inhibitor" in _roles(c)]
    if line is None or not line.parameters.get(TNF_BY_ZVAD) or not blocking:
        return
    if any("tnf_blocker" in _roles(c) for c in blocking):
        return
    simplest = min(blocking, key=lambda c: (c.label != "SM+zVAD", len(c.additions)))
    blocked_at_all = any("tnf_blocker" in _roles(c) for c in planned)
    yield Finding(
        code="zvad_may_raise_tnf",
        severity="note" if blocked_at_all else "warning",
        text=f"{line.name} is recorded to make TNF of its own where caspases are blocked, so {simplest.label} may "
        "kill through that TNF. Only an arm with the caspase inhibitor and anti-TNF would tell: add SM+zVAD+anti-TNF.",
        subject=line.name,
    )


def _own_tnf(planned: Sequence[Condition]) -> Iterator[Finding]:
    if Condition.SM not in planned or any({"smac_mimetic", "tnf_blocker"} <= _roles(c) for c in planned):
        return
    yield Finding(
        code="weaker_call_only",
        severity="note",
        text="If the mimetic kills alone, TNF of the cells' own could only be presumed. Add SM+anti-TNF.",
        subject="apoptosis_autocrine",
    )


def _planned(study: Study, contents: Contents) -> list[Condition]:
    """Return every condition on plates and in tubes, without doses."""
    on_plates = [c.condition for wells in contents.values() for c in wells.values() if c.condition is not None]
    in_tubes = [study.words.condition(sample.condition) for sample in study.samples]
    return list(dict.fromkeys(Condition.of(*c.reagents) for c in (*on_plates, *in_tubes) if c.additions))


def _roles(condition: Condition) -> set[str]:
    known = reagents()
    return {known[reagent].role for reagent in condition.reagents if reagent in known}

"""What ``avpi compound`` says: lines for people, and the same for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from avpi.compounds.compare import TARGETS, Fold, best_affinity, between, selectivity
from avpi.compounds.library import cited, sources
from avpi.compounds.schema import Affinity, CompoundRecord, Sourced, Trial

if TYPE_CHECKING:
    from avpi.compounds.judge import Judgement

WIDTH: Final = 100
UNKNOWN: Final = "not known"
VERIFIED: Final = {
    "read": "",
    "derived": "derived",
    "secondary": "quoted, original not read",
    "recalled": "recalled, not looked up",
    "computed": "computed",
    "definition": "by definition",
}
"""How far a statement was verified -> what is said of it; nothing of what was read."""


def list_lines(records: Sequence[CompoundRecord], alike: Mapping[str, float]) -> list[str]:
    """Return a line for each compound."""
    if not records:
        return ["No compound of the library matches."]
    rows = [("compound", "valency", "class", "phase", "status as of", *(("alike",) if alike else ()))]
    for one in records:
        similarity = (f"{alike[one.name]:.2f}",) if one.name in alike else ("",) if alike else ()
        phase = one.status.highest_phase or UNKNOWN
        rows.append((one.name, one.heads.valency or UNKNOWN, one.kind, phase, one.status.as_of, *similarity))
    return [*_aligned(rows), "", "All of one: avpi compound show NAME"]


def record_lines(record: CompoundRecord) -> list[str]:
    """Return everything that is known of a compound, each statement with its source."""
    heads = record.heads
    known = f"{heads.valency or 'valency ' + UNKNOWN} ({heads.basis})"
    lines = [f"{record.name}: {record.family or record.kind}, {known}"]
    if record.synonyms:
        lines += _wrapped(f"also {', '.join(record.synonyms)}")
    lines += [f"  {label}: {one.value}{_by(one)}" for label, one in _identifiers(record) if one is not None]
    lines += ["", *_structure_lines(record), "", *_status_lines(record), "", "Affinities"]
    lines += [f"  {_affinity_words(one)}" for one in record.affinities] or [f"  {UNKNOWN}: null in the library"]
    lines += ["", "In cells"]
    lines += [
        f"  {loss.type} of the loss of {loss.target} {loss.relation} {loss.value_nM:g} nM{_by(loss)}"
        for loss in record.degradation
    ] or ["  dose that takes half of the cIAP1: not published in what was reached"]
    for effect in record.cell_effects:
        potency = f" ({effect.type} {effect.value_nM:g} nM)" if effect.value_nM is not None else ""
        lines += _wrapped(f"{effect.cells}: {effect.effect}{potency}{_by(effect)}")
    lines += ["", "Developers"]
    lines += [line for one in record.developers for line in _wrapped(_developer_words(one) + _by(one))] or [
        f"  {UNKNOWN}"
    ]
    if record.trials:
        lines += ["", "Trials", *(line for trial in record.trials for line in _trial_lines(trial))]
    if record.note:
        lines += ["", *_wrapped(record.note, first="")]
    return [*lines, "", "Sources", *_source_lines(cited(record))]


def _identifiers(record: CompoundRecord) -> list[tuple[str, Any]]:
    return [("CAS", record.cas), ("DrugBank", record.drugbank)]


def _structure_lines(record: CompoundRecord) -> list[str]:
    found = record.structure
    if found is None:
        return ["Structure", f"  {UNKNOWN} for certain"]
    return [
        "Structure",
        f"  {found.smiles}",
        f"  {found.inchikey}",
        f"  {found.formula}, {found.molar_mass:.2f} g/mol, monoisotopic {found.monoisotopic_mass:.3f}; "
        f"checked: {found.checked}{_by(found)}",
    ]


def _status_lines(record: CompoundRecord) -> list[str]:
    status = record.status
    phase = f"; highest phase {status.highest_phase}" if status.highest_phase else ""
    return [f"Status as of {status.as_of}", *_wrapped(f"{status.state or UNKNOWN}{phase}{_by(status)}")]


def _affinity_words(one: Affinity) -> str:
    domain = f" {one.domain}" if one.domain else ""
    assay = f", {one.assay}" if one.assay else ""
    if one.assay == "cell":
        assay = f", in cells ({one.cells})" if one.cells else ", in cells"
    excluded = f"; not used: {one.excluded}" if one.excluded else ""
    return f"{one.target}{domain}: {one.type} {one.relation} {one.value_nM:g} nM{assay}{_by(one)}{excluded}"


def _developer_words(one: Any) -> str:
    years = "".join((f" from {one.since}" if one.since else "", f" until {one.until}" if one.until else ""))
    return f"{one.name}{': ' + one.part if one.part else ''}{';' + years if years else ''}"


def _trial_lines(trial: Trial) -> list[str]:
    size = (
        f", n = {trial.participants}" if trial.participants else f", {trial.planned} planned" if trial.planned else ""
    )
    number = (
        f"{trial.nct}{' (formerly ' + ', '.join(trial.aliases) + ')' if trial.aliases else ''}: " if trial.nct else ""
    )
    dates = ", ".join(f"{word} {date}" for word, date in _dates(trial))
    state = trial.status or f"status {UNKNOWN}"
    lines = _wrapped(f"{number}{trial.title} (phase {trial.phase or UNKNOWN}{size})")
    lines += _wrapped(f"as of {trial.as_of}: {state}{'; ' + dates if dates else ''}{_by(trial)}", first=" " * 6)
    for finding in trial.findings:
        lines += _wrapped(f"{finding.what}: {finding.value}{_by(finding)}", first=" " * 6)
    if trial.registry is not None:
        lines += _wrapped(
            f"the register on {trial.registry.updated or UNKNOWN}: {trial.registry.status}", first=" " * 6
        )
    return lines


def _dates(trial: Trial) -> list[tuple[str, str]]:
    named = (("started", trial.started), ("ended", trial.ended), ("published", trial.published))
    return [(word, date) for word, date in named if date]


def _by(statement: Sourced) -> str:
    """Return who says it, how far that was verified, and what must be known of it."""
    parts = [statement.source or "", VERIFIED[statement.verified], statement.note or ""]
    said = "; ".join(part for part in parts if part)
    return f" [{said}]" if said else ""


def _source_lines(keys: Sequence[str]) -> list[str]:
    from avpi.compounds.citation import plain_text

    return [line for key in keys for line in _wrapped(f"{key}: {plain_text(sources()[key])}")]


def _wrapped(text: str, first: str = "  ") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first + "  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def record_json(record: CompoundRecord) -> dict[str, Any]:
    """Return a compound as JSON, with the sources that its keys mean."""
    return {
        **record.model_dump(mode="json"),
        "sources": {key: sources()[key].model_dump(mode="json", exclude_defaults=True) for key in cited(record)},
    }


def judgement_lines(text: str, judged: Judgement) -> list[str]:
    """Return what a structure is, in words."""
    identity = judged.identity
    heads = f", {judged.valency}" if judged.heads else ""
    lines = [f"{judged.call}{heads}: {text if len(text) <= WIDTH else text[: WIDTH - 3] + '...'}"]
    for number, motif in enumerate(judged.motifs, 1):
        alanine = "" if motif.handedness == "none" else f", alanine {motif.handedness}"
        amine = "" if motif.series == "piperazine" else ", N-methylated" if motif.methylated else ", free amine"
        lines.append(f"  head {number}: {motif.series}{alanine}{amine}")
    lines += [line for flag in judged.flags for line in _wrapped(f"note: {flag}")]
    if judged.known is not None:
        lines.append(f"  in the library: {judged.known.name} ('avpi compound show {judged.known.name}')")
    if judged.same_skeleton:
        lines.append(f"  same skeleton, other stereochemistry or isotopes: {', '.join(judged.same_skeleton)}")
    return [
        *lines,
        f"  {identity.smiles}",
        f"  {identity.inchikey or 'no InChIKey: InChI has no name for it'}",
        f"  {identity.formula}, {identity.molar_mass:.2f} g/mol, monoisotopic {identity.monoisotopic_mass:.4f}",
    ]


def judgement_json(text: str, judged: Judgement) -> dict[str, Any]:
    """Return what a structure is, as JSON."""
    identity = judged.identity
    return {
        "input": text,
        "call": judged.call,
        "is_smac_mimetic": judged.heads > 0,
        "heads": judged.heads,
        "valency": judged.valency,
        "d_alanine_epimer": any(motif.handedness == "D" for motif in judged.motifs),
        "motifs": [
            {
                "series": motif.series,
                "alanine": motif.handedness,
                "n_methylated": motif.methylated,
                "atoms": list(motif.atoms),
            }
            for motif in judged.motifs
        ],
        "flags": list(judged.flags),
        "removed": list(judged.structure.removed),
        "left_out": list(judged.structure.others),
        "smiles": identity.smiles,
        "inchikey": identity.inchikey or None,
        "formula": identity.formula,
        "molar_mass": round(identity.molar_mass, 3),
        "monoisotopic_mass": round(identity.monoisotopic_mass, 5),
        "known_as": judged.known.name if judged.known is not None else None,
        "same_skeleton": list(judged.same_skeleton),
    }


def comparison_lines(records: Sequence[CompoundRecord]) -> list[str]:
    """Return compounds side by side, then how many fold they differ from the first."""
    from avpi.report.figures_compounds import KEY, cell_words, fold_words

    rows: list[Sequence[str]] = [("", *(one.name for one in records))]
    selective = [selectivity(one) for one in records]
    rows += [(f"{target}, nM", *(cell_words(one.affinities[target]) for one in selective)) for target in TARGETS]
    rows += [(f"{t} / cIAP1", *(fold_words(one.folds[t]) for one in selective)) for t in TARGETS if t != "cIAP1"]
    rows.append(("valency", *(one.heads.valency or UNKNOWN for one in records)))
    rows.append(("highest phase", *(one.status.highest_phase or UNKNOWN for one in records)))
    rows.append(("status as of", *(one.status.as_of for one in records)))
    lines = [*_aligned(rows), ""]
    for other in records[1:]:
        folds = between(records[0], other)
        told = [
            f"{target} {fold_words(one)}{_pair_words(one, other, records[0])}"
            for target, one in folds.items()
            if one.value is not None
        ]
        lines.append(f"{other.name} / {records[0].name}: {', '.join(told) or 'nothing comparable'}")
    lines.append("")
    for one in records:
        lines += _wrapped(f"{one.name}: {one.status.state or UNKNOWN}{_by(one.status)}", first="")
    keys = dict.fromkeys(a.source for one in selective for a in one.affinities.values() if a is not None and a.source)
    return [*lines, "", *textwrap.wrap(KEY, WIDTH), "", "Sources of the affinities", *_source_lines(list(keys))]


def _pair_words(found: Fold, other: CompoundRecord, first: CompoundRecord) -> str:
    """Return the two numbers of a fold where they are not those that stand above, because those are unlike."""
    over, under = found.over, found.under
    if over is None or under is None:
        return ""
    if (over, under) == (best_affinity(other, over.target), best_affinity(first, under.target)):
        return ""
    domain = f", {over.domain}" if over.domain else ""
    return f" [{over.value_nM:,g} over {under.value_nM:,g} nM{domain}]"


def comparison_json(records: Sequence[CompoundRecord]) -> dict[str, Any]:
    """Return compounds side by side as JSON."""
    selective = [selectivity(one) for one in records]
    return {
        "compounds": [
            {
                "name": one.name,
                "valency": one.heads.valency,
                "status": one.status.model_dump(mode="json"),
                "affinities": {t: None if a is None else a.model_dump(mode="json") for t, a in own.affinities.items()},
                "fold_over_cIAP1": {t: _fold_json(fold) for t, fold in own.folds.items()},
            }
            for one, own in zip(records, selective, strict=True)
        ],
        "fold_over_first": {
            other.name: {t: _fold_json(fold) for t, fold in between(records[0], other).items()} for other in records[1:]
        },
    }


def _fold_json(fold: Fold) -> dict[str, Any]:
    return {
        "value": fold.value,
        "relation": fold.relation,
        "state": fold.state,
        "why": fold.why,
        "over_nM": None if fold.over is None else fold.over.value_nM,
        "under_nM": None if fold.under is None else fold.under.value_nM,
    }

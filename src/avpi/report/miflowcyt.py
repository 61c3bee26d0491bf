"""The MIFlowCyt checklist of a run: what the study and its files tell, and what the authors still have to write.

Minimum information about a flow cytometry experiment: Lee et al. 2008, Cytometry A 73A:926-930. An item that is not
told anywhere says so; nothing is filled in that was not declared or read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from avpi.flow.channels import STAINS_OF_READOUT
from avpi.flow.results import VOLTAGES
from avpi.quantity import format_minutes, format_molar
from avpi.report.provenance import avpi_version
from avpi.report.words import count_words
from avpi.result import Result

State = Literal["told", "partly", "to_write"]
STAINS = {
    "annexin_v": "Annexin V", "pi": "propidium iodide", "7-aad": "7-AAD", "dapi": "DAPI", "sytox": "SYTOX",
    "fixable_dye": "fixable viability dye", "caspase-3": "active caspase-3",
}  # fmt: skip
"""Stain -> as it is printed."""
STATE_WORDS: dict[State, str] = {"told": "told", "partly": "partly told", "to_write": "to be written by the authors"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of the checklist: its number and name in MIFlowCyt 1.0, what is known, and how much that is."""

    number: str
    name: str
    text: str
    state: State


def miflowcyt(result: Result) -> tuple[Item, ...]:
    """Return the checklist; empty where a run has no cytometry samples."""
    if not result.samples:
        return ()
    return (*_overview(result), *_specimens(result), *_instrument(result), *_analysis(result))


def _overview(result: Result) -> Iterable[Item]:
    study, file = result.study, result.study.file
    conditions = _list(sample.described or sample.condition.label for sample in result.samples)
    yield _told("1.1", "Purpose", f"How {file.compound} kills {file.cell_line} cells. Study: {study.title}")
    yield _told(
        "1.2",
        "Keywords",
        f"Smac mimetic, IAP antagonist, cell death, {_list(STAINS[stain] for stain in _stains(result))}.",
    )
    times = _list(format_minutes(s.minutes_after_dose) for s in result.samples if s.minutes_after_dose is not None)
    yield _told("1.3", "Experiment variables", f"Conditions: {conditions}. Harvest: {times or 'not declared'}.")
    yield _open("1.4", "Organization")
    yield _open("1.5", "Primary contact")
    dates = _list(sample.instrument.get("$DATE", "") for sample in result.samples)
    yield Item(number="1.6", name="Date", text=dates or "not in the files", state="told" if dates else "to_write")
    yield _told("1.7", "Conclusion", result.verdict.sentence)
    stopped = _list(sample.name for sample in result.samples if not sample.passes)
    controls = "control tubes" if result.study.cytometry.controls else "no control tubes"
    rules = result.study.rules
    text = f"Declared: {controls}. Samples below {rules.events_fail} single cells were not used: {stopped or 'none'}."
    yield _told("1.8", "Quality control measures", text)


def _specimens(result: Result) -> Iterable[Item]:
    study = result.study
    experiments = count_words(len({sample.experiment for sample in result.samples}), "independent experiment")
    text = f"{study.file.cell_line} cells, {experiments}, {count_words(len(result.samples), 'tube')}."
    yield Item(number="2.1", name="Material: source, culture", text=text, state="partly")
    yield _open("2.2", "Characteristics: passage, authentication, mycoplasma")
    dose = format_molar(study.working_dose_molar)
    yield _told("2.3", "Treatment", f"{study.file.compound}, working dose {dose}; conditions as in 1.3.")
    stains = "; ".join(f"{STAINS[s]}: {_list(_detectors(result, s)) or 'not known'}" for s in _stains(result))
    yield Item(
        number="2.4",
        name="Fluorescence reagents: clones, makers, concentrations",
        text=f"Stains and their detectors: {stains}.",
        state="partly",
    )


def _instrument(result: Result) -> Iterable[Item]:
    makers = _list(sample.instrument.get("$SYS", "") for sample in result.samples)
    text = f"not declared; the computer of the cytometer: {makers}" if makers else "not declared in the study"
    yield Item(number="3.1", name="Manufacturer", text=text, state="to_write")
    models = _known(result, ("$CYT", "$CYTSN"))
    yield Item(
        number="3.2",
        name="Model and serial number",
        text=models or "not in the files",
        state="told" if models else "to_write",
    )
    voltages, program = _known(result, (VOLTAGES,)), _known(result, ("CREATOR",))
    known = [f"{word}: {text}" for word, text in (("Detector voltages", voltages), ("program", program)) if text]
    yield Item(
        number="3.3",
        name="Configuration: light sources, optical path, filters, detector voltages, program of acquisition",
        text="; ".join(known) or "not declared in the study and not in the files",
        state="partly" if known else "to_write",
    )


def _known(result: Result, keys: Iterable[str]) -> str:
    """Return what the files say under some keywords, each saying once."""
    wanted = tuple(keys)
    return _list(" ".join(filter(None, (s.instrument.get(key, "") for key in wanted))) for s in result.samples)


def _analysis(result: Result) -> Iterable[Item]:
    files = _list(sample.file for sample in result.study.samples)
    yield _told(
        "4.1", "List-mode files", f"{files or 'none declared'}. Their checksums stand at the end of this report."
    )
    compensations = _list(str(sample.method.get("compensation", "")) for sample in result.samples)
    yield _told("4.2", "Compensation", f"Matrix from: {compensations or 'none'}. Its values stand with each sample.")
    scales = _list(str(scale) for sample in result.samples for scale in sample.method.get("scales", {}).values())
    yield _told("4.3", "Data transformation", f"Linear for gates; drawn on {scales or 'linear scales'}.")
    origins = _list(gate.origin for sample in result.samples for gate in sample.gates)
    yield _told(
        "4.4",
        "Gating",
        f"Stable time, cells by forward scatter, singlets by area over height, thresholds of stains (origin of gates: "
        f"{origins or 'none'}), avpi {avpi_version()}. Gates, counts and shares stand with each sample.",
    )


def _stains(result: Result) -> list[str]:
    return list(dict.fromkeys(stain for s in result.samples for stain in STAINS_OF_READOUT.get(s.readout, ())))


def _detectors(result: Result, stain: str) -> list[str]:
    return [str(s.method.get("channels", {}).get(stain, "")) for s in result.samples]


def _list(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))


def _told(number: str, name: str, text: str) -> Item:
    return Item(number=number, name=name, text=text, state="told")


def _open(number: str, name: str) -> Item:
    return Item(number=number, name=name, text="not declared in the study and not in the files", state="to_write")

"""The methods paragraph to paste, with exactly the references that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from avpi.flow.channels import STAINS_OF_READOUT
from avpi.quantity import format_minutes, format_molar
from avpi.report.miflowcyt import STAINS
from avpi.report.provenance import avpi_version
from avpi.report.words import method_words, number
from avpi.result import Result

Cite = Callable[..., str]
_SHORT: Final = {"pi": "PI"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference as it is printed, and its DOI where it has one."""

    text: str
    doi: str = ""


@cache
def references() -> Mapping[str, Reference]:
    """Return every reference by its key, from ``references.yaml``."""
    loaded = yaml.safe_load(files("avpi.report").joinpath("references.yaml").read_text("utf-8"))
    return {key: Reference(**entry) for key, entry in loaded.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """Paragraphs, in which ``[n]`` cites the n-th reference."""

    paragraphs: tuple[str, ...]
    references: tuple[Reference, ...]


def methods(result: Result) -> Methods:
    """Return the methods of this run, in words."""
    cited: list[str] = []

    def cite(*keys: str) -> str:
        cited.extend(key for key in keys if key not in cited)
        return "".join(f" [{cited.index(key) + 1}]" for key in keys)

    paragraphs = [_blots(result), _plates(result, cite), _samples(result, cite), _verdict(result, cite)]
    return Methods(
        paragraphs=tuple(text for text in paragraphs if text), references=tuple(references()[key] for key in cited)
    )


def _settings(parts: Sequence[Any]) -> str:
    """Return the different settings of analysed parts; those that all parts share stand once."""
    methods_used = [part.method for part in parts]
    shared = {k: v for k, v in methods_used[0].items() if all(m.get(k) == v for m in methods_used)}
    own = [(part.name, {k: v for k, v in part.method.items() if k not in shared}) for part in parts]
    words = [method_words(shared), *(f"{name}: {method_words(rest)}" for name, rest in own if method_words(rest))]
    return "; ".join(word for word in words if word)


def _names(values: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def _blots(result: Result) -> str:
    if not result.blots:
        return ""
    by_hand = sum(b.origin == "manual" for blot in result.blots for lane in blot.lanes for b in lane.bands)
    boxes = "1 box was" if by_hand == 1 else f"{by_hand} boxes were"
    corrected = f" {boxes} placed by hand (listed in the report)." if by_hand else ""
    control = _names(b.loading_control for b in result.blots) or "none"
    return (
        f"Western blots ({len(result.blots)}) of {_names(b.target for b in result.blots)} were quantified as band "
        "volumes above local background from the unaltered image files, divided by the loading control "
        f"({control}) of the same lane and expressed as a fraction of the vehicle lanes of the same membrane. Bands "
        "below the limit of detection enter as bounds; saturated and missing bands enter as neither zero nor number. "
        f"Settings: {_settings(result.blots)}.{corrected}"
    )


def _plates(result: Result, cite: Cite) -> str:
    if not result.plates:
        return ""
    rules = result.study.rules
    stopped = _names(p.name for p in result.plates if not p.passes)
    placed = _names(p.name for p in result.plates if any(f.code == "position_effect" for f in p.findings))
    place = (
        f"What place alone does to a reading was taken out of {placed}, by local regression{cite('cleveland1988')} of "
        "the vehicle wells, since it predicted vehicle wells that it had not seen (permutation test). "
        if placed
        else ""
    )
    gate = f" Plates stopped by the quality gate: {stopped}." if stopped else ""
    return (
        f"Viability ({_names(p.readout for p in result.plates)}; {len(result.plates)} plates, read by "
        f"{_names(p.reader for p in result.plates)}) was expressed as a fraction of the vehicle wells of the same "
        f"plate. Plates were judged by Z′{cite('zhang1999')} (warning below {number(rules.z_prime_warn)}, stop below "
        f"{number(rules.z_prime_fail)}) and by the strictly standardised mean difference{cite('zhang2007')}. Wells "
        f"that were not read, or saturated the detector, were left out. {place}"
        f"Settings: {_settings(result.plates)}.{gate}"
    )


def _samples(result: Result, cite: Cite) -> str:
    if not result.samples:
        return ""
    readouts = _names(
        "/".join(_SHORT.get(stain, STAINS[stain]) for stain in STAINS_OF_READOUT[s.readout]) for s in result.samples
    )
    return (
        f"Cytometry ({readouts}; {len(result.samples)} samples): cells and singlets were gated, signals compensated "
        f"and shown on a logicle scale{cite('parks2006')}, and thresholds set from the control tubes. Samples with "
        f"fewer than {result.study.rules.events_fail} events were not used. Annexin V+/PI+ cells are reported as "
        "such: late apoptosis and necroptosis share that quadrant. "
        f"Settings: {_settings(result.samples)}."
    )


def _verdict(result: Result, cite: Cite) -> str:
    verdict, rules, file = result.verdict, result.study.rules, result.study.file
    n = ", ".join(f"{count} for {name}" for name, count in verdict.experiments.items()) or "none"
    return (
        f"The mechanism of death of {file.cell_line} cells under {file.compound} "
        f"({format_molar(result.study.working_dose_molar)}) was called with avpi {avpi_version()} (decision tree "
        f"version {verdict.tree_version}). n counts independent experiments ({n}), never wells, lanes or cells. "
        f"{verdict.draws} draws of the effects' joint posterior (seed {verdict.seed}) were walked through the tree; a "
        "leaf's probability is the share of draws that end in it, and a leaf is called from "
        f"{number(rules.call)} on. Thresholds: engagement {number(rules.engaged)} by "
        f"{format_minutes(rules.engagement_by)}, kill {number(rules.kill)}, rescue by a caspase inhibitor "
        f"{number(rules.caspase_dependent)}, rescue by a RIPK1 inhibitor {number(rules.ripk1_dependent)}."
        f"{_tnf(result, cite)}"
    )


def _tnf(result: Result, cite: Cite) -> str:
    """Return what the paragraph says of TNF, where this run's verdict turns on it."""
    text = ""
    if any(effect.name.startswith("tnf_synergy") for effect in result.verdict.effects):
        text += f" Synergy with TNF is the excess over independent action{cite('bliss1939')} on the log scale."
    if any("tnf" in word for word in (*result.verdict.flags, *result.verdict.leaves)):
        text += f" Death by a Smac mimetic alone can run through the cells' own TNF{cite('vince2007')}"
        text += f" or without it{cite('allensworth2013')}."
    return text

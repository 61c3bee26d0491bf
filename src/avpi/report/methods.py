"""The methods paragraph to paste, with exactly the references that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from avpi.quantity import format_minutes, format_molar
from avpi.report.provenance import avpi_version
from avpi.report.words import method_words, number
from avpi.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference as it is printed, and its DOI where it has one."""

    text: str
    doi: str = ""


REFERENCES: Final[Mapping[str, Reference]] = {
    "zhang1999": Reference(
        text="Zhang JH, Chung TDY, Oldenburg KR. A simple statistical parameter for use in evaluation and validation of "
        "high throughput screening assays. J Biomol Screen 1999;4:67-73.",
        doi="10.1177/108705719900400206",
    ),
    "zhang2007": Reference(
        text="Zhang XD. A pair of new statistical parameters for quality control in RNA interference high-throughput "
        "screening assays. Genomics 2007;89:552-561."
    ),
    "parks2006": Reference(
        text="Parks DR, Roederer M, Moore WA. A new \"Logicle\" display method avoids deceptive effects of logarithmic "
        "scaling for low signals and compensated data. Cytometry A 2006;69:541-551.",
        doi="10.1002/cyto.a.20258",
    ),
    "bliss1939": Reference(text="Bliss CI. The toxicity of poisons applied jointly. Ann Appl Biol 1939;26:585-615."),
    "vince2007": Reference(
        text="Vince JE, Wong WW, Khan N, et al. IAP antagonists target cIAP1 to induce TNFα-dependent apoptosis. Cell "
        "2007;131:682-693.",
        doi="10.1016/j.cell.2007.10.037",
    ),
    "allensworth2013": Reference(
        text="Allensworth JL, Sauer SJ, Lyerly HK, Morse MA, Devi GR. Smac mimetic Birinapant induces apoptosis and enhances "
        "TRAIL potency in inflammatory breast cancer cells in an IAP-dependent and TNF-α-independent mechanism. Breast "
        "Cancer Res Treat 2013;137:359-371.",
        doi="10.1007/s10549-012-2352-6",
    ),
}  # fmt: skip


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
        paragraphs=tuple(text for text in paragraphs if text), references=tuple(REFERENCES[key] for key in cited)
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
    corrected = f" {by_hand} boxes were placed by hand (listed in the report)." if by_hand else ""
    return (
        f"Western blots ({len(result.blots)}) of {_names(b.target for b in result.blots)} were quantified as band volumes above "
        f"local background from the unaltered image files, divided by the loading control "
        f"({_names(b.loading_control for b in result.blots) or 'none'}) of the same lane and expressed as a fraction of the vehicle "
        f"lanes of the same membrane. Bands below the limit of detection enter as bounds; saturated and missing bands enter as "
        f"neither zero nor number. Settings: {_settings(result.blots)}.{corrected}"
    )


def _plates(result: Result, cite: Any) -> str:
    if not result.plates:
        return ""
    rules = result.study.rules
    stopped = _names(p.name for p in result.plates if not p.passes)
    gate = f" Plates stopped by the quality gate: {stopped}." if stopped else ""
    return (
        f"Viability ({_names(p.readout for p in result.plates)}; {len(result.plates)} plates, read by "
        f"{_names(p.reader for p in result.plates)}) was expressed as a fraction of the vehicle wells of the same plate. Plates "
        f"were judged by Z′{cite('zhang1999')} (warning below {number(rules.z_prime_warn)}, stop below "
        f"{number(rules.z_prime_fail)}) and by the strictly standardised mean difference{cite('zhang2007')}. Wells that were not "
        f"read, or saturated the detector, were left out. Settings: {_settings(result.plates)}.{gate}"
    )


def _samples(result: Result, cite: Any) -> str:
    if not result.samples:
        return ""
    rules = result.study.rules
    return (
        f"Cytometry ({_names(s.readout for s in result.samples)}; {len(result.samples)} samples): cells and singlets were gated, "
        f"signals compensated and shown on a logicle scale{cite('parks2006')}, and thresholds set from the control tubes. Samples "
        f"with fewer than {rules.events_fail} events were not used. Annexin V+/PI+ cells are reported as such: late apoptosis and "
        f"necroptosis share that quadrant. Settings: {_settings(result.samples)}."
    )


def _verdict(result: Result, cite: Any) -> str:
    verdict, rules = result.verdict, result.study.rules
    n = ", ".join(f"{count} for {name}" for name, count in verdict.experiments.items()) or "none"
    synergy = any(effect.name.startswith("tnf_synergy") for effect in verdict.effects)
    bliss = (
        f" Synergy with TNF is the excess over independent action{cite('bliss1939')} on the log scale."
        if synergy
        else ""
    )
    tnf = any("autocrine" in flag or "tnf" in flag for flag in verdict.flags)
    loop = f" Death by a Smac mimetic alone can run through autocrine TNF{cite('vince2007')} or without it{cite('allensworth2013')}."
    return (
        f"The mechanism of death of {result.study.file.cell_line} cells under {result.study.file.compound} "
        f"({format_molar(result.study.working_dose_molar)}) was called with avpi {avpi_version()} (decision tree version "
        f"{verdict.tree_version}). n counts independent experiments ({n}), never wells, lanes or cells. {verdict.draws} draws of the "
        f"effects' joint posterior (seed {verdict.seed}) were walked through the tree; a leaf's probability is the share of draws that "
        f"end in it, and a leaf is called from {number(rules.call)} on. Thresholds: engagement {number(rules.engaged)} by "
        f"{format_minutes(rules.engagement_by)}, kill {number(rules.kill)}, rescue by a caspase inhibitor "
        f"{number(rules.caspase_dependent)}, rescue by a RIPK1 inhibitor {number(rules.ripk1_dependent)}.{bliss}"
        f"{loop if tnf else ''}"
    )

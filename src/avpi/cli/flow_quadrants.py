"""``avpi flow quadrants``: gate loose FCS files automatically and count their cells by stain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, NotAnalysed, Problem, nearest_word

if TYPE_CHECKING:
    from avpi.estimate import Finding
    from avpi.flow.analyse import Thresholds
    from avpi.flow.results import SampleResult
    from avpi.readings import CellEvents


@click.command(
    cls=HouseCommand,
    short_help="Count gated cells in each quadrant of two stains.",
    examples=(
        ("avpi flow quadrants *.fcs --unstained blank.fcs --json", "gates from an unstained tube"),
        ("avpi flow quadrants s.fcs --channel annexin_v=FL1-A", "a stain's channel said, not found"),
    ),
)
@click.argument("files", type=NamedPath(), nargs=-1, required=True, metavar="FILE...")
@option("--readout", default="annexin_v_pi", metavar="ID", section="Input",
        help="annexin_v_pi (default), annexin_v_7-aad, caspase-3, pi_exclusion, ...: docs/glossary.md.")  # fmt: skip
@option("--channel", "channels", multiple=True, metavar="STAIN=CHANNEL", section="Input",
        help="The channel of a stain, where its label does not tell.")  # fmt: skip
@option("--unstained", type=NamedPath(), metavar="FILE", section="Input", help="Unstained cells.")
@option("--single-stain", "singles", multiple=True, metavar="STAIN=FILE", section="Input",
        help="Cells with this stain alone.")  # fmt: skip
@option("--spillover", type=NamedPath(), metavar="CSV", section="Input", help="A matrix, before those in the files.")
@option("--threshold", "thresholds", multiple=True, metavar="STAIN=VALUE", section="Analysis",
        help="An intensity after compensation, set by hand.")  # fmt: skip
@option("--replicates", is_flag=True, section="Analysis",
        help="The files are replicates of one condition: beta-binomial intervals, and their mean.")  # fmt: skip
@option(
    "--figures", type=NamedPath(), metavar="FOLDER", section="Output", help="Write the gates as figures (SVG, PDF)."
)
@option("--gating-ml", type=NamedPath(), metavar="FOLDER", section="Output", help="Write the gates as Gating-ML 2.0.")
@talking()
def quadrants(files: tuple[Path, ...], *, as_json: bool, terminal: Terminal, **asked: Any) -> int:
    """Gate FCS files (debris, doublets, unstable time), compensate, and count cells by the stains they carry."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.flow.replicates import replicate_shares, with_replicates

    learnt = _learn(asked)
    by_hand = dict(_pairs(asked["thresholds"], "--threshold"))
    _check_stains(by_hand, "--threshold", learnt.cytometry.readout)
    results, failed = _gate(files, learnt, by_hand)
    together = []
    if asked["replicates"]:
        together = replicate_shares(results)
        results = with_replicates(results)
    _write(results, asked)
    if as_json:
        terminal.json(
            {
                "readout": learnt.cytometry.readout,
                "samples": [sample_json(result) for result in results],
                "replicates": [
                    {"files": list(one.tubes), "fractions": {n: f.to_json() for n, f in one.fractions.items()}}
                    for one in together
                ],
                "failed": failed,
            }
        )
    else:
        for result in results:
            for line in sample_lines(result):
                terminal.data(line)
        for one in together:
            terminal.data(f"mean of {len(one.tubes)} replicates")
            for name, share in one.fractions.items():
                terminal.data(f"  {name:<34} {_percent(share.value)} ({_percent(share.low)} to {_percent(share.high)})")
    for text in dict.fromkeys(_told(finding) for result in results for finding in result.findings):
        terminal.say(text)
    for one_failed in failed:
        terminal.fault(f"{one_failed['file']}: not analysed, because {one_failed['why']}")
    return SECTIONS_FAILED if failed else DONE


def sample_json(result: SampleResult) -> dict[str, Any]:
    """Return a gated file as ``--json`` prints it."""
    return {
        "file": result.name,
        "events": result.events,
        "cells": result.cells,
        "singlets": result.singlets,
        "passes": result.passes,
        "counts": dict(result.counts),
        "fractions": {name: share.to_json() for name, share in result.fractions.items()},
        "fractions_with_debris": {name: share.to_json() for name, share in result.fractions_with_debris.items()},
        "viable": result.viable.to_json(),
        "gates": [{"name": g.name, "passed": g.passed, "of": g.of, "origin": g.origin} for g in result.gates],
        "thresholds": result.method["thresholds"],
        "channels": result.method["channels"],
        "compensation": result.method["compensation"],
        "findings": [finding.to_json() for finding in result.findings],
    }


def sample_lines(result: SampleResult) -> list[str]:
    """Return a gated file as a person reads it."""
    passed = "" if result.passes else "  (not used: too few single cells)"
    lines = [f"{result.name}: {result.events:,} events, {result.cells:,} cells, {result.singlets:,} single{passed}"]
    for name, share in result.fractions.items():
        debris = result.fractions_with_debris[name].value
        lines.append(
            f"  {name:<34} {result.counts[name]:>9,}  {_percent(share.value)} ({_percent(share.low)} to "
            f"{_percent(share.high)}); with debris {_percent(debris)}"
        )
    return lines


def _told(finding: Finding) -> str:
    """Return a finding with the file that it is about, which its text may not name."""
    named = not finding.subject or finding.subject in finding.text
    return finding.text if named else f"{finding.subject}: {finding.text}"


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _learn(asked: dict[str, Any]) -> Thresholds:
    """Return what the controls give; every fault of the options at once."""
    from avpi.flow.analyse import ControlTube, gate_by_controls
    from avpi.flow.channels import STAINS_OF_READOUT, UNSTAINED
    from avpi.flow.compensation import Spillover, can_be_inverted
    from avpi.flow.stain_patterns import readout_of
    from avpi.formats.fcs import open_fcs
    from avpi.formats.spillover_table import read_spillover_table
    from avpi.study.schema import Cytometry

    try:
        readout = readout_of(asked["readout"])
    except NotAnalysed as error:
        place, known = "--readout", ", ".join(STAINS_OF_READOUT)
        raise InputError(Problem(file=place, what=f"'{asked['readout']}': {error}", expected=known)) from None
    channels = dict(_pairs(asked["channels"], "--channel"))
    _check_stains(channels, "--channel", readout)
    tubes = [(UNSTAINED, asked["unstained"])] if asked["unstained"] is not None else []
    tubes += [(stain, Path(name)) for stain, name in _pairs(asked["singles"], "--single-stain")]
    declared = None
    if asked["spillover"] is not None:
        detectors, matrix = read_spillover_table(asked["spillover"], str(asked["spillover"]))
        if not can_be_inverted(matrix):
            raise InputError(Problem(file=str(asked["spillover"]), what="the spillover matrix has no stable inverse"))
        declared = Spillover(detectors=detectors, matrix=matrix, origin="table")
    controls = [ControlTube(stain=stain, experiment=None, events=open_fcs(path, str(path))) for stain, path in tubes]
    return gate_by_controls(controls, Cytometry(readout=readout, channels=channels), declared)


def _gate(
    files: Sequence[Path], learnt: Thresholds, by_hand: dict[str, str]
) -> tuple[list[SampleResult], list[dict[str, str]]]:
    from avpi.flow.analyse import analyse_tube
    from avpi.formats.fcs import open_fcs
    from avpi.study.schema import Rules

    results, failed = [], []
    for file in dict.fromkeys(files):
        try:
            events: CellEvents = open_fcs(file, str(file))
            results.append(analyse_tube(events, str(file), learnt, Rules(), _corrections(str(file), by_hand)))
        except NotAnalysed as error:
            failed.append({"file": str(file), "code": error.code, "why": str(error)})
        except InputError as error:
            if len(files) == 1:
                raise
            failed.append({"file": str(file), "code": "file_not_read", "why": str(error)})
    return results, failed


def _corrections(name: str, by_hand: dict[str, str]) -> Any:
    from avpi.study.overrides import Override, Overrides

    values = {stain: _number(value) for stain, value in by_hand.items()}
    line = Override(number=1, at="", by="", target=f"{name}/thresholds", set=values, reason="--threshold")
    return Overrides(lines=(line,) if values else ())


def _check_stains(words: Iterable[str], place: str, readout: str) -> None:
    """Refuse words that are no stain of the readout, which nothing would use."""
    from avpi.flow.channels import STAINS_OF_READOUT, find_stain

    stains = STAINS_OF_READOUT[readout]
    problems = [
        Problem(
            file=place,
            what=f"'{word}' is no stain of {readout}",
            expected=" or ".join(f"{stain}=..." for stain in stains),
            hint=nearest_word(word, stains),
        )
        for word in words
        if find_stain(word) not in stains
    ]
    if problems:
        raise InputError(problems)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    raise InputError(Problem(file="--threshold", what=f"'{text}' is no number", expected="STAIN=VALUE"))


def _pairs(words: Sequence[str], place: str) -> list[tuple[str, str]]:
    problems = [
        Problem(file=place, what=f"'{word}' has no '='", expected="NAME=VALUE") for word in words if "=" not in word
    ]
    if problems:
        raise InputError(problems)
    return [(left.strip(), right.strip()) for left, _, right in (word.partition("=") for word in words)]


def _write(results: Sequence[SampleResult], asked: dict[str, Any]) -> None:
    from avpi.formats.gatingml_write import write_gatingml
    from avpi.writable import require_writable

    for number, result in enumerate(results, start=1):
        stem = f"{number:02d}-{Path(result.name).stem}"
        if asked["gating_ml"] is not None and result.gating is not None:
            require_writable(asked["gating_ml"])
            asked["gating_ml"].mkdir(parents=True, exist_ok=True)
            write_gatingml(asked["gating_ml"] / f"{stem}.xml", result.gating)
        if asked["figures"] is not None:
            from avpi.report.drawing import style
            from avpi.report.figures_flow import draw_sample

            require_writable(asked["figures"])
            asked["figures"].mkdir(parents=True, exist_ok=True)
            with style():
                for drawing in draw_sample(result, stem):
                    (asked["figures"] / f"{drawing.name}.svg").write_text(drawing.svg, "utf-8")
                    (asked["figures"] / f"{drawing.name}.pdf").write_bytes(drawing.pdf)

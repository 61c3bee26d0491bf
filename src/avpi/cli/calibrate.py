"""``avpi calibrate``: parameters within their ranges against the published findings, and the sixteen variants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.facts import chosen_facts
from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.simulation_request import read_seed
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.facts.schema import FactsFile
    from avpi.facts.simulator import Simulator
    from avpi.network.variants import Variant

POSITIVE = click.IntRange(min=1)
FEWEST_PARTICLES = 4
"""The ends of a 90 % interval of fewer would be the particles themselves."""


@click.command(
    cls=HouseCommand,
    short_help="Fit the pathway's parameters to the published findings.",
    examples=(
        ("avpi calibrate --out fit --topic iap_loss", "begin, or continue"),
        ("avpi calibrate --variants --best-of fit", "the 16 variants with it"),
    ),
)
@option("--topic", metavar="T", multiple=True, section="Input", help="Only facts of this topic; may be repeated.")
@option("--fact", "ids", metavar="ID", multiple=True, section="Input", help="Only this fact; may be repeated.")
@option("--panels", is_flag=True, section="Input", help="Also facts on panels of lines, which take long.")
@option("--parameter", metavar="NAME", multiple=True, section="Analysis", help="Calibrate this one; may be repeated.")
@option("--all", "every", is_flag=True, section="Analysis", help="Calibrate every parameter with a range.")
@option("--variant", metavar="MARKS", default="", section="Analysis", help="In another variant, such as 'A20- leak+'.")
@option("--variants", "compare", is_flag=True, section="Analysis", help="Calibrate nothing; compare the variants.")
@option("--best-of", metavar="FOLDER", type=NamedPath(), section="Analysis",
        help="With --variants: the best parameters of a calibration.")  # fmt: skip
@option("--particles", metavar="N", type=click.IntRange(min=FEWEST_PARTICLES), default=50, section="Analysis",
        help="Models a generation; else 50.")  # fmt: skip
@option("--generations", metavar="N", type=POSITIVE, default=5, section="Analysis", help="How many; else 5.")
@option("--cells", metavar="N", type=POSITIVE, default=40, section="Analysis", help="Cells of a line; else 40.")
@option("--seed", metavar="N", type=click.IntRange(min=0), default=1, section="Analysis",
        help="Equal seeds give equal results; else 1.")  # fmt: skip
@option("--threads", metavar="N", type=POSITIVE, section="Analysis", help="Of this machine; all by default.")
@option("--out", metavar="FOLDER", type=NamedPath(), section="Output",
        help="Keep everything here, and continue from it.")  # fmt: skip
@talking()
def calibrate(*, as_json: bool, terminal: Terminal, **asked: Any) -> int:
    """Search parameters with which populations of cells reproduce the published findings."""
    from avpi.cli.main import DONE

    read_seed(asked["seed"])
    facts = _facts(asked)
    if asked["out"] is None:
        terminal.say("Nothing is kept: with --out FOLDER a run that is stopped can be continued.")
    if asked["compare"]:
        record, lines = _compare(facts, asked, terminal)
    else:
        record, lines = _calibrate(facts, asked, terminal)
    if as_json:
        terminal.json(record)
    else:
        for line in lines:
            terminal.data(line)
    if asked["out"] is not None:
        terminal.say(f"tables and every simulated model: {asked['out']}")
    return DONE


def _simulator(variant: Variant, values: Mapping[str, float], threads: int | None) -> Simulator:
    """Return the pathway model with some values of its own; imported here because it compiles the model."""
    from avpi.compute.places import Threads
    from avpi.facts.pathway import PathwaySimulator

    return PathwaySimulator(variant, Threads(threads or 0), values)


def _facts(asked: Mapping[str, Any]) -> FactsFile:
    from avpi.calibration.settings import without_panels
    from avpi.facts.read import shipped_facts

    chosen = chosen_facts(shipped_facts(), asked["topic"], asked["ids"])
    if asked["panels"] or asked["ids"]:  # a fact that is asked for by name is wanted, panel or not
        return chosen
    few = without_panels(chosen)
    return replace(chosen, facts=tuple(fact for fact in chosen.facts if fact.id in few))


def _calibrate(facts: FactsFile, asked: Mapping[str, Any], terminal: Terminal) -> tuple[dict[str, Any], list[str]]:
    from avpi.calibration.chosen import choose
    from avpi.calibration.distance import Scored, score
    from avpi.calibration.ledger import Ledger
    from avpi.calibration.records import calibration_record, write_calibration
    from avpi.calibration.sampler import Plan, sample
    from avpi.calibration.settings import calibration_settings
    from avpi.network.variants import read_variant

    if asked["best_of"] is not None:
        raise InputError(Problem(file="--best-of", what="a calibration begins from the shipped parameters",
                                 hint="--best-of goes with --variants"))  # fmt: skip
    free, variant = choose(asked["parameter"], every=asked["every"]), read_variant(asked["variant"], place="--variant")
    cells, seed, particles = asked["cells"], asked["seed"], asked["particles"]
    settings = calibration_settings(free, facts, variant, particles=particles, cells=cells, seed=seed)

    def evaluate(values: Mapping[str, float]) -> Scored:
        return score(facts, _simulator(variant, values, asked["threads"]), cells=cells, seed=seed)

    plan = Plan(particles=particles, generations=asked["generations"], seed=seed)
    found = sample(free, evaluate, plan, Ledger(asked["out"], settings), terminal.progress)
    record = calibration_record(settings, facts, free, found)
    if asked["out"] is not None:
        write_calibration(asked["out"], record)
    return record, calibration_lines(record)


def _compare(facts: FactsFile, asked: Mapping[str, Any], terminal: Terminal) -> tuple[dict[str, Any], list[str]]:
    from avpi.calibration.distance import Scored, score
    from avpi.calibration.ledger import Ledger
    from avpi.calibration.records import variants_record, write_variants
    from avpi.calibration.settings import ensemble_settings
    from avpi.calibration.variants import disagreements, score_variants

    for name, given in (
        ("--parameter", asked["parameter"]),
        ("--all", asked["every"]),
        ("--variant", asked["variant"]),
    ):
        if given:
            raise InputError(Problem(file=name, what="with --variants nothing is calibrated", hint=f"Leave {name} out"))
    values = {} if asked["best_of"] is None else _best_of(asked["best_of"])
    cells, seed = asked["cells"], asked["seed"]
    settings = ensemble_settings(facts, values, cells=cells, seed=seed)

    def evaluate(variant: Variant, own: Mapping[str, float]) -> Scored:
        return score(facts, _simulator(variant, own, asked["threads"]), cells=cells, seed=seed)

    scores = score_variants(facts, values, evaluate, Ledger(asked["out"], settings), terminal.progress)
    record = variants_record(settings, facts, scores, disagreements(facts, scores))
    if asked["out"] is not None:
        write_variants(asked["out"], record)
    return record, variant_lines(record)


def _best_of(folder: Path) -> dict[str, float]:
    from avpi.calibration.records import POSTERIOR

    try:
        return dict(json.loads((folder / POSTERIOR).read_text("utf-8"))["best"]["values"])
    except (OSError, ValueError, KeyError, TypeError):
        what = f"'{folder}' holds no finished calibration"
        raise InputError(Problem(file="--best-of", what=what, expected=f"a folder with {POSTERIOR}")) from None


def calibration_lines(record: Mapping[str, Any]) -> list[str]:
    """Return a calibration as a person reads it: parameters, facts by topic, distance."""
    rows = [("parameter", "unit", "shipped", "prior", "median", "90 % interval", "width", "best", "moved")]
    for one in record["parameters"]:
        prior, interval = (
            f"{one[a]:.3g} to {one[b]:.3g}" for a, b in (("prior_low", "prior_high"), ("low_90", "high_90"))
        )
        middle = f"{one['median']:.3g}", interval, f"{one['width_ratio']:.2f}", f"{one['best']:.3g}"
        rows.append(
            (one["name"], one["unit"], f"{one['shipped']:.3g}", prior, *middle, "yes" if one["moved"] else "no")
        )
    topics = [("topic", "facts", "shipped", "best")]
    topics += [tuple(str(t[k]) for k in ("topic", "facts", "passed_shipped", "passed_best")) for t in record["topics"]]  # type: ignore[misc]
    best, size = record["best"], record["effective_sample_size"]
    which = f"particle {best['number'] + 1} of generation {best['generation'] + 1}"
    if not best["generation"] and not best["number"]:
        which = "the shipped parameters"
    return [
        *_table(rows), "", *_table(topics), "",
        f"Distance from the facts: shipped {record['shipped']['distance']:.4f}, best {best['distance']:.4f} ({which}).",
        f"The posterior is worth {size:.1f} independent particles.",
    ]  # fmt: skip


def variant_lines(record: Mapping[str, Any]) -> list[str]:
    """Return a comparison of variants as a person reads it: facts by topic, then where variants disagree."""
    variants, differing = record["variants"], record["disagreements"]
    topics = list(variants[0]["passed_by_topic"])
    rows = [("variant", *topics, f"all {variants[0]['facts']}", "distance")]
    for one in variants:
        counts = (str(one["passed_by_topic"][topic]) for topic in topics)
        rows.append((one["label"], *counts, str(one["passed"]), f"{one['distance']:.4f}"))
    if not differing:
        return [*_table(rows), "", "The variants agree in every fact."]
    facts = [("fact", "topic", "holds in", "only with", "depends on")]
    for one in differing:
        with_, on = (", ".join(one[key]) or "-" for key in ("only_with", "depends_on"))
        facts.append((one["id"], one["topic"], f"{len(one['passes_in'])} of {len(variants)}", with_, on))
    return [*_table(rows), "", "Where variants disagree:", *_table(facts)]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]

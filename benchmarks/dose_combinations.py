"""Two compounds and growing cells: synergy against synergyfinder and the package synergy, GR against GRmetrics."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict

import numpy as np

from avpi.dose.fit_shape import fit_shape
from avpi.dose.growth_rate import growth_rate_inhibition
from avpi.dose.growth_rate_fit import GR_CURVE, boxes_of_gr
from avpi.dose.synergy.combination import Combination, read_combination
from avpi.dose.synergy.estimate_synergy import SynergyScores, score_synergy
from avpi.dose.synergy.musyc_fit import MusycFit, fit_musyc
from avpi.dose.synergy.musyc_surface import musyc_response
from benchmarks.dose_curves import Floats, stream
from benchmarks.dose_minima import AS_GOOD
from benchmarks.dose_peers import run_peer
from benchmarks.dose_references import STOPPED_EARLY, read_rows
from benchmarks.dose_rows import SHARED, Asked, Row, alternating, digits, median_ratio, missing, row, seconds_of
from benchmarks.dose_rows import unmeasured as not_measured

HALF_A_POINT, FARTHER = 0.5, 1.001
GR_KEYS = ("cell_line", "agent", "perturbation", "replicate", "time")
MUSYC_SURFACES, MUSYC_NOISE, ROUNDS = 40, 1e-4, 3
WITHIN, MUSYC_RACED = 0.02, 8
MATRIX_DOSES, MATRIX_WELLS, MATRIX_NOISE = np.concatenate([[0.0], np.geomspace(0.05, 20.0, 5)]), 3, 0.03
"""As labs have them: six by six doses, three wells of each."""
MUSYC_DOSES = np.concatenate([[0.0], np.geomspace(0.02, 50.0, 9)])
OVER_SYNERGY = 100

SYNERGY = """
import json, sys, time
import numpy as np
from synergy.combination import MuSyC
given = np.load(sys.argv[1])
a, b, y = given["a"], given["b"], given["y"]
def work(effects):
    model = MuSyC()
    model.fit(a, b, effects)
    return float(np.sum((model.E(a, b) - effects) ** 2)) if model.is_converged else float("nan")
work(y[0])
begun = time.perf_counter()
found = [work(one) for one in y]
seconds = time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "rss": [rss if rss == rss else None for rss in found]}))
"""


def gr(_: Asked) -> list[Row]:
    """GR values and GR50 of GRmetrics' toy input, the latter where both fits stand at the same minimum."""
    folder = SHARED / "gr"
    paths = [folder / "INPUT" / "toy_example_input1.tsv"]
    paths += [folder / "OUTPUT" / f"R_input1_{name}.tsv" for name in ("GRvalues", "GRmetrics")]
    if absent := missing("GR", "1e-6 and 1e-3", *paths):
        return absent
    given, values, metrics = (read_rows(path) for path in paths)
    counts = [
        np.array([float(one[name]) for one in given])
        for name in ("cell_count", "cell_count__ctrl", "cell_count__time0")
    ]
    ours = growth_rate_inhibition(*counts).values
    apart = float(np.abs(ours - np.array([float(one["GR"]) for one in values])).max())
    curves: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, one in enumerate(given):
        curves[tuple(one[key] for key in GR_KEYS)].append(number)
    theirs = {tuple(one[key] for key in GR_KEYS): one for one in metrics}
    gr50s, above, same = [], [], 0
    for key, at in curves.items():
        molar, y = 1e-6 * np.array([float(given[i]["concentration"]) for i in at]), ours[at]
        fit, known = fit_shape(GR_CURVE, molar, y, boxes=boxes_of_gr(molar), control=1.0), theirs[key]
        their_rss = (1 - float(known["r2"])) * float(np.sum((y - y.mean()) ** 2))
        above.append(fit.rss / their_rss - 1)
        if known["fit"] == "sigmoid" and abs(above[-1]) <= STOPPED_EARLY and np.isfinite(float(known["GR50"])):
            same += 1
            gr50s.append(abs(fit.absolute_ec50_molar * 1e6 / float(known["GR50"]) - 1))
    return [
        row(f"GR, {len(ours)} values apart at most", digits(apart), "<= 1e-6", met=apart <= 1e-6),
        row(f"GR, RSS above GRmetrics' of {len(curves)} curves, relative, at most", digits(max(above))),
        row(f"GR50 apart, relative, at most ({same} curves of equal RSS)", digits(max(gr50s)), "<= 1e-3",
            met=max(gr50s) <= 1e-3),
    ]  # fmt: skip


def synergy(_: Asked) -> list[Row]:
    """Bliss, HSA and ZIP of synergyfinder's example; where ZIP differs, whose curves lie closer to the wells."""
    folder = SHARED / "synergy"
    files = [folder / f"mathews_{name}.csv" for name in ("screening_data", "synergyfinder_scores")]
    if absent := missing("synergyfinder", "1e-9 and 0.5 point", *files):
        return absent
    wells, reference = (read_rows(path) for path in files)
    rows = []
    for block in ("1", "2"):
        rows += _block(block, [one for one in wells if one["block_id"] == block], reference)
    return rows


def _block(block: str, wells: list[dict[str, str]], reference: list[dict[str, str]]) -> list[Row]:
    a, b, left = ([float(one[name]) for one in wells] for name in ("conc_r", "conc_c", "response"))
    pair = read_combination(a, b, left, units=("nM", "nM"), response="viability", scale="percent")
    scores = score_synergy(pair, draws=2)
    at = {(float(one["conc1"]), float(one["conc2"])): one for one in reference if one["block_id"] == block}
    own = [at[one] for one in zip(scores.doses_a, scores.doses_b, strict=True)]
    rows = []
    for model, name in (("bliss", "Bliss"), ("hsa", "HSA")):
        theirs = np.array([float(one[f"{name}_synergy"]) for one in own])
        apart = float(np.abs(100 * np.asarray(scores.of(model).scores) - theirs).max())  # type: ignore[arg-type]
        rows.append(row(f"{name}, matrix {block}: {theirs.size} scores apart at most, points", digits(apart), "<= 1e-9",
                        met=apart <= 1e-9))  # fmt: skip
    return [*rows, *_zip(block, pair, scores, own)]


def _zip(block: str, pair: Combination, scores: SynergyScores, own: list[dict[str, str]]) -> list[Row]:
    """Compare the fitted surfaces, column by column: a column of synergyfinder's that lies farther off explains it."""
    found, curves = scores.of("zip"), scores.curves
    assert curves is not None
    assert curves.surface is not None
    shape = (pair.levels_a.size - 1, pair.levels_b.size - 1)
    fitted = np.array([float(one["ZIP_fit"]) for one in own]).reshape(shape)
    apart = np.abs(100 * found.observed.reshape(shape) - fitted)
    through_rows = curves.surface.over_b.effects(pair.levels_b)[:, 1:]
    theirs = np.sum((2 * fitted / 100 - through_rows - pair.matrix()[1:, 1:]) ** 2, axis=0)
    differs = (apart > HALF_A_POINT).any(axis=0)
    explained = theirs > FARTHER * curves.surface.over_a.rss
    agreeing = float(apart[:, ~differs].max()) if (~differs).any() else 0.0
    ratios = ", ".join(f"{one:.3g}" for one in (theirs / curves.surface.over_a.rss)[differs])
    goal = "every difference by a higher RSS of theirs"
    expected = np.abs(100 * found.expected.reshape(shape) - np.array([float(o["ZIP_ref"]) for o in own]).reshape(shape))
    alone = pair.matrix()[:, 0]
    flat = float(np.sum((alone - alone.mean()) ** 2)) / float(curves.alone_a.rss[0])
    return [
        row(f"ZIP, matrix {block}: fitted surface apart at most in the {int((~differs).sum())} of {differs.size} "
            "columns where both converge, points", digits(agreeing), "<= 0.5", met=agreeing <= HALF_A_POINT),
        row(f"ZIP, matrix {block}: columns that differ and are not explained (RSS, theirs over ours: {ratios or '-'})",
            int((differs & ~explained).sum()), goal, met=not (differs & ~explained).any()),
        row(f"ZIP, matrix {block}: expected surface apart at most, points (a flat line through compound A alone has "
            f"{flat:.3g} times the RSS of our curve)", digits(float(expected.max()))),
    ]  # fmt: skip


def musyc(asked: Asked) -> list[Row]:
    """Made surfaces: parameters back where there is hardly any noise, and speed beside the package synergy."""
    number = asked.few(MUSYC_SURFACES, 3)
    truths = _musyc_truths(number)
    a, b = _grid(MUSYC_DOSES, 1)
    exact = np.array([musyc_response(a, b, truth) for truth in truths])
    y = exact + MUSYC_NOISE * stream(22).standard_normal(exact.shape)
    fits = [_full(a, b, one) for one in y]
    apart = np.array([np.abs(fit.parameters / truth - 1).max() for fit, truth in zip(fits, truths, strict=True)])
    good = 100 * float((apart <= WITHIN).mean())
    what = f"MuSyC, all 12 parameters within 2 % of the truth, % of {number} surfaces"
    rows = [
        row(
            f"{what}, 10 x 10 doses, noise {MUSYC_NOISE:g} (worst {100 * apart.max():.2g} %)",
            digits(good),
            "100",
            met=good == 100,
        )
    ]
    few = min(number, MUSYC_RACED)
    rows += _race(asked, f"10 x 10 doses, noise {MUSYC_NOISE:g}", a, b, y[:few])
    a, b = _grid(MATRIX_DOSES, MATRIX_WELLS)
    exact = np.array([musyc_response(a, b, truth) for truth in truths[:few]])
    matrix = f"6 x 6 doses x {MATRIX_WELLS}, noise {MATRIX_NOISE:g}"
    return rows + _race(asked, matrix, a, b, exact + MATRIX_NOISE * stream(23).standard_normal(exact.shape))


def _grid(doses: Floats, wells: int) -> tuple[Floats, Floats]:
    a, b = np.meshgrid(doses, doses, indexing="ij")
    return np.tile(a.ravel(), wells), np.tile(b.ravel(), wells)


def _full(a: Floats, b: Floats, y: Floats) -> MusycFit:
    pair = read_combination(a, b, y, response="viability", scale="fraction")
    return fit_musyc(pair, model="full", response="viability")


def _race(asked: Asked, name: str, a: Floats, b: Floats, y: Floats) -> list[Row]:
    """Fit the same surfaces with both programs in turn, all twelve parameters, on one core."""
    goal, number = f">= {OVER_SYNERGY}", len(y)
    if not asked.synergy:
        return [not_measured(f"MuSyC over the package synergy, {name}", goal, "no Python with synergy was given")]
    fits = [_full(a, b, one) for one in y]
    answer = run_peer(asked.synergy, SYNERGY, a=a, b=b, y=y)
    fast, slow = alternating(
        [
            lambda: seconds_of(lambda: [_full(a, b, one) for one in y]) / number,
            lambda: float(run_peer(asked.synergy, SYNERGY, a=a, b=b, y=y)["seconds"]) / number,
        ],
        ROUNDS,
    )
    ratio, own = median_ratio(slow, fast), np.array([fit.rss for fit in fits])
    theirs = np.array([math.nan if one is None else one for one in answer["rss"]], float)
    told = f"{1000 * statistics.median(slow):.0f} ms against {1000 * statistics.median(fast):.2f} ms, one core each"
    as_good = int((theirs <= (1 + AS_GOOD) * own).sum())
    above = float(np.nanmax(own / theirs - 1)) if np.isfinite(theirs).any() else math.nan
    return [
        row(f"MuSyC over the package synergy, {name} ({told})", digits(ratio), goal, met=ratio >= OVER_SYNERGY),
        row(f"MuSyC, {name}: RSS above the package's, relative, at most (its own is as low in {as_good} of {number})",
            digits(above), "<= 0.001", met=not above > AS_GOOD),
    ]  # fmt: skip


def _musyc_truths(number: int) -> Floats:
    """Return parameters (surfaces, 12) whose four states the doses all reach, so that they can be found at all."""
    random = stream(21)
    found = []
    for _ in range(number):
        effects = [1.0, random.uniform(0.35, 0.7), random.uniform(0.25, 0.7), random.uniform(0.03, 0.2)]
        slopes, middles = random.uniform(0.8, 1.8, 2), np.exp(random.uniform(-0.7, 0.7, 2))
        alphas, gammas = np.exp(random.uniform(-1.1, 1.1, 2)), np.exp(random.uniform(-0.3, 0.3, 2))
        found.append([*effects, *slopes, *middles, *alphas, *gammas])
    return np.array(found)

"""The curve fitter against published answers: NIST, R's drc and drda, lme4. References are read beside the checkout."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.dose.nist_models import FORMULAS, correct_digits, read_nist
from tests.dose.test_drc_reference import herbicides, likeliest

from avpi.dose.fit_shape import fit_shape
from avpi.dose.least_squares import fit_least_squares
from avpi.dose.shapes import (
    BRAIN_COUSENS,
    FIVE_PARAMETERS,
    FOUR_PARAMETERS,
    LOG_NORMAL,
    WEIBULL_1,
    WEIBULL_2,
    Shape,
)
from avpi.replication.contrasts import contrast
from avpi.replication.mixed_model import MixedModel, fit_mixed_model
from avpi.replication.random_terms import RandomTerm
from benchmarks.dose_curves import LN10, Floats
from benchmarks.dose_rows import SHARED, Asked, Row, digits, missing, row

DRC_SHAPES = {
    "LL.3": FOUR_PARAMETERS.hold(bottom=0.0), "LL.4": FOUR_PARAMETERS, "LL.5": FIVE_PARAMETERS,
    "W1.4": WEIBULL_1, "W2.4": WEIBULL_2, "LN.4": LOG_NORMAL,
    "BC.4": BRAIN_COUSENS.hold(bottom=0.0), "BC.5": BRAIN_COUSENS,
}  # fmt: skip
NOT_WORSE = 1e-6
STOPPED_EARLY = 1e-8
"""Relative difference of two residual sums of squares from which on the higher one's program had not arrived: where the
EC50's standard error is as large as the EC50, a millionth of the sum is already a thousandth of the EC50."""


def nist(_: Asked) -> list[Row]:
    """The sets of NIST's StRD that are beside the checkout, from both starts."""
    folder = SHARED / "nist"
    if absent := missing("NIST StRD", ">= 8 and >= 7 digits", folder):
        return absent
    found: dict[str, list[tuple[float, str]]] = {"parameters": [], "standard errors": []}
    converged = []
    for path in sorted(folder.glob("*.dat")):
        known = read_nist(path)
        for start in (0, 1):
            fit = fit_least_squares(FORMULAS[path.stem], known.x, known.y, known.starts[start])
            name = f"{path.stem}, start {start + 1}"
            found["parameters"].append((correct_digits(fit.parameters, known.parameters), name))
            found["standard errors"].append((correct_digits(fit.standard_errors, known.standard_errors), name))
            converged.append(fit.converged)
    rows = []
    for kind, least in (("parameters", 8), ("standard errors", 7)):
        worst, name = min(found[kind])
        what = f"NIST StRD, fewest digits of {kind} ({len(converged) // 2} sets, both starts; {name})"
        rows.append(row(what, round(worst, 1), f">= {least}", met=worst >= least))
    rows.append(row("NIST StRD, fits that converged", sum(converged), f"{len(converged)}", met=all(converged)))
    return rows


def drc(_: Asked) -> list[Row]:
    """R drc's fits of single curves: residual sums, and where these are equal EC50 and its standard error."""
    folder = SHARED / "drc"
    if absent := missing("drc sets", "RSS <= drc's (1 + 1e-6)", folder / "drc_reference.json"):
        return absent
    references = json.loads((folder / "drc_reference.json").read_text())
    over, ec50s, errors, lower = [], [], [], []
    for name, theirs in references.items():
        call = re.fullmatch(r"drm\(([\w.]+) ~ (\w+), data = ([\w.]+), fct = (\w+\.\d)\(\)\)", theirs["call"].strip())
        if call is None or call[4] not in DRC_SHAPES:
            continue
        data = pd.read_csv(folder / f"{call[3]}.csv")
        fit = fit_shape(DRC_SHAPES[call[4]], data[call[2]].to_numpy(float), data[call[1]].to_numpy(float))
        above = fit.rss / theirs["rss"] - 1
        over.append((above, name))
        if above < -STOPPED_EARLY:
            lower.append(f"{name} by {-above:.1e}")
            continue
        half = next(one for one in theirs["ED"] if one["id"].endswith(":50"))
        ec50s.append((abs(fit.relative_ec50_molar / half["Estimate"] - 1), name))
        error = fit.relative_ec50_molar * LN10 * fit.log10_relative_ec50_observed_error
        by_tangent = fit.relative_ec50_molar * LN10 * fit.log10_relative_ec50_error
        errors.append((abs(error / half["Std. Error"] - 1), abs(by_tangent / half["Std. Error"] - 1), name))
    worst, far, odd = max(over), max(ec50s), max(errors)
    tangent = max(errors, key=lambda one: one[1])
    return [
        row(f"drc, RSS above drc's, relative ({len(over)} curves; worst {worst[1]})", digits(worst[0]), "<= 1e-6",
            met=worst[0] <= NOT_WORSE),
        row(f"drc, EC50 apart where RSS is equal ({len(ec50s)} curves; worst {far[1]})", digits(far[0]), "< 1e-3",
            met=far[0] < 1e-3),
        row(f"drc, SE by observed information, as drc has it, apart (worst {odd[2]})", digits(odd[0]), "< 0.01",
            met=odd[0] < 0.01),
        row(f"drc, SE by expected information, apart (worst {tangent[2]})", digits(tangent[1])),
        row(f"drc, curves where ours is lower: {', '.join(lower) or 'none'}", len(lower)),
    ]  # fmt: skip


def drc_families(_: Asked) -> list[Row]:
    """drc's fits of several curves at once, and of shares of animals (by likelihood, weights made anew)."""
    folder, goal = SHARED / "drc", "<= 1e-6"
    if absent := missing("drc, several curves", goal, folder / "drc_reference.json"):
        return absent
    references = json.loads((folder / "drc_reference.json").read_text())
    data = pd.read_csv(folder / "S.alba.csv")
    dose, y = (data[name].to_numpy(float) for name in ("Dose", "DryMatter"))
    second = (data["Herbicide"] == "Bentazone").to_numpy()
    apart = sum(fit_shape(FOUR_PARAMETERS, dose[of], y[of]).rss for of in (second, ~second))

    def shared_plateaus(x: Any, p: Any) -> Any:
        return np.where(second, herbicides(x, p[0], p[1], p[3], p[5]), herbicides(x, p[0], p[1], p[2], p[4]))

    together = fit_least_squares(shared_plateaus, dose, y, [0.7, 3.8, 2.5, 5, 60, 30]).rss
    rows = []
    for name, rss in (("S.alba.LL4", apart), ("S.alba.LL4.common_cd", together)):
        above = rss / references[name]["rss"] - 1
        rows.append(row(f"drc, {name}, RSS above drc's, relative", digits(above), goal, met=above <= NOT_WORSE))
    for name, start in (("finney71.LL2", [-2.0, 5.0]), ("earthworms.LL3", [1.0, 0.3, 0.6])):
        below = _likelihood_below(folder, name, start, references[name]["coef"])
        rows.append(row(f"drc, {name}, log-likelihood below drc's", digits(below), goal, met=below <= NOT_WORSE))
    return rows


def _likelihood_below(folder: Path, name: str, start: list[float], theirs: dict[str, float]) -> float:
    data = pd.read_csv(folder / f"{name.split('.')[0]}.csv")
    dead = "affected" if "affected" in data else "number"
    x, total = data["dose"].to_numpy(float), data["total"].to_numpy(float)
    share = data[dead].to_numpy(float) / total

    def model(x: Any, p: Any) -> Any:
        return herbicides(x, 0.0, p[2] if len(start) == 3 else 1.0, p[0], p[1])

    def log_likelihood(p: Any) -> float:
        mean = np.clip(model(x, p), 1e-12, 1 - 1e-12)
        return float(np.sum(total * (share * np.log(mean) + (1 - share) * np.log1p(-mean))))

    ours = likeliest(model, x, share, total, start).parameters
    return log_likelihood([theirs[f"{letter}:(Intercept)"] for letter in "bed"[: len(start)]]) - log_likelihood(ours)


def drda_fit(reference: dict[str, Any], x: Floats, y: Floats, w: Floats) -> tuple[Shape, Floats, Floats, Floats]:
    """Return what ``fit_shape`` gets for a fit of drda's: shape, doses, responses and weights.

    drda's logistic is alpha + delta / (1 + exp(-eta (x - phi))); its log-logistic has (x / phi)^eta instead. Where it
    has two parameters alpha and delta are given; where it has equalities these are, and with two parameters eta too.
    A logistic of x becomes one of dose = 10^(x / 10), so that x from -100 to 100 stays within what a dose can be.
    """
    theta = reference["theta"]
    logistic = "_logistic" in reference["file"]
    if reference["w"].startswith("rep"):
        w = np.ones_like(w)
    equalities = re.search(r"(?<!in)equalities", reference["test"]) is not None
    shape, two = FOUR_PARAMETERS, "2.R" in reference["file"]
    if two or equalities:
        shape = shape.hold(top=theta["alpha"], bottom=theta["alpha"] + theta["delta"])
    if two and equalities:
        held = dict(shape.held)
        shape = shape.hold(**held, hill_slope=theta["eta"] * (10 / LN10 if logistic else 1))
    used = w > 0
    return shape, (10 ** (x / 10) if logistic else x)[used], y[used], w[used]


def drda(asked: Asked) -> list[Row]:
    """The fits of drda's own tests, weighted ones and ones with given parameters too."""
    references, goal = SHARED / "drda" / "drda_reference.json", "<= 1e-9"
    files = {name: asked.drda / f"{name}.csv" for name in ("ltd", "lltd")}
    if absent := missing("drda, RSS above drda's", goal, references, *files.values()):
        return absent
    columns = {name: np.loadtxt(path, delimiter=",", skiprows=1).T for name, path in files.items()}
    over = []
    for theirs in json.loads(references.read_text()):
        shape, doses, y, w = drda_fit(theirs, *columns[theirs["x"].split("$")[0]])
        fit = fit_shape(shape, doses, y, w)
        over.append((fit.rss / theirs["rss"] - 1, f"{theirs['file']} {theirs['test']}"))
    worst = max(over)
    apart = max(abs(above) for above, _ in over)
    return [
        row(f"drda, RSS above drda's, relative ({len(over)} fits; worst {worst[1]})", digits(worst[0]), goal,
            met=worst[0] <= 1e-9),
        row("drda, RSS apart at most, relative", digits(apart)),
    ]  # fmt: skip


def _models(folder: Path) -> dict[str, MixedModel]:
    sleep, dye = pd.read_csv(folder / "lme4_sleepstudy.csv"), pd.read_csv(folder / "lme4_Dyestuff.csv")
    design, names = np.column_stack([np.ones(len(sleep)), sleep["Days"]]), ("(Intercept)", "Days")
    subjects = RandomTerm(name="Subject", groups=sleep["Subject"].tolist(), columns=design, column_names=names)
    batches = RandomTerm(name="Batch", groups=dye["Batch"].tolist())
    return {
        "sleepstudy": fit_mixed_model(sleep["Reaction"].to_numpy(), design, [subjects], names=names),
        "Dyestuff": fit_mixed_model(dye["Yield"].to_numpy(), np.ones(len(dye)), [batches], names=names[:1]),
    }


def lme4(_: Asked) -> list[Row]:
    """Variance components of lme4, degrees of freedom of lmerTest and pbkrtest."""
    folder = SHARED / "stats"
    if absent := missing("lme4", "1e-5 and 1e-3", folder / "stats_reference.json"):
        return absent
    references, variances, dfs = json.loads((folder / "stats_reference.json").read_text()), [], []
    for name, model in _models(folder).items():
        effects = model.random_effects[0]
        found = [*effects.sd, *([effects.correlation[0, 1]] if len(effects.sd) > 1 else []), model.residual_sd]
        theirs = [part["sdcor"] for part in references[name]["varcomp"]]
        variances += [abs(a / b - 1) for a, b in zip(found, theirs, strict=True)]
        for method in ("satterthwaite", "kenward_roger"):
            for one in references[name][method]:
                ours = contrast(model, {one["term"]: 1.0}, df="satterthwaite" if method[0] == "s" else "kenward_roger")
                dfs.append(abs(ours.df / one["df"] - 1))
    return [
        row(f"lme4, {len(variances)} standard deviations and correlations apart, relative, at most",
            digits(max(variances)), "< 1e-5", met=max(variances) < 1e-5),
        row(f"lmerTest and pbkrtest, {len(dfs)} degrees of freedom apart, relative, at most", digits(max(dfs)),
            "< 1e-3", met=max(dfs) < 1e-3),
    ]  # fmt: skip


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))

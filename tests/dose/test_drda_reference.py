"""Logistic fits against R's drda: two and four parameters, weighted, with parameters given.

drda's logistic is alpha + delta / (1 + exp(-eta (x - phi))) on any x, its log-logistic has (x / phi)^eta on doses. The
data of its tests are read from ``ltd.csv`` and ``lltd.csv`` (columns x, y, w) beside the reference, where they are.
"""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.shapes import FOUR_PARAMETERS

pytestmark = pytest.mark.shared_data

Floats = NDArray[np.float64]

SCALE = 10.0
"""A logistic of x from -100 to 100 becomes one of dose = 10^(x / 10)."""
SAME = 1e-9


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    found = shared_data / "dose" / "drda"
    if not (found / "drda_reference.json").is_file():
        pytest.skip("the fits of drda are missing: ../shared/data/dose/drda/drda_reference.json")
    return found


@pytest.fixture(scope="module")
def references(folder: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((folder / "drda_reference.json").read_text())
    return loaded


def columns(folder: Path, name: str) -> tuple[Floats, Floats, Floats]:
    path = folder / f"{name}.csv"
    if not path.is_file():
        pytest.skip(f"the data of drda's tests are missing: ../shared/data/dose/drda/{name}.csv")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    x, y, w = (np.array([float(row[column]) for row in rows]) for column in "xyw")
    return x, y, w


def fitted(reference: dict[str, Any], folder: Path) -> ShapeFit:
    x, y, w = columns(folder, reference["x"].split("$")[0])
    theta, logistic = reference["theta"], "_logistic" in reference["file"]
    two = "2.R" in reference["file"]
    equalities = re.search(r"(?<!in)equalities", reference["test"]) is not None
    held: dict[str, float] = {}
    if two or equalities:
        held |= {"top": theta["alpha"], "bottom": theta["alpha"] + theta["delta"]}
    if two and equalities:
        held["hill_slope"] = theta["eta"] * (SCALE / math.log(10) if logistic else 1.0)
    if reference["w"].startswith("rep"):
        w = np.ones_like(w)
    return fit_shape(FOUR_PARAMETERS.hold(**held), 10 ** (x / SCALE) if logistic else x, y, weights=w)


def test_no_fit_of_drda_is_better(references: list[dict[str, Any]], folder: Path) -> None:
    assert len(references) >= 32
    for reference in references:
        fit = fitted(reference, folder)
        name = f"{reference['file']} {reference['test']}"
        assert fit.converged, name
        assert fit.rss <= reference["rss"] * (1 + SAME), name
        # Their sums have 16 digits and are minima: a smaller one of ours would be of another problem
        assert fit.rss >= reference["rss"] * (1 - SAME), name


def test_parameters_are_those_of_drda(references: list[dict[str, Any]], folder: Path) -> None:
    for reference in references:
        fit, theta = fitted(reference, folder), reference["theta"]
        logistic = "_logistic" in reference["file"]
        slope = fit.value("hill_slope") * (math.log(10) / SCALE if logistic else 1.0)
        assert fit.value("top") == pytest.approx(theta["alpha"], rel=1e-6)
        assert fit.value("bottom") == pytest.approx(theta["alpha"] + theta["delta"], rel=1e-6, abs=1e-9)
        assert slope == pytest.approx(theta["eta"], rel=1e-6)
        if "phi" in theta:
            assert SCALE * fit.log10_relative_ec50 == pytest.approx(theta["phi"], rel=1e-5)

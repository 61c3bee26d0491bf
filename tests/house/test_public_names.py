"""The names that a notebook may rely on."""

from __future__ import annotations

import ast

import pytest

import avpi
from tests.house.checkout import SOURCES, tree_of

PUBLIC = [
    "Addition",
    "Advice",
    "AvpiError",
    "BlotImage",
    "Caveat",
    "CellEvents",
    "Cluster",
    "Condition",
    "Dose",
    "Effect",
    "Estimate",
    "Experiment",
    "FailedSection",
    "FileFormatError",
    "Finding",
    "Forcing",
    "InputError",
    "Line",
    "LogNormal",
    "Manifest",
    "Model",
    "NotAnalysed",
    "OurFault",
    "Overrides",
    "Phase",
    "PlateLayout",
    "PlateReading",
    "Problem",
    "Quantity",
    "Reagent",
    "Result",
    "Sampling",
    "Simulated",
    "Study",
    "StudyError",
    "Threads",
    "Trajectories",
    "Variant",
    "Verdict",
    "Well",
    "__version__",
    "bootstrap_experiments",
    "compare_conditions",
    "compare_shapes",
    "contrast",
    "estimate_ec50",
    "estimate_musyc",
    "estimate_over_experiments",
    "estimate_variance",
    "find_line",
    "fit_course",
    "fit_curves",
    "fit_growth_rate",
    "fit_mixed_model",
    "fit_musyc",
    "fit_robustly",
    "fit_shape",
    "fit_table",
    "fit_weighted",
    "flat_p_values",
    "format_molar",
    "grow",
    "growth_rate_inhibition",
    "interaction_contrast",
    "lines",
    "make_study",
    "measure_degradation",
    "measure_loss",
    "parse_quantity",
    "read_blot_image",
    "read_combination",
    "read_condition",
    "read_fcs",
    "read_layout",
    "read_plate_file",
    "read_study",
    "reagents",
    "rescue_over_experiments",
    "run",
    "score_synergy",
    "sensitivities",
    "simulate",
    "simulate_condition",
    "tost_contrast",
    "trimmed_mean",
    "write_results",
]


def test_the_public_names_are_these_and_no_others() -> None:
    assert sorted(avpi.__all__) == PUBLIC
    assert dir(avpi) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(avpi, name) is not None


def test_type_checkers_see_the_same_names() -> None:
    """The imports under TYPE_CHECKING and the lazy ones are written apart; they must not drift."""
    blocks = [node for node in tree_of(SOURCES / "__init__.py").body if isinstance(node, ast.If)]
    seen = {
        alias.asname or alias.name
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen | {"__version__"} == set(PUBLIC)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'quantify_everything'"):
        _ = avpi.quantify_everything

"""What must not matter: the unit and origin of the response, the order of rows, the names of groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.replication.contrasts import contrast, joint_test
from avpi.replication.mixed_model import MixedModel, fit_mixed_model
from avpi.replication.random_terms import RandomTerm
from tests.replication.designs import unbalanced

DATA = unbalanced(rows=40)
MODEL = fit_mixed_model(DATA.response, DATA.design, DATA.terms)


def expect_same(model: MixedModel, *, shift: float = 0.0, scale: float = 1.0) -> None:
    """Compare a model of shift + scale * y with that of y."""
    size = abs(scale)
    expected = scale * MODEL.fixed_effects + [shift, 0, 0, 0]
    assert model.fixed_effects == pytest.approx(expected, rel=1e-6, abs=1e-6 * size)
    assert model.residual_sd == pytest.approx(size * MODEL.residual_sd, rel=1e-6)
    for found, original in zip(model.random_effects, MODEL.random_effects, strict=True):
        assert found.sd == pytest.approx(size * original.sd, rel=1e-5)
        assert found.correlation == pytest.approx(original.correlation, rel=1e-5)
    one, other = contrast(model, [0, 1, 0, 0]), contrast(MODEL, [0, 1, 0, 0])
    assert [one.df, one.p] == pytest.approx([other.df, other.p], rel=1e-5)
    for df in ("kenward_roger", "satterthwaite"):
        joint, original_joint = joint_test(model, np.eye(4)[1:], df=df), joint_test(MODEL, np.eye(4)[1:], df=df)
        assert joint.denominator_df == pytest.approx(original_joint.denominator_df, rel=1e-5)
        assert joint.f == pytest.approx(original_joint.f, rel=1e-5)


@settings(max_examples=12)
@given(
    shift=st.floats(-1e4, 1e4),
    scale=st.floats(1e-3, 1e6) | st.floats(-1e6, -1e-3),
)
def test_unit_and_origin_of_the_response(shift: float, scale: float) -> None:
    model = fit_mixed_model(shift * abs(scale) + scale * DATA.response, DATA.design, DATA.terms)
    expect_same(model, shift=shift * abs(scale), scale=scale)
    assert model.criterion == pytest.approx(MODEL.criterion + 36 * np.log(scale**2), rel=1e-6)


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6))
def test_order_of_rows_and_names_of_groups(seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(DATA.response.size)
    names = rng.permutation(100)
    terms = []
    for term in DATA.terms:
        groups = [f"group {names[int(str(label))]}" for label in term.groups]
        columns = None if term.columns is None else np.asarray(term.columns)[order]
        terms.append(
            RandomTerm(
                name=term.name, groups=[groups[i] for i in order], columns=columns, column_names=term.column_names
            )
        )
    model = fit_mixed_model(DATA.response[order], DATA.design[order], terms)
    expect_same(model)
    effects = dict(zip(model.random_effects[0].levels, model.random_effects[0].effects, strict=True))
    for label, expected in zip(MODEL.random_effects[0].levels, MODEL.random_effects[0].effects, strict=True):
        assert effects[f"group {names[int(str(label))]}"] == pytest.approx(expected, rel=1e-5, abs=1e-6)

"""exp, ln and powers of vectors, compiled, against those of the standard library."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from llvmlite import ir
from numpy.typing import NDArray

from avpi.solver import vector_math
from avpi.solver.machine import MachineCode, compile_module
from avpi.solver.vector_code import VectorCode

Floats = NDArray[np.float64]

LANES = (1, 2, 4, 8)
UNITS = 4
"""Units in the last place that a result may be off."""
OPERANDS = {"exp": 1, "ln": 1, "power": 2, "slope": 2, "signed_power": 2, "signed_slope": 2}
RNG_SEED = 7
NUMBERS = 4000


@cache
def compiled(lanes: int) -> MachineCode:
    """Return functions of vectors: operands in slots 0 and 1, the result in slot 2."""

    def write(module: ir.Module) -> None:
        for name, operands in OPERANDS.items():
            code = VectorCode(module, name, lanes)
            function = getattr(vector_math, name.removeprefix("signed_"))
            how = {"negative_is_rounding": not name.startswith("signed_")} if operands == 2 else {}
            code.store(function(code, *(code.load(slot) for slot in range(operands)), **how), 2)
            code.finish()

    return compile_module(f"tests of vector_math|{lanes}", write, tuple(OPERANDS))


def computed(name: str, *operands: Floats, lanes: int = 4) -> Floats:
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(compiled(lanes).addresses[name])
    raw = np.zeros(3 * lanes + 8)
    first = (-raw.ctypes.data % 64) // 8
    slots = raw[first : first + 3 * lanes].reshape(3, lanes)
    results = np.empty(operands[0].size)
    for begin in range(0, results.size, lanes):
        part = slice(begin, begin + lanes)
        for slot, operand in zip(slots, operands, strict=False):
            slot[: operand[part].size] = operand[part]
        function(slots.ctypes.data)
        results[part] = slots[2, : results[part].size]
    return results


def units_off(found: Floats, expected: Floats) -> float:
    """Return the largest difference in units of the last place; both must be finite."""
    return float(np.max(np.abs(found - expected) / np.spacing(np.abs(expected))))


def by_standard_library(function: Callable[..., float], *operands: Floats) -> Floats:
    return np.array([function(*numbers) for numbers in zip(*map(np.ndarray.tolist, operands), strict=True)])


def test_exp_is_accurate_from_underflow_to_overflow() -> None:
    random = np.random.default_rng(RNG_SEED)
    x = np.concatenate([random.uniform(-745, 709.78, NUMBERS), random.normal(0, 1, NUMBERS), 10.0 ** -np.arange(300)])
    assert units_off(computed("exp", x), by_standard_library(math.exp, x)) <= UNITS


def test_ln_is_accurate_from_subnormal_numbers_to_the_largest() -> None:
    random = np.random.default_rng(RNG_SEED)
    near_one = 1 + random.normal(0, 1, NUMBERS) * 10.0 ** random.uniform(-15, -1, NUMBERS)
    x = np.concatenate([2.0 ** random.uniform(-1074, 1023.9, NUMBERS), near_one[near_one != 1], [5e-324, 1.7e308]])
    assert units_off(computed("ln", x), by_standard_library(math.log, x)) <= UNITS


@pytest.mark.parametrize("name", ["power", "signed_power"])
def test_a_power_is_off_by_no_more_than_three_times_its_binary_logarithm(name: str) -> None:
    random = np.random.default_rng(RNG_SEED)
    logarithms = random.uniform(-700, 709, NUMBERS)  # of the results
    x = np.exp(np.where(random.random(NUMBERS) < 0.5, random.uniform(-700, 700, NUMBERS), random.normal(0, 1, NUMBERS)))
    n = logarithms / np.log(x)
    found, expected = computed(name, x, n), by_standard_library(math.pow, x, n)
    units = np.abs(found - expected) / np.spacing(expected)
    assert (units <= UNITS + 3 * np.abs(logarithms) / math.log(2)).all()


def test_a_hill_term_is_accurate_to_thirteen_digits() -> None:
    random = np.random.default_rng(RNG_SEED)
    x, n = 10.0 ** random.uniform(-12, 12, NUMBERS), random.uniform(0.3, 8, NUMBERS)
    expected = by_standard_library(math.pow, x, n)
    np.testing.assert_allclose(computed("power", x, n), expected, rtol=1e-13)


def test_a_whole_power_of_a_negative_number_has_its_sign() -> None:
    n = np.arange(-9.0, 10.0)
    expected = by_standard_library(math.pow, np.full(n.size, -1.7), n)
    np.testing.assert_allclose(computed("signed_power", np.full(n.size, -1.7), n), expected, rtol=1e-14)


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("exp", (0.0,), 1.0),
        ("exp", (-0.0,), 1.0),
        ("exp", (INF,), INF),
        ("exp", (-INF,), 0.0),
        ("exp", (NAN,), NAN),
        ("exp", (709.79,), INF),
        ("exp", (1e300,), INF),
        ("exp", (-745.2,), 0.0),
        ("exp", (-745.1,), 5e-324),
        ("exp", (5e-324,), 1.0),
        ("ln", (1.0,), 0.0),
        ("ln", (0.0,), -INF),
        ("ln", (-0.0,), -INF),
        ("ln", (-1.0,), NAN),
        ("ln", (-INF,), NAN),
        ("ln", (INF,), INF),
        ("ln", (NAN,), NAN),
        ("power", (0.0, 0.0), 1.0),
        ("power", (-3.0, 0.0), 1.0),
        ("power", (NAN, 0.0), NAN),
        ("power", (0.0, 2.5), 0.0),
        ("power", (-0.0, 2.5), 0.0),
        ("power", (0.0, -2.5), INF),
        ("power", (-3.0, 2.5), 0.0),
        ("power", (-3.0, -2.5), INF),
        ("power", (-INF, 2.5), 0.0),
        ("power", (1.0, 2.5), 1.0),
        ("power", (4.0, 1.0), 4.0),
        ("power", (INF, 0.5), NAN),  # what is not finite stays not finite
        ("power", (NAN, 1.5), NAN),
        ("power", (2.0, NAN), NAN),
        ("power", (2.0, INF), INF),
        ("power", (2.0, -INF), 0.0),
        ("power", (1e200, 3.0), INF),
        ("power", (1e200, -3.0), 0.0),
        ("power", (5e-324, 1.0), 0.0),
        ("signed_power", (-3.0, 0.0), 1.0),
        ("signed_power", (-3.0, 2.5), NAN),
        ("signed_power", (-0.0, 3.0), 0.0),
        ("signed_power", (-1e200, 3.0), -INF),
        ("signed_power", (-1e200, 2.0), INF),
        ("signed_power", (NAN, 3.0), NAN),
        ("slope", (0.0, -0.5), 0.0),
        ("slope", (-1.0, -0.5), 0.0),
        ("slope", (0.0, 0.0), 1.0),
        ("slope", (0.0, 0.5), 0.0),
        ("slope", (4.0, -0.5), 0.5),
        ("slope", (NAN, -0.5), NAN),
        ("signed_slope", (0.0, -0.5), 0.0),
        ("signed_slope", (-2.0, 3.0), -8.0),
    ],
)
def test_special_values_are_exact(name: str, operands: tuple[float, ...], expected: float) -> None:
    found = computed(name, *(np.array([operand]) for operand in operands))
    np.testing.assert_array_equal(found, [expected])


@pytest.mark.parametrize("name", OPERANDS)
def test_the_bits_are_the_same_at_every_number_of_lanes(name: str) -> None:
    random = np.random.default_rng(RNG_SEED)
    operands = [random.normal(0, 30, 400), random.normal(0, 5, 400)][: OPERANDS[name]]
    one, *others = [computed(name, *operands, lanes=lanes).view(np.uint64) for lanes in LANES]
    for other in others:
        np.testing.assert_array_equal(one, other)

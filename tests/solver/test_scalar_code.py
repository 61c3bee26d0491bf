"""Functions translated to machine code give what the same functions give in Python."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from math import isfinite, isnan
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite import ir
from numpy.typing import NDArray

from avpi.solver.machine import MachineCode, compile_module
from avpi.solver.scalar_code import pack, translate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST, SECOND = 0, 1
HALF = 0.5


@dataclass
class Bench:
    """What the functions under test share: two numbers, two integers, and room for results."""

    a: float
    b: float
    m: int
    n: int
    yes: bool
    width: int
    depth: int
    out: Floats
    count: Ints
    table: Annotated[Floats, "width"]
    block: Annotated[Ints, "width", "depth"]
    kernel: Any = 0


Bench.__dataclass_fields__["kernel"].type = "Kernel"


def arithmetic(run: Bench) -> None:
    """Write what the operators make of floats, of integers and of both."""
    run.out[0] = run.a + run.b * 2 - 1
    run.out[1] = -run.a
    run.out[2] = run.a / run.b if run.b != 0.0 else 0.0
    run.out[3] = run.m / run.n if run.n != 0 else HALF
    run.out[4] = run.m * run.a
    run.count[0] = -run.m * run.n + 3
    run.count[0] -= run.m
    run.out[4] += run.n


def comparisons(run: Bench) -> None:
    """Write 1 for every comparison that holds."""
    run.count[0] = run.a < run.b
    run.count[1] = run.a <= run.b
    run.count[2] = run.a == run.b
    run.count[3] = run.a != run.b
    run.count[4] = run.m > run.n
    run.count[5] = run.m >= run.a
    run.count[6] = not run.yes
    run.out[0] = run.a > run.b


def extremes(run: Bench) -> None:
    """Write minima, maxima and what is no number."""
    run.out[0] = min(run.a, run.b)
    run.out[1] = max(run.a, run.b)
    run.out[2] = min(max(run.a, 0.0), 1.0)
    run.count[0] = max(run.m, run.n)
    run.count[1] = isnan(run.a)
    run.count[2] = isfinite(run.b)
    run.count[3] = isfinite(run.m)


def called(run: Bench, number: float, mark: int) -> bool:
    """Count calls."""
    run.count[mark] += 1
    return number > 0.0


def short_circuits(run: Bench) -> None:
    """Write which sides of 'and' and 'or' were looked at."""
    if called(run, run.a, 0) and called(run, run.b, 1) and called(run, run.m, 2):
        run.out[0] = 1.0
    if called(run, run.a, 3) or called(run, run.b, 4) or not called(run, run.m, 5):
        run.out[1] = 1.0
    run.out[2] = 2.0 if called(run, run.a, 6) and run.yes else 3.0


def loops(run: Bench) -> None:
    """Count in loops whose bounds and counters are changed inside."""
    end = run.n
    for i in range(run.m, end):
        end = 0
        run.count[0] += i
        i = 100
        run.count[1] += i
    for i in range(run.n):
        for j in range(i):
            run.count[2] += i * j
    left = run.n
    while left > 0 and run.count[3] < 7:
        left -= 1
        run.count[3] += 2
    for i in range(3):
        run.count[4] += i
    run.count[5] = i


def returned(run: Bench, number: float) -> float:
    """Return from the middle of a loop."""
    for i in range(10):
        if i > run.n:
            return i
    while number > 1.0:
        number = number * HALF
        if run.yes:
            return number
    return -number


def returns(run: Bench) -> None:
    """Write what is returned."""
    run.out[0] = returned(run, run.a)
    run.out[1] = returned(run, 8)


def nested(run: Bench) -> None:
    """Write into arrays of two and three axes."""
    for i in range(2):
        for j in range(run.width):
            run.table[i, j] = i * 10 + j
            for k in range(run.depth):
                run.block[i, j, k] = run.block[i, j, k] + i * 100 + j * 10 + k
    run.table[SECOND, run.width - 1] += run.table[FIRST, 1]


FUNCTIONS = (arithmetic, comparisons, extremes, called, short_circuits, loops, returned, returns, nested)
CHECKED = (arithmetic, comparisons, extremes, short_circuits, loops, returns, nested)


@cache
def translated() -> MachineCode:
    def write(module: ir.Module) -> None:
        translate(module, Bench, FUNCTIONS)

    names = tuple(function.__name__ for function in CHECKED)
    return compile_module("tests of scalar_code", write, names, optimize=True)


def bench(a: float = 0.0, b: float = 0.0, m: int = 0, n: int = 0, *, yes: bool = False) -> Bench:
    width, depth = 3, 4
    return Bench(
        a=a,
        b=b,
        m=m,
        n=n,
        yes=yes,
        width=width,
        depth=depth,
        out=np.zeros(6),
        count=np.zeros(8, np.int64),
        table=np.zeros((2, width)),
        block=np.ones((2, width, depth), np.int64),
    )


def assert_alike(function: Callable[[Bench], None], given_: Bench) -> None:
    """Run a function in Python and translated, and compare everything that it wrote, to the bit."""
    arrays = ("out", "count", "table", "block")
    python, machine = (replace(given_, **{name: getattr(given_, name).copy() for name in arrays}) for _ in range(2))
    function(python)
    packed = pack(machine)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(translated().addresses[function.__name__])(ctypes.addressof(packed))
    for name in arrays:
        ours, theirs = getattr(machine, name), getattr(python, name)
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(np.signbit(ours), np.signbit(theirs))


any_float = st.one_of(st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf]), st.floats(-1e6, 1e6))
any_int = st.integers(-9, 9)


@pytest.mark.parametrize("function", [function for function in CHECKED if function is not nested])
@settings(deadline=None)
@given(any_float, any_float, any_int, any_int, st.booleans())
def test_a_translated_function_gives_the_same_to_the_bit(
    function: Callable[[Bench], None], a: float, b: float, m: int, n: int, yes: bool
) -> None:
    if function is loops and m >= n:
        n = m + 1  # Python has no i after a loop that never began
    if not math.isfinite(a) and function in (arithmetic, returns):
        a = 1.0  # the sign of nan is nobody's concern, and halving inf has no end
    if math.isnan(b) or (math.isinf(a) and math.isinf(b)):
        b = 1.0
    assert_alike(function, bench(a, b, m, n, yes=yes))


def test_arrays_of_two_and_three_axes_are_written_in_their_order() -> None:
    assert_alike(nested, bench())


@pytest.mark.parametrize(("a", "b"), [(math.nan, 1.0), (1.0, math.nan), (math.nan, math.nan), (0.0, -0.0)])
def test_extremes_are_those_of_python_beside_nan(a: float, b: float) -> None:
    assert_alike(extremes, bench(a, b))


def test_the_length_of_a_loop_is_settled_before_it_begins() -> None:
    assert_alike(loops, bench(m=0, n=5))


def test_a_kernel_is_called_with_its_array() -> None:
    calls: list[int] = []

    def calling(run: Bench) -> None:
        run.kernel(run.out)

    kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(calls.append)
    own = replace(bench(), kernel=ctypes.cast(kernel, ctypes.c_void_p).value)
    code = compile_module("a kernel", lambda module: translate(module, Bench, (calling,)), ("calling",))
    packed = pack(own)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(code.addresses["calling"])(ctypes.addressof(packed))
    assert calls == [own.out.ctypes.data]


def cuts_a_float(run: Bench) -> None:
    number = 1
    number = run.a  # type: ignore[assignment]
    run.out[0] = number


def puts_a_float_among_integers(run: Bench) -> None:
    run.count[0] = run.a


def strides(run: Bench) -> None:
    for i in range(0, 10, 2):
        run.count[0] += i


def compares_twice(run: Bench) -> None:
    run.count[0] = 0.0 < run.a < 1.0


def breaks(run: Bench) -> None:
    while run.yes:
        break


def has_an_otherwise(run: Bench) -> None:
    for i in range(3):
        run.count[0] += i
    else:
        run.count[0] = 0


def divides_whole(run: Bench) -> None:
    run.count[0] = run.m // run.n


@pytest.mark.parametrize(
    "function",
    [cuts_a_float, puts_a_float_among_integers, strides, compares_twice, breaks, has_an_otherwise, divides_whole],
)
def test_what_cannot_be_translated_is_refused_and_not_guessed(function: Callable[[Bench], None]) -> None:
    with pytest.raises((SyntaxError, KeyError)):
        translate(ir.Module(), Bench, (function,))

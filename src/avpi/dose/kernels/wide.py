"""Several float64 side by side in compiled code: arithmetic that the processor does for four curves at once.

numba leaves it to LLVM to find such work in loops, and in a loop as long as a residual's it does not. So the sums of
``logistic`` are written with ``Wide`` numbers, which become LLVM's vectors one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

WIDTH = 4
"""Curves side by side."""
_NUMBERS, _BITS = ir.VectorType(ir.DoubleType(), WIDTH), ir.VectorType(ir.IntType(64), WIDTH)
_FUSED = ("contract",)
"""A product and a sum may be one operation."""
_MAGIC = 6755399441055744.0
"""1.5 x 2^52: added to a small number it leaves the nearest integer in the last bits."""
_LOG2E, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
_SERIES = (
    1 / 6227020800, 1 / 479001600, 1 / 39916800, 1 / 3628800, 1 / 362880, 1 / 40320, 1 / 5040, 1 / 720, 1 / 120,
    1 / 24, 1 / 6, 0.5, 1.0, 1.0,
)  # fmt: skip
"""Of e^r by falling powers of r."""


class Wide:
    """``WIDTH`` numbers of a function that is being compiled."""

    def __init__(self, builder: ir.IRBuilder, value: Any) -> None:
        self.builder, self.value = builder, value

    def __add__(self, other: Wide | float) -> Wide:
        return Wide(self.builder, self.builder.fadd(self.value, self._like(other), flags=_FUSED))

    def __sub__(self, other: Wide | float) -> Wide:
        return Wide(self.builder, self.builder.fsub(self.value, self._like(other), flags=_FUSED))

    def __rsub__(self, other: float) -> Wide:
        return Wide(self.builder, self.builder.fsub(self._like(other), self.value, flags=_FUSED))

    def __mul__(self, other: Wide | float) -> Wide:
        return Wide(self.builder, self.builder.fmul(self.value, self._like(other), flags=_FUSED))

    def __rtruediv__(self, other: float) -> Wide:
        return Wide(self.builder, self.builder.fdiv(self._like(other), self.value))

    def within(self, farthest: float) -> Wide:
        """Return the numbers, cut at ``farthest`` on either side."""
        value = self.value
        for sign, end in (("<", farthest), (">", -farthest)):
            edge = self._like(end)
            value = self.builder.select(self.builder.fcmp_ordered(sign, value, edge), value, edge)
        return Wide(self.builder, value)

    def exponential(self) -> Wide:
        """Return e^v for |v| up to 700: 2^n e^r with |r| < 0.35, e^r by its series to r^13 (1e-17)."""
        whole = self * _LOG2E + _MAGIC
        bits = self.builder.shl(self.builder.bitcast(whole.value, _BITS), ir.Constant(_BITS, [52] * WIDTH))
        bits = self.builder.add(bits, ir.Constant(_BITS, [1023 << 52] * WIDTH))
        power = Wide(self.builder, self.builder.bitcast(bits, _NUMBERS))
        rounded = whole - _MAGIC
        r = (self - rounded * _LN2_HIGH) - rounded * _LN2_LOW
        series = r * _SERIES[0] + _SERIES[1]
        for coefficient in _SERIES[2:]:
            series = series * r + coefficient
        return series * power

    def _like(self, other: Wide | float) -> Any:
        return other.value if isinstance(other, Wide) else ir.Constant(_NUMBERS, [float(other)] * WIDTH)


class Memory:
    """An array of float64, seen from a function that is being compiled."""

    def __init__(self, builder: ir.IRBuilder, pointer: Any) -> None:
        self.builder, self.pointer = builder, pointer

    def load(self, at: Any) -> Wide:
        """Return ``WIDTH`` numbers that stand side by side."""
        return Wide(self.builder, self.builder.load(self._place(at), align=8))

    def store(self, at: Any, value: Wide) -> None:
        """Write ``WIDTH`` numbers side by side."""
        self.builder.store(value.value, self._place(at), align=8)

    def spread(self, at: Any) -> Wide:
        """Return one number, ``WIDTH`` times."""
        return self.gather([at] * WIDTH)

    def gather(self, places: Sequence[Any]) -> Wide:
        """Return numbers from ``WIDTH`` places."""
        value = ir.Constant(_NUMBERS, ir.Undefined)
        for lane, at in enumerate(places):
            number = self.builder.load(self.builder.gep(self.pointer, [at]), align=8)
            value = self.builder.insert_element(value, number, ir.Constant(ir.IntType(32), lane))
        return Wide(self.builder, value)

    def _place(self, at: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.pointer, [at]), _NUMBERS.as_pointer())

"""The sums over doses that residual, gradient and Hessian of four curves follow from, as machine code.

``a`` is the room of four curves: rows of ``WIDTH`` numbers. First p, h, bottom and top, then the fifteen sums, then for
each dose response, weight, h (x - p) ln 10 and sigmoid.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils as _cgutils
from numba.core.typing.templates import signature as _signature
from numba.extending import intrinsic

from avpi.dose.kernels.wide import WIDTH, Memory, Wide

P, H, BOTTOMS, TOPS, SUMS, DOSES = (row * WIDTH for row in (0, 1, 2, 3, 4, 19))
"""Where in the room what stands."""
EACH = 4 * WIDTH
"""Numbers of a dose."""
_Y, _W, _U, _S = (row * WIDTH for row in range(4))
_LEVELS, _SLOPES = range(5), range(5, 15)
LN10 = math.log(10.0)
FARTHEST = 700.0
"""Beyond e^700 a sigmoid is 0 or 1."""
_PLACE = ir.IntType(64)
cgutils: Any = _cgutils
signature_of: Any = _signature


def _levels(_context: Any, x: Any, y: Any, w: Any, a: Any, c0: Any, c1: Any, c2: Any, c3: Any) -> Any:
    return signature_of(types.void, x, y, w, a, c0, c1, c2, c3), _generate_levels


def _slopes(_context: Any, doses: Any, a: Any) -> Any:
    return signature_of(types.void, doses, a), _generate_slopes


sum_levels: Any = intrinsic(_levels)
"""Take responses and weights of the curves c0 to c3 into ``a``, fill h, their sigmoids and the first five sums. Where h
will stand stands ln h."""
sum_slopes: Any = intrinsic(_slopes)
"""Fill the last ten sums; bottoms and tops are in ``a``."""


def _generate_levels(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
    x, y, w, a = (_memory(context, builder, signature, arguments, i) for i in range(4))
    doses = builder.extract_value(_array(context, builder, signature, arguments, 0).shape, 0)
    begins = [builder.mul(row, doses) for row in arguments[4:]]
    p, h = a.load(_place(P)), a.load(_place(H)).exponential()
    a.store(_place(H), h)

    def one_dose(j: Any, at: Callable[[int], Any], add: Callable[[int, Wide], None]) -> None:
        places = [builder.add(begin, j) for begin in begins]
        value, weight = y.gather(places), w.gather(places)
        u = (h * LN10 * (x.spread(j) - p)).within(FARTHEST)
        s = 1.0 / (u.exponential() + 1.0)
        f = 1.0 - s
        for row, numbers in ((_Y, value), (_W, weight), (_U, u), (_S, s)):
            a.store(at(row), numbers)
        wf, ws = weight * f, weight * s
        for i, term in enumerate((wf * f, wf * s, ws * s, wf * value, ws * value)):
            add(i, term)

    _sum_over(builder, doses, a, _LEVELS, one_dose)
    return context.get_dummy_value()


def _generate_slopes(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
    a = _memory(context, builder, signature, arguments, 1)
    hl, bottom, top = a.load(_place(H)) * LN10, a.load(_place(BOTTOMS)), a.load(_place(TOPS))
    span = top - bottom

    def one_dose(_j: Any, at: Callable[[int], Any], add: Callable[[int, Wide], None]) -> None:
        y, w, v, s = (a.load(at(row)) for row in (_Y, _W, _U, _S))
        f = 1.0 - s
        r = y - bottom * f - top * s
        q = s * f
        bend = q * (f - s)  # second derivative of s by u
        sp, minus_sk = q * hl, q * v
        wr, ws = w * r, w * span
        wsp, wsk = ws * sp, ws * minus_sk
        bent = bend * v
        add(5, wr * r)
        add(6, wr * sp)
        add(7, wr * minus_sk)
        add(8, wsp * sp - wr * (bend * hl * hl))
        add(9, wsp * minus_sk + wr * (q - bent) * hl)
        add(10, wsk * minus_sk - wr * (bent - q) * v)
        add(11, wsp * f + wr * sp)
        add(12, wsk * f + wr * minus_sk)
        add(13, wsp * s - wr * sp)
        add(14, wsk * s - wr * minus_sk)

    _sum_over(builder, arguments[0], a, _SLOPES, one_dose)
    return context.get_dummy_value()


def _sum_over(builder: ir.IRBuilder, doses: Any, a: Memory, which: range, one_dose: Callable[..., None]) -> None:
    """Write the loop over doses; the sums stay in registers until its end."""
    zero = ir.Constant(ir.VectorType(ir.DoubleType(), WIDTH), [0.0] * WIDTH)
    sums = {i: cgutils.alloca_once_value(builder, zero) for i in which}

    def add(i: int, term: Wide) -> None:
        builder.store((Wide(builder, builder.load(sums[i])) + term).value, sums[i])

    with cgutils.for_range(builder, doses) as loop:
        begin = builder.add(builder.mul(loop.index, _place(EACH)), _place(DOSES))
        one_dose(loop.index, lambda row: builder.add(begin, _place(row)), add)
    for i in which:
        a.store(_place(SUMS + i * WIDTH), Wide(builder, builder.load(sums[i])))


def _array(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any, i: int) -> Any:
    return cgutils.create_struct_proxy(signature.args[i])(context, builder, arguments[i])


def _memory(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any, i: int) -> Memory:
    return Memory(builder, _array(context, builder, signature, arguments, i).data)


def _place(number: int) -> Any:
    return ir.Constant(_PLACE, number)

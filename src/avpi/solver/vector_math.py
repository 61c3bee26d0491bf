"""exp, ln and powers of vectors, from additions, multiplications and the bits of a double.

The machine's own functions take one number at a time and differ between machines in their last bit. These are written
as classic reductions with a polynomial (Muller 2016, *Elementary Functions*, doi:10.1007/978-1-4899-7983-4, ch. 11):
the same bits everywhere, and all lanes at once. exp and ln are accurate to a few units in the last place. A power is
2^(n log2 x), wrong by up to three times |n log2 x| units: some 10^-14 for a Hill term, nothing beside any tolerance,
for half the price of doing better. Only operations that AVX2 has for four numbers are used.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from llvmlite import ir

from avpi.solver.vector_code import VectorCode

LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # the first 32 bits of ln 2: a multiple below 2^20 is exact
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
ROUNDER = 1.5 * 2.0**52  # adding and subtracting it rounds to the nearest integer
EXP_TERMS = 13  # of the Taylor series on |r| <= ln(2)/2: the first one left out is below 2^-56
LN_TERMS = 10  # of the series in s^2 <= 0.0295: the first one left out is below 2^-55
EXP_LARGEST, EXP_SMALLEST = 709.9, -746.0  # beyond, e^x overflows to inf or vanishes
MANTISSA_BITS, BIAS = 52, 1023
SMALLEST_NORMAL = 2.0**-1022
EXPONENT_LARGEST, EXPONENT_SMALLEST = 1024.0, -1023.0  # of 2 exactly there, the bits are those of inf and of 0
ENDLESS = -1e300  # stands for log2 0: its product with 0 is 0, with anything else beyond the ends

# Interpolated at Chebyshev's points in 60 digits; the largest relative errors are 6e-16 and 3e-16.
EXP2_COEFFICIENTS = (
    0.6931471805599462,
    0.24022650695910075,
    0.05550410866465167,
    0.009618129107618665,
    0.0013333558200794592,
    0.00015403530424776529,
    1.5252672924850737e-05,
    1.3215451633221434e-06,
    1.0205905413765595e-07,
    7.070977866508138e-09,
)
"""(2^r - 1) / r in powers of r on |r| <= 1/2."""
LOG2_COEFFICIENTS = (
    2.885390081777927,
    0.9617966939243345,
    0.5770780172463286,
    0.4121984020482752,
    0.32061638813224547,
    0.2614442493522915,
    0.2429160853987535,
)
"""log2((1 + s) / (1 - s)) / s in powers of s^2 on s^2 <= 0.0295."""


def _bits(number: float) -> int:
    return int.from_bytes(struct.pack("<d", number), "little")


ORIGIN = _bits(math.sqrt(0.5))  # of mantissas
WHOLE = 2.0**MANTISSA_BITS
BITS_OF_WHOLE = _bits(WHOLE)


def exp(code: VectorCode, x: ir.Value) -> ir.Value:
    """Return e^x = 2^k e^r with k the integer nearest to x / ln 2 and r what is left."""
    b = code.build
    inside = code.smaller(code.larger(x, code.number(EXP_SMALLEST)), code.number(EXP_LARGEST))
    k = b.fsub(code.fma(inside, code.number(1 / math.log(2)), code.number(ROUNDER)), code.number(ROUNDER))
    r = code.fma(k, code.number(-LN2_LOW), code.fma(k, code.number(-LN2_HIGH), inside))
    p = _polynomial(code, r, [1 / math.factorial(i) for i in range(EXP_TERMS + 1)])
    # 2^k in two factors: k reaches from -1077 to 1024, beyond what one exponent holds.
    half = b.fsub(code.fma(k, code.number(0.5), code.number(ROUNDER)), code.number(ROUNDER))
    one, rounder = code.number(1), code.number(ROUNDER)
    p = b.fmul(p, _raised(code, one, b.fadd(half, rounder)))
    return b.fmul(p, _raised(code, one, b.fadd(b.fsub(k, half), rounder)))


def ln(code: VectorCode, x: ir.Value) -> ir.Value:
    """Return ln x = e ln 2 + 2 atanh(s), s = (m - 1) / (m + 1), for x = 2^e m."""
    b = code.build
    tiny = b.fcmp_ordered("<", x, code.number(SMALLEST_NORMAL))
    exponent, m = _split(code, b.select(tiny, b.fmul(x, code.number(2.0**54)), x))
    exponent = b.select(tiny, b.fsub(exponent, code.number(54)), exponent)
    s = b.fdiv(b.fsub(m, code.number(1.0)), b.fadd(m, code.number(1.0)))
    square = b.fmul(s, s)
    p = _polynomial(code, square, [2 / (2 * i + 1) for i in range(1, LN_TERMS + 1)])
    tail = code.fma(exponent, code.number(LN2_LOW), b.fmul(b.fmul(p, square), s))
    value = code.fma(exponent, code.number(LN2_HIGH), code.fma(code.number(2), s, tail))
    value = b.select(b.fcmp_ordered("==", x, code.number(0)), code.number(-math.inf), value)
    value = b.select(b.fcmp_unordered("<", x, code.number(0)), code.number(math.nan), value)
    return b.select(b.fcmp_ordered("==", x, code.number(math.inf)), x, value)


def power(code: VectorCode, x: ir.Value, n: ir.Value, *, negative_is_rounding: bool) -> ir.Value:
    """Return x^n.

    A base that cannot be negative may be so by rounding, or inside a step: it counts as 0 then. Any other negative base
    has the power that a whole exponent gives, and nan otherwise. What lies below 2^-1022 counts as 0; 0^0 is 1.
    """
    b = code.build
    base = code.larger(x, code.number(0)) if negative_is_rounding else code.absolute(x)
    exponent, m = _split(code, base)
    s = b.fdiv(b.fsub(m, code.number(1.0)), b.fadd(m, code.number(1.0)))
    logarithm = code.fma(s, _polynomial(code, b.fmul(s, s), LOG2_COEFFICIENTS), exponent)
    logarithm = code.fma(base, code.number(0), logarithm)  # nan stays nan, also where its bits look like a number
    tiny = b.fcmp_ordered("<", base, code.number(SMALLEST_NORMAL))
    y = b.fmul(n, b.select(tiny, code.number(ENDLESS), logarithm))
    y = code.smaller(code.larger(y, code.number(EXPONENT_SMALLEST)), code.number(EXPONENT_LARGEST))
    shifted = b.fadd(y, code.number(ROUNDER))
    p = _polynomial(code, b.fsub(y, b.fsub(shifted, code.number(ROUNDER))), (1.0, *EXP2_COEFFICIENTS))
    value = code.fma(y, code.number(0), _raised(code, p, shifted))
    return value if negative_is_rounding else _with_sign(code, x, n, value)


def slope(code: VectorCode, x: ir.Value, n: ir.Value, *, negative_is_rounding: bool) -> ir.Value:
    """Return x^n as it stands in a derivative: 0 where it would be endless, which is of no use to a step."""
    b = code.build
    nothing = b.fcmp_ordered("<=" if negative_is_rounding else "==", x, code.number(0))
    endless = b.and_(nothing, b.fcmp_ordered("<", n, code.number(0)))
    return b.select(endless, code.number(0), power(code, x, n, negative_is_rounding=negative_is_rounding))


def _with_sign(code: VectorCode, x: ir.Value, n: ir.Value, value: ir.Value) -> ir.Value:
    """Return a power of |x| as the power of x."""
    b = code.build

    def whole(number: ir.Value) -> ir.Value:
        rounded = b.fsub(b.fadd(number, code.number(ROUNDER)), code.number(ROUNDER))
        return b.fcmp_ordered("==", rounded, number)

    negative = b.fcmp_ordered("<", x, code.number(0))
    odd = b.not_(whole(b.fmul(n, code.number(0.5))))
    value = b.select(b.and_(negative, odd), b.fneg(value), value)
    return b.select(b.and_(negative, b.not_(whole(n))), code.number(math.nan), value)


def _split(code: VectorCode, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Return e and m of x = 2^e m with m from sqrt(1/2) to sqrt(2), for x from 2^-1022 on.

    Counted from the bits of sqrt(1/2), those of the exponent are e, and the others are how far m lies above it.
    """
    b = code.build
    counted = b.add(b.bitcast(x, code.integers), _integers(code, (BIAS << MANTISSA_BITS) - ORIGIN))
    # An integer below 2^52 is turned into a double by its bits: AVX2 has no instruction for it.
    as_double = b.or_(b.lshr(counted, _integers(code, MANTISSA_BITS)), _integers(code, BITS_OF_WHOLE))
    exponent = b.fsub(b.bitcast(as_double, code.type), code.number(WHOLE + BIAS))
    above = b.and_(counted, _integers(code, (1 << MANTISSA_BITS) - 1))
    return exponent, b.bitcast(b.add(above, _integers(code, ORIGIN)), code.type)


def _raised(code: VectorCode, x: ir.Value, shifted: ir.Value) -> ir.Value:
    """Return x 2^k, given k + ROUNDER, whose last bits are k: they are added to the exponent of x."""
    b = code.build
    exponent = b.shl(b.bitcast(shifted, code.integers), _integers(code, MANTISSA_BITS))
    return b.bitcast(b.add(b.bitcast(x, code.integers), exponent), code.type)


def _polynomial(code: VectorCode, x: ir.Value, coefficients: Sequence[float]) -> ir.Value:
    """Return c0 + c1 x + c2 x^2 + ... (Horner)."""
    *rest, last = coefficients
    value: ir.Value = code.number(last)
    for coefficient in reversed(rest):
        value = code.fma(value, x, code.number(coefficient))
    return value


def _integers(code: VectorCode, value: int) -> ir.Constant:
    return ir.Constant(code.integers, [value] * code.lanes)

"""exp, ln and real powers of vectors, from additions, multiplications and the bits of a double.

The machine's own functions take one number at a time and differ between machines in their last bit. These are written
as classic reductions with a polynomial (Muller 2016, *Elementary Functions*, doi:10.1007/978-1-4899-7983-4, ch. 11):
accurate to a few units in the last place, the same bits everywhere, and all lanes at once. A power needs more: where
n ln x is large, so would be its error. There the logarithm and the product are sums of two numbers, the second being
what the first leaves out (Dekker 1971, Numer Math 18:224, doi:10.1007/BF01397083): a few units again, and up to some
thirty where a base near 1 has an exponent of hundreds.
"""

from __future__ import annotations

import math

from llvmlite import ir

from avpi.solver.vector_code import VectorCode

LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # the first 32 bits of ln 2: a multiple below 2^20 is exact
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
ROUNDER = 1.5 * 2.0**52  # adding and subtracting it rounds to the nearest integer
EXP_TERMS = 13  # of the Taylor series on |r| <= ln(2)/2: the first one left out is below 2^-56
LN_TERMS = 10  # of the series in s^2 <= 0.0295: the first one left out is below 2^-55
EXP_LARGEST, EXP_SMALLEST = 709.9, -746.0  # beyond, e^x overflows to inf or vanishes
MANTISSA_BITS, BIAS = 52, 1023


def exp(code: VectorCode, x: ir.Value, rest: ir.Value | None = None) -> ir.Value:
    """Return e^x = 2^k e^r with k the integer nearest to x / ln 2 and r what is left; e^(x + rest) for a tiny rest."""
    b = code.build
    inside = code.smaller(code.larger(x, code.number(EXP_SMALLEST)), code.number(EXP_LARGEST))
    shifted = code.fma(inside, code.number(1 / math.log(2)), code.number(ROUNDER))
    k = b.fsub(shifted, code.number(ROUNDER))
    r = code.fma(k, code.number(-LN2_LOW), code.fma(k, code.number(-LN2_HIGH), inside))
    r = r if rest is None else b.fadd(r, rest)
    p = code.number(1 / math.factorial(EXP_TERMS))
    for i in range(EXP_TERMS - 1, -1, -1):
        p = code.fma(p, r, code.number(1 / math.factorial(i)))
    # 2^k in two factors: k reaches from -1075 to 1024, beyond what one exponent holds.
    integer = b.sub(b.bitcast(shifted, code.integers), b.bitcast(code.number(ROUNDER), code.integers))
    half = b.ashr(integer, _integers(code, 1))
    return b.fmul(b.fmul(p, _power_of_two(code, half)), _power_of_two(code, b.sub(integer, half)))


def ln(code: VectorCode, x: ir.Value) -> ir.Value:
    """Return ln x."""
    return _ln(code, x)[0]


def _ln(code: VectorCode, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Return ln x, and what that leaves out.

    It is e ln 2 + 2 atanh(s), s = (m - 1) / (m + 1), for x = 2^e m with m between sqrt(1/2) and sqrt(2).
    """
    b = code.build
    tiny = b.fcmp_ordered("<", x, code.number(2.0**-1022))
    scaled = b.select(tiny, b.fmul(x, code.number(2.0**54)), x)
    bits = b.bitcast(scaled, code.integers)
    # Counted from sqrt(1/2), the exponent's bits are those of e.
    offset = b.sub(bits, b.bitcast(code.number(math.sqrt(0.5)), code.integers))
    e = b.ashr(offset, _integers(code, MANTISSA_BITS))
    m = b.bitcast(b.sub(bits, b.shl(e, _integers(code, MANTISSA_BITS))), code.type)
    exponent = b.fsub(b.sitofp(e, code.type), b.select(tiny, code.number(54.0), code.number(0.0)))
    above, below = b.fsub(m, code.number(1)), b.fadd(m, code.number(1))
    reciprocal = b.fdiv(code.number(1), below)
    s = b.fmul(above, reciprocal)
    below_rest = b.fsub(m, b.fsub(below, code.number(1)))
    s_rest = b.fmul(code.fma(b.fneg(s), below_rest, code.fma(b.fneg(s), below, above)), reciprocal)
    square = b.fmul(s, s)
    p = code.number(2 / (2 * LN_TERMS + 1))
    for i in range(LN_TERMS - 1, 0, -1):
        p = code.fma(p, square, code.number(2 / (2 * i + 1)))
    tail = code.fma(exponent, code.number(LN2_LOW), b.fmul(b.fmul(p, square), s))
    tail = code.fma(code.number(2), s_rest, tail)
    whole, twice = b.fmul(exponent, code.number(LN2_HIGH)), b.fmul(code.number(2), s)
    head = b.fadd(whole, twice)
    tail = b.fadd(b.fadd(b.fsub(whole, head), twice), tail)
    value = b.fadd(head, tail)
    rest = b.fsub(tail, b.fsub(value, head))
    value = b.select(b.fcmp_ordered("==", x, code.number(0)), code.number(-math.inf), value)
    value = b.select(b.fcmp_unordered("<", x, code.number(0)), code.number(math.nan), value)
    return b.select(b.fcmp_ordered("==", x, code.number(math.inf)), x, value), rest


def power(code: VectorCode, x: ir.Value, n: ir.Value) -> ir.Value:
    """Return x^n = e^(n ln x) for x above 0; a base below 0 counts as 0, 0^0 is 1."""
    b = code.build
    base = code.larger(x, code.number(0))
    logarithm, left_out = _ln(code, base)
    product = b.fmul(n, logarithm)
    rest = code.fma(n, left_out, code.fma(n, logarithm, b.fneg(product)))
    counts = b.fcmp_ordered("<", code.absolute(product), code.number(-EXP_SMALLEST))  # not where e^x is at its ends
    value = exp(code, product, b.select(counts, rest, code.number(0)))
    return b.select(b.fcmp_ordered("==", n, code.number(0)), code.number(1), value)


def slope(code: VectorCode, x: ir.Value, n: ir.Value) -> ir.Value:
    """Return x^n as it stands in a derivative: 0 where x is not above 0 and n is below 0."""
    b = code.build
    endless = b.and_(b.fcmp_ordered("<=", x, code.number(0)), b.fcmp_ordered("<", n, code.number(0)))
    return b.select(endless, code.number(0), power(code, x, n))


def _integers(code: VectorCode, value: int) -> ir.Constant:
    return ir.Constant(code.integers, [value] * code.lanes)


def _power_of_two(code: VectorCode, k: ir.Value) -> ir.Value:
    b = code.build
    return b.bitcast(b.shl(b.add(k, _integers(code, BIAS)), _integers(code, MANTISSA_BITS)), code.type)

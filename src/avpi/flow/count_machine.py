"""The count of :mod:`avpi.flow.count_cells` as machine code, for large files of 32-bit floats in either byte order.

The code is straight-line for one structure of gates (which columns, how many levels and windows); their values are
handed over with each call, so that all samples of a run share one piece of code. It is made by LLVM in some hundredths
of a second and kept on disk.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from avpi.solver.machine import compile_module

CODES = 256
_VERSION = "count 2"  # part of the key under which code is kept: raise it when the code changes
_NAME = "count_events"
_I1, _I32, _I64, _FLOAT, _DOUBLE = ir.IntType(1), ir.IntType(32), ir.IntType(64), ir.FloatType(), ir.DoubleType()
_LANES = 4  # doubles of one register
_SIGN_LESS = 0x7FFF_FFFF  # of a float's bits: without the sign, order of bits is order of size

Structure = tuple[int, bool, int, int, int, int, int, tuple[int, ...], int, int]
"""Channels, swapped bytes, columns of forward scatter, area, height and time (-1: no such gate), windows, columns of
detectors, stains, levels."""
Count = Callable[[NDArray[Any], NDArray[np.float64]], NDArray[np.int64]]


@lru_cache(maxsize=64)
def machine_count(structure: Structure, bits: tuple[int, int, int, int], largest: float) -> Count:
    """Return a function of (rows, values) that gives events by code (256,).

    Parameters
    ----------
    structure : see :data:`Structure`.
    bits : of the code, for finite, stable, cell and single.
    largest : intensities up to this are finite.
    """
    key = repr((_VERSION, structure, bits, largest))
    code = compile_module(key, lambda module: _write(module, structure, bits, largest), (_NAME,))
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
    function = kind(code.addresses[_NAME])

    def count(rows: NDArray[Any], values: NDArray[np.float64], _keeps_the_memory: object = code) -> NDArray[np.int64]:
        tables = np.zeros((2, CODES), dtype=np.int64)
        function(rows.ctypes.data, len(rows), values.ctypes.data, tables.ctypes.data)
        return np.asarray(tables.sum(axis=0))

    return count


def _write(module: ir.Module, structure: Structure, bits: tuple[int, int, int, int], largest: float) -> None:
    channels, swapped, forward, area, height, time, windows, detectors, stains, levels = structure
    finite_bit, stable_bit, cell_bit, single_bit = bits
    pointers = [ir.PointerType(_I32), _I64, ir.PointerType(_DOUBLE), ir.PointerType(_I64)]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), pointers), name=_NAME)
    rows, events, values, tables = function.args
    entry, loop, leave = (function.append_basic_block(name) for name in ("entry", "loop", "leave"))
    b = ir.IRBuilder(entry)
    places = itertools.count()

    def next_value() -> Any:
        return b.load(b.gep(values, [_I64(next(places))], source_etype=_DOUBLE), typ=_DOUBLE)

    limit, low, high = next_value(), next_value(), next_value()
    edges = [(next_value(), next_value()) for _ in range(windows)]
    lanes = -(-len(detectors) // _LANES) * _LANES
    weights = [_lanes_of(b, [next_value() for _ in detectors], lanes) for _ in range(stains)]
    cuts = [[next_value() for _ in range(levels)] for _ in range(stains)]
    b.cbranch(b.icmp_signed(">", events, _I64(0)), loop, leave)

    b.position_at_end(loop)
    i = b.phi(_I64)
    i.add_incoming(_I64(0), entry)
    wide_type = ir.VectorType(_I32, channels)
    here = b.gep(rows, [b.mul(i, _I64(channels))], source_etype=_I32)
    words = b.load(b.bitcast(here, ir.PointerType(wide_type)), typ=wide_type, align=1)
    words = _turned(b, words, channels) if swapped else words
    top = int(np.float32(largest).view(np.uint32))
    sizes = b.and_(words, _all(_I32, channels, _SIGN_LESS))
    small = b.icmp_unsigned("<=", sizes, _all(_I32, channels, top))
    as_bits = ir.IntType(channels)
    finite = b.icmp_unsigned("==", b.bitcast(small, as_bits), as_bits((1 << channels) - 1))
    linear: dict[int, Any] = {}

    def channel(j: int) -> Any:
        if j not in linear:
            linear[j] = b.fpext(b.bitcast(b.extract_element(words, _I32(j)), _FLOAT), _DOUBLE)
        return linear[j]

    stable, cell, single = _I1(1), _I1(1), _I1(1)
    for begin, end in edges:
        inside = b.and_(b.fcmp_ordered(">=", channel(time), begin), b.fcmp_ordered("<=", channel(time), end))
        stable = b.and_(stable, b.not_(inside))
    if forward >= 0:
        cell = b.fcmp_ordered(">=", channel(forward), limit)
    if area >= 0:
        tall, wide = channel(height), channel(area)
        single = b.and_(
            b.fcmp_ordered(">", tall, _DOUBLE(0.0)),
            b.and_(b.fcmp_ordered(">=", wide, b.fmul(low, tall)), b.fcmp_ordered("<=", wide, b.fmul(high, tall))),
        )
    chosen = [*detectors, *[detectors[0]] * (lanes - len(detectors))]  # lanes beyond the last have a weight of 0
    mask = ir.Constant(ir.VectorType(_I32, lanes), [_I32(j) for j in chosen])
    picked = b.shuffle_vector(words, words, mask)
    seen = b.fpext(b.bitcast(picked, ir.VectorType(_FLOAT, lanes)), ir.VectorType(_DOUBLE, lanes))
    place = _I32(0)
    for own, levels_of_stain in zip(weights, cuts, strict=True):
        light = _sum(b, b.fmul(own, seen), lanes)
        place = b.mul(place, _I32(levels + 1))
        for cut in levels_of_stain:
            place = b.add(place, b.zext(b.fcmp_ordered(">", light, cut), _I32))
    for holds, bit in ((stable, stable_bit), (cell, cell_bit), (single, single_bit)):
        place = b.add(place, b.select(holds, _I32(bit), _I32(0)))
    code = b.select(finite, b.add(place, _I32(finite_bit)), _I32(0))
    # Two tables in turn: an event need not wait until the last count has reached the memory.
    index = b.add(b.zext(code, _I64), b.mul(b.and_(i, _I64(1)), _I64(CODES)))
    counter = b.gep(tables, [index], source_etype=_I64)
    b.store(b.add(b.load(counter, typ=_I64), _I64(1)), counter)
    following = b.add(i, _I64(1))
    i.add_incoming(following, loop)
    b.cbranch(b.icmp_signed("<", following, events), loop, leave)
    b.position_at_end(leave)
    b.ret_void()


def _all(kind: ir.IntType, lanes: int, value: int) -> ir.Constant:
    return ir.Constant(ir.VectorType(kind, lanes), [kind(value)] * lanes)


def _turned(b: ir.IRBuilder, words: Any, lanes: int) -> Any:
    """Return words with their bytes in the other order."""
    far, near = _all(_I32, lanes, 24), _all(_I32, lanes, 8)
    outer = b.or_(b.lshr(words, far), b.shl(words, far))
    second = b.and_(b.lshr(words, near), _all(_I32, lanes, 0xFF00))
    third = b.and_(b.shl(words, near), _all(_I32, lanes, 0xFF_0000))
    return b.or_(outer, b.or_(second, third))


def _lanes_of(b: ir.IRBuilder, values: list[Any], lanes: int) -> Any:
    vector: Any = ir.Constant(ir.VectorType(_DOUBLE, lanes), [_DOUBLE(0.0)] * lanes)
    for lane, value in enumerate(values):
        vector = b.insert_element(vector, value, _I32(lane))
    return vector


def _sum(b: ir.IRBuilder, vector: Any, lanes: int) -> Any:
    """Return the sum over lanes: by groups of four, then within the last four."""
    four = ir.VectorType(_I32, _LANES)
    groups = [
        b.shuffle_vector(vector, vector, ir.Constant(four, [_I32(g + k) for k in range(_LANES)]))
        for g in range(0, lanes, _LANES)
    ]
    total = groups[0]
    for group in groups[1:]:
        total = b.fadd(total, group)
    parts = [b.extract_element(total, _I32(k)) for k in range(_LANES)]
    return b.fadd(b.fadd(parts[0], parts[1]), b.fadd(parts[2], parts[3]))

"""Vector instructions for all lanes at once, written as LLVM IR.

Every operation works on each lane alone and is one correctly rounded IEEE 754 operation (fused multiply-add where it
is asked for, never where the compiler would like it), so that a lane gives the same bits beside whatever neighbours, at
whatever width, on whatever machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llvmlite import ir

DOUBLE = ir.DoubleType()
INDEX = ir.IntType(64)
POINTER = ir.PointerType()
DOUBLE_BYTES = 8
LONGEST_BLOCK = 250


class VectorCode:
    """One function under construction: its instructions and the workspace that they work on."""

    def __init__(
        self,
        module: ir.Module,
        name: str,
        lanes: int,
        *,
        pointers: int = 1,
        internal: bool = False,
    ) -> None:
        self.module, self.lanes = module, lanes
        self.type = ir.VectorType(DOUBLE, lanes)
        self.integers = ir.VectorType(INDEX, lanes)
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER] * pointers), name)
        if internal:
            self.function.linkage = "internal"
        for argument in self.function.args:
            argument.add_attribute("noalias")
        self.build = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.workspace = self.function.args[0]

    def finish(self) -> ir.Function:
        """End the function and return it."""
        self.build.ret_void()
        return self.function

    def breathe(self) -> None:
        """Begin a new basic block if this one is long: LLVM's time grows with the square of a block's length."""
        if len(self.build.block.instructions) > LONGEST_BLOCK:
            following = self.function.append_basic_block("on")
            self.build.branch(following)
            self.build.position_at_end(following)

    def number(self, value: float) -> ir.Constant:
        """Return a number, the same in every lane."""
        return ir.Constant(self.type, [value] * self.lanes)

    def place(self, slot: int, offset: ir.Value | None = None, base: ir.Value | None = None) -> ir.Value:
        """Return the address of a slot, ``offset`` slots further on (known at run time)."""
        at = self.build.gep(
            base or self.workspace, [ir.Constant(INDEX, slot * self.lanes)], inbounds=True, source_etype=DOUBLE
        )
        if offset is None:
            return at
        return self.build.gep(
            at, [self.build.mul(offset, ir.Constant(INDEX, self.lanes))], inbounds=True, source_etype=DOUBLE
        )

    def load(self, slot: int, offset: ir.Value | None = None) -> ir.Value:
        """Return what lies in a slot."""
        return self.build.load(self.place(slot, offset), typ=self.type, align=self.lanes * DOUBLE_BYTES)

    def store(self, value: ir.Value, slot: int, offset: ir.Value | None = None) -> None:
        """Put a value into a slot."""
        self.build.store(value, self.place(slot, offset), align=self.lanes * DOUBLE_BYTES)

    def load_from(self, base: ir.Value, slot: int) -> ir.Value:
        """Return what lies in a slot counted from another address."""
        return self.build.load(self.place(slot, None, base), typ=self.type, align=self.lanes * DOUBLE_BYTES)

    def store_to(self, base: ir.Value, value: ir.Value, slot: int) -> None:
        """Put a value into a slot counted from another address."""
        self.build.store(value, self.place(slot, None, base), align=self.lanes * DOUBLE_BYTES)

    def fma(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return a b + c, rounded once."""
        return self.build.call(self._intrinsic("llvm.fma", 3), [a, b, c])

    def absolute(self, a: ir.Value) -> ir.Value:
        """Return |a|."""
        return self.build.call(self._intrinsic("llvm.fabs", 1), [a])

    def sqrt(self, a: ir.Value) -> ir.Value:
        """Return the square root."""
        return self.build.call(self._intrinsic("llvm.sqrt", 1), [a])

    def larger(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return the larger of a and b, and a where a is nan: LLVM's own maxnum would hide it."""
        return self.build.select(self.build.fcmp_ordered("<", a, b), b, a)

    def smaller(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return the smaller of a and b, and a where a is nan."""
        return self.build.select(self.build.fcmp_ordered(">", a, b), b, a)

    def call(self, function: ir.Function, *pointers: ir.Value) -> None:
        """Call another function on this workspace."""
        self.build.call(function, [self.workspace, *pointers])

    @contextmanager
    def loop(self, first: int, last: int, *carried: ir.Value) -> Iterator[tuple[ir.Value, list[ir.PhiInstr]]]:
        """Repeat what is built inside for an index from ``first`` up to and without ``last`` (at least once).

        Yields the index and the values carried from one round to the next. What the round made of them replaces the
        items of that list; after the loop the list holds what the last round made.
        """
        before = self.build.block
        body = self.function.append_basic_block("round")
        after = self.function.append_basic_block("after")
        self.build.branch(body)
        self.build.position_at_end(body)
        index = self.build.phi(INDEX)
        index.add_incoming(ir.Constant(INDEX, first), before)
        phis = [self.build.phi(value.type) for value in carried]
        for phi, value in zip(phis, carried, strict=True):
            phi.add_incoming(value, before)
        values = list(phis)
        yield index, values
        following = self.build.add(index, ir.Constant(INDEX, 1))
        index.add_incoming(following, self.build.block)
        for phi, value in zip(phis, values, strict=True):
            phi.add_incoming(value, self.build.block)
        again = self.build.icmp_signed("<", following, ir.Constant(INDEX, last))
        self.build.cbranch(again, body, after)
        self.build.position_at_end(after)

    def _intrinsic(self, name: str, operands: int) -> ir.Function:
        full = f"{name}.v{self.lanes}f64"
        if full not in self.module.globals:
            ir.Function(self.module, ir.FunctionType(self.type, [self.type] * operands), full)
        return self.module.globals[full]

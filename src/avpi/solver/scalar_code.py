"""Plain Python functions on numbers and arrays, as LLVM IR.

The loop around the step decides for one lane at a time, which vector instructions cannot express. It is written as
ordinary Python (driver.py) in a subset small enough to translate directly: numbers, arrays, ``while``, ``for`` in a
``range``, ``if``, arithmetic, comparisons, and calls of one another. What the functions share are the fields of one
record, a dataclass whose annotations say what each field is:

    width: int                       a number; float and bool likewise
    times: Floats                    a flat array; Ints likewise
    w: Annotated[Floats, "width"]    an array of rows, each as long as the field ``width`` says; more axes likewise
    step: Kernel                     compiled code, called with the address of an array

The same functions run untranslated, which is how the tests check the translation. numba would do this as well; its
import, loading and compilation took many times longer than the simulations that people wait for (docs/design/stack.md).
"""

from __future__ import annotations

import ast
import ctypes
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from llvmlite import ir

INT, FLOAT, BOOL, POINTER = ir.IntType(64), ir.DoubleType(), ir.IntType(1), ir.PointerType()
SCALARS: dict[str, ir.Type] = {"int": INT, "float": FLOAT, "bool": BOOL}
ARRAYS: dict[str, ir.Type] = {"Ints": INT, "Floats": FLOAT}
KERNEL = ir.FunctionType(ir.VoidType(), [POINTER]).as_pointer()
ARITHMETIC = {ast.Add: ("add", "fadd"), ast.Sub: ("sub", "fsub"), ast.Mult: ("mul", "fmul"), ast.Div: ("", "fdiv")}
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
FIELD_BYTES = 8


def translate(module: ir.Module, record: type, functions: Sequence[Callable[..., Any]]) -> None:
    """Write functions into a module; each takes the record first, and may call those that come before it."""
    for function in functions:
        _Translation(module, record, function).write()


def pack(record: Any) -> Any:
    """Return a record as translated functions want it. The arrays in it must outlive its use."""
    words = []
    for field in fields(record):
        value = getattr(record, field.name)
        if field.type == "float":
            words.append(ctypes.c_int64.from_buffer(ctypes.c_double(value)).value)
        elif field.type in ("int", "bool", "Kernel"):
            words.append(int(value))
        else:
            words.append(value.ctypes.data)
    return (ctypes.c_int64 * len(words))(*words)


class _Translation:
    """One function: its variables lie on the stack, and LLVM lifts them into registers."""

    def __init__(self, module: ir.Module, record: type, function: Callable[..., Any]) -> None:
        self.module = module
        self.constants = function.__globals__
        self.fields = {field.name: (i, str(field.type)) for i, field in enumerate(fields(record))}
        self.tree: Any = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        self.variables: dict[str, ir.Value] = {}

    def write(self) -> None:
        (self.record_name, _), *arguments = [(a.arg, ast.unparse(a.annotation)) for a in self.tree.args.args]
        self.returns = SCALARS.get(ast.unparse(self.tree.returns), ir.VoidType())
        kind = ir.FunctionType(self.returns, [POINTER, *(SCALARS[annotation] for _, annotation in arguments)])
        self.function = ir.Function(self.module, kind, self.tree.name)
        self.entry = self.function.append_basic_block("entry")
        self.build = ir.IRBuilder(self.function.append_basic_block("body"))
        self.record, *values = self.function.args
        for (name, _), value in zip(arguments, values, strict=True):
            self._assign(name, value)
        self._block(self.tree.body)
        if not self.build.block.is_terminated:
            self.build.ret_void() if isinstance(self.returns, ir.VoidType) else self.build.unreachable()
        ir.IRBuilder(self.entry).branch(self.function.blocks[1])

    def _block(self, statements: Sequence[Any]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: Any) -> None:
        match statement:
            case ast.Expr(value=ast.Constant()):
                pass  # a docstring
            case ast.Expr(value=value):
                self._value(value)
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
                self._put(target, self._value(value))
            case ast.AugAssign(target=target, op=operator, value=value):
                self._put(target, self._arithmetic(operator, self._value(target), self._value(value)))
            case ast.If(test=test, body=body, orelse=otherwise):
                self._choice(test, lambda: self._block(body), lambda: self._block(otherwise))
            case ast.While(test=test, body=body, orelse=[]):
                self._loop(lambda: self._value(test), lambda: self._block(body))
            case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=bounds), orelse=[]):
                self._count(name, bounds, statement.body)
            case ast.Return(value=None):
                self.build.ret_void()
            case ast.Return(value=value):
                self.build.ret(self._as(self._value(value), self.returns))
            case _:
                raise SyntaxError(ast.unparse(statement))

    def _value(self, tree: Any) -> ir.Value:
        match tree:
            case ast.Constant(value=bool() as value):
                return ir.Constant(BOOL, int(value))
            case ast.Constant(value=int() as value):
                return ir.Constant(INT, value)
            case ast.Constant(value=float() as value):
                return ir.Constant(FLOAT, value)
            case ast.Name(id=name) if name in self.variables:
                return self.build.load(self.variables[name], typ=self.variables[name].allocated_type)
            case ast.Name(id=name):
                return self._value(ast.Constant(self.constants[name]))
            case ast.Attribute(attr=name):
                return self._field(name)
            case ast.Subscript():
                place, kind = self._element(tree)
                return self.build.load(place, typ=kind)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                negated = self._value(operand)
                return self.build.fneg(negated) if negated.type == FLOAT else self.build.neg(self._as(negated, INT))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.build.not_(self._value(operand))
            case ast.BinOp(left=left, op=operator, right=right):
                return self._arithmetic(operator, self._value(left), self._value(right))
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self._comparison(COMPARISONS[type(operator)], self._value(left), self._value(right))
            case ast.BoolOp(op=ast.And(), values=[first, *rest]):
                return self._either(first, _rest(tree.op, rest), ast.Constant(value=False))
            case ast.BoolOp(op=ast.Or(), values=[first, *rest]):
                return self._either(first, ast.Constant(value=True), _rest(tree.op, rest))
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return self._either(test, body, otherwise)
            case ast.Call(func=function, args=arguments):
                return self._called(function, arguments)
        raise SyntaxError(ast.unparse(tree))

    def _called(self, function: Any, trees: Sequence[Any]) -> ir.Value:
        b = self.build
        if isinstance(function, ast.Attribute):  # a kernel of the record
            return b.call(self._field(function.attr), [self._value(trees[0])])
        if function.id in self.module.globals:
            called = self.module.get_global(function.id)
            kinds = called.function_type.args[1:]
            arguments = [self._as(self._value(tree), kind) for tree, kind in zip(trees[1:], kinds, strict=True)]
            return b.call(called, [self.record, *arguments])
        arguments = [self._value(tree) for tree in trees]
        match function.id:
            case "min" | "max":  # as Python does it: the second only if it is really smaller or larger
                first, second = self._alike(*arguments)
                other = self._comparison("<" if function.id == "min" else ">", second, first)
                return b.select(other, second, first)
            case "isnan":
                return b.fcmp_unordered("uno", self._as(arguments[0], FLOAT), self._as(arguments[0], FLOAT))
            case "isfinite":
                zero = b.fmul(self._as(arguments[0], FLOAT), ir.Constant(FLOAT, 0.0))
                return b.fcmp_ordered("==", zero, zero)
        raise SyntaxError(ast.unparse(function))

    def _field(self, name: str) -> ir.Value:
        index, annotation = self.fields[name]
        place = self.build.gep(self.record, [ir.Constant(INT, index)], inbounds=True, source_etype=INT)
        if annotation == "bool":
            return self.build.icmp_signed("!=", self.build.load(place, typ=INT), ir.Constant(INT, 0))
        return self.build.load(place, typ=KERNEL if annotation == "Kernel" else SCALARS.get(annotation, POINTER))

    def _element(self, tree: Any) -> tuple[ir.Value, ir.Type]:
        """Return where an element of an array of the record lies, and what it is."""
        annotation: Any = ast.parse(self.fields[tree.value.attr][1], mode="eval").body
        array, lengths = annotation, []
        if isinstance(annotation, ast.Subscript):  # Annotated[Floats, "width"]
            array, *lengths = annotation.slice.elts  # type: ignore[attr-defined]
        first, *rest = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        index = self._value(first)
        for length, following in zip(lengths, rest, strict=True):
            index = self.build.add(self.build.mul(index, self._field(length.value)), self._value(following))
        kind = ARRAYS[array.id]
        return self.build.gep(self._field(tree.value.attr), [index], inbounds=True, source_etype=kind), kind

    def _arithmetic(self, operator: Any, left: ir.Value, right: ir.Value) -> ir.Value:
        if isinstance(operator, ast.Div):
            left, right = self._as(left, FLOAT), self._as(right, FLOAT)
        left, right = self._alike(left, right)
        made: ir.Value = getattr(self.build, ARITHMETIC[type(operator)][left.type == FLOAT])(left, right)
        return made

    def _comparison(self, sign: str, left: ir.Value, right: ir.Value) -> ir.Value:
        left, right = self._alike(left, right)
        if left.type == FLOAT:
            compare = self.build.fcmp_unordered if sign == "!=" else self.build.fcmp_ordered
            return compare(sign, left, right)
        return self.build.icmp_signed(sign, left, right)

    def _alike(self, left: ir.Value, right: ir.Value) -> list[ir.Value]:
        """Return two numbers as floats if one of them is, as integers otherwise."""
        kind = FLOAT if FLOAT in (left.type, right.type) else INT
        return [self._as(left, kind), self._as(right, kind)]

    def _as(self, value: ir.Value, kind: ir.Type) -> ir.Value:
        """Return a number as a kind that holds it; a float is never cut to an integer."""
        if value.type == kind:
            return value
        if value.type == INT and kind == FLOAT:
            return self.build.sitofp(value, FLOAT)
        if value.type == BOOL and kind in (INT, FLOAT):
            return self.build.zext(value, INT) if kind == INT else self.build.uitofp(value, FLOAT)
        refusal = f"{self.tree.name}: a value of type {value.type} cannot be put where {kind} is wanted"
        raise SyntaxError(refusal)

    def _put(self, target: Any, value: ir.Value) -> None:
        if isinstance(target, ast.Name):
            self._assign(target.id, value)
        else:
            place, kind = self._element(target)
            self.build.store(self._as(value, kind), place)

    def _assign(self, name: str, value: ir.Value) -> None:
        if name not in self.variables:
            self.variables[name] = ir.IRBuilder(self.entry).alloca(value.type, name=name)
        self.build.store(self._as(value, self.variables[name].allocated_type), self.variables[name])

    def _either(self, test: Any, body: Any, otherwise: Any) -> ir.Value:
        """Return one of two values; only that one is evaluated."""
        made: list[tuple[ir.Value, ir.Block]] = []
        self._choice(
            test,
            lambda: made.append((self._value(body), self.build.block)),
            lambda: made.append((self._value(otherwise), self.build.block)),
        )
        phi = self.build.phi(made[0][0].type)
        for value, block in made:
            phi.add_incoming(value, block)
        return phi

    def _choice(self, test: Any, then: Callable[[], object], otherwise: Callable[[], object]) -> None:
        condition = self._value(test)
        yes, no, after = (self.function.append_basic_block() for _ in range(3))
        self.build.cbranch(condition, yes, no)
        for block, write in ((yes, then), (no, otherwise)):
            self.build.position_at_end(block)
            write()
            if not self.build.block.is_terminated:
                self.build.branch(after)
        self.build.position_at_end(after)

    def _count(self, name: str, bounds: Sequence[Any], body: Sequence[Any]) -> None:
        """Repeat a body for a name that counts; as in Python nothing in it changes how often."""
        if len(bounds) > 2:
            raise SyntaxError(name)
        first, *_, end = [self._as(self._value(bound), INT) for bound in (ast.Constant(0), *bounds)][-2:]
        following = ir.IRBuilder(self.entry).alloca(INT)
        self.build.store(first, following)

        def inside() -> None:
            number = self.build.load(following, typ=INT)
            self.build.store(self.build.add(number, ir.Constant(INT, 1)), following)
            self._assign(name, number)
            self._block(body)

        self._loop(lambda: self.build.icmp_signed("<", self.build.load(following, typ=INT), end), inside)

    def _loop(self, test: Callable[[], ir.Value], write: Callable[[], object]) -> None:
        head, inside, after = (self.function.append_basic_block() for _ in range(3))
        self.build.branch(head)
        self.build.position_at_end(head)
        self.build.cbranch(test(), inside, after)
        # The test may have made blocks of its own; 'inside' begins where it ended.
        self.build.position_at_end(inside)
        write()
        if not self.build.block.is_terminated:
            self.build.branch(head)
        self.build.position_at_end(after)


def _rest(operator: Any, values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else ast.BoolOp(operator, list(values))

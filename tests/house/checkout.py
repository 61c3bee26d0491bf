"""What the house checks look at: the files of the checkout and the trees of the sources."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCES = CHECKOUT / "src" / "avpi"
WORD = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
CODE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)+$")


def source_files() -> list[Path]:
    """Every Python file of the package."""
    return sorted(SOURCES.rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def tracked_files() -> list[Path]:
    """Every file that is, or is about to be, in version control; none where this is no checkout."""
    asked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    return [CHECKOUT / name for name in asked.stdout.splitlines() if (CHECKOUT / name).is_file()]


def finding_codes() -> dict[str, str]:
    """Every code that a finding, a caveat or a part that is not analysed can carry -> a file that uses it."""
    codes: dict[str, str] = {}
    for path in source_files():
        named = _named_texts(tree_of(path))
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call):
                for code in _codes(node, named):
                    codes.setdefault(code, path.relative_to(CHECKOUT).as_posix())
    return codes


def _named_texts(module: ast.Module) -> dict[str, ast.expr]:
    """Constants of a module -> their value: a code may have a name of its own."""
    return {
        target.id: statement.value
        for statement in module.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _codes(call: ast.Call, named: Mapping[str, ast.expr]) -> Iterator[str]:
    """Yield the codes that a call gives: Finding(code="..."), NotAnalysed("...", why), with_caveat("...", text)."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if not re.search(r"finding|caveat|notanalysed|not_analysed|failedsection|refuse", name, re.IGNORECASE):
        return
    yield from (
        code
        for keyword in call.keywords
        if keyword.arg == "code"
        for code in _texts(named.get(getattr(keyword.value, "id", ""), keyword.value))
        if WORD.match(code)
    )
    first = call.args[:1]
    sure = name == "NotAnalysed"
    yield from (code for value in first for code in _texts(value) if (WORD if sure else CODE).match(code))


def _texts(expression: ast.expr) -> Iterator[str]:
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value
    elif isinstance(expression, ast.IfExp):
        yield from _texts(expression.body)
        yield from _texts(expression.orelse)

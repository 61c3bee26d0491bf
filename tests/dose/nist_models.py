"""NIST StRD nonlinear regression: formulas of the sets, and a reader of their files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Formula = Callable[[Any, Any], Any]


def _enso(x: Any, b: Any) -> Any:
    def wave(length: Any, cosine: Any, sine: Any) -> Any:
        return cosine * np.cos(2 * np.pi * x / length) + sine * np.sin(2 * np.pi * x / length)

    return b[0] + wave(12, b[1], b[2]) + wave(b[3], b[4], b[5]) + wave(b[6], b[7], b[8])


def _gauss(x: Any, b: Any) -> Any:
    first, second = (b[i] * np.exp(-((x - b[i + 1]) ** 2) / b[i + 2] ** 2) for i in (2, 5))
    return b[0] * np.exp(-b[1] * x) + first + second


def _cubic_ratio(x: Any, b: Any) -> Any:
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3)


def _lanczos(x: Any, b: Any) -> Any:
    return sum(b[i] * np.exp(-b[i + 1] * x) for i in (0, 2, 4))


def _chwirut(x: Any, b: Any) -> Any:
    return np.exp(-b[0] * x) / (b[1] + b[2] * x)


FORMULAS: dict[str, Formula] = {
    "Bennett5": lambda x, b: b[0] * (b[1] + x) ** (-1 / b[2]),
    "BoxBOD": lambda x, b: b[0] * (1 - np.exp(-b[1] * x)),
    "Chwirut1": _chwirut,
    "Chwirut2": _chwirut,
    "DanWood": lambda x, b: b[0] * x ** b[1],
    "ENSO": _enso,
    "Eckerle4": lambda x, b: (b[0] / b[1]) * np.exp(-0.5 * ((x - b[2]) / b[1]) ** 2),
    "Gauss1": _gauss,
    "Gauss2": _gauss,
    "Gauss3": _gauss,
    "Hahn1": _cubic_ratio,
    "Kirby2": lambda x, b: (b[0] + b[1] * x + b[2] * x**2) / (1 + b[3] * x + b[4] * x**2),
    "Lanczos1": _lanczos,
    "Lanczos2": _lanczos,
    "Lanczos3": _lanczos,
    "MGH09": lambda x, b: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "MGH10": lambda x, b: b[0] * np.exp(b[1] / (x + b[2])),
    "MGH17": lambda x, b: b[0] + b[1] * np.exp(-x * b[3]) + b[2] * np.exp(-x * b[4]),
    "Misra1a": lambda x, b: b[0] * (1 - np.exp(-b[1] * x)),
    "Misra1b": lambda x, b: b[0] * (1 - (1 + b[1] * x / 2) ** (-2)),
    "Misra1c": lambda x, b: b[0] * (1 - (1 + 2 * b[1] * x) ** (-0.5)),
    "Misra1d": lambda x, b: b[0] * b[1] * x * (1 + b[1] * x) ** (-1),
    "Nelson": lambda x, b: b[0] - b[1] * x[:, 0] * np.exp(-b[2] * x[:, 1]),
    "Rat42": lambda x, b: b[0] / (1 + np.exp(b[1] - b[2] * x)),
    "Rat43": lambda x, b: b[0] / ((1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3])),
    "Roszman1": lambda x, b: b[0] - b[1] * x - np.arctan(b[2] / (x - b[3])) / np.pi,
    "Thurber": _cubic_ratio,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NistSet:
    """One file: responses, predictors, two starts, and what is certified."""

    x: Floats
    y: Floats
    starts: Floats
    parameters: Floats
    standard_errors: Floats
    rss: float


def read_nist(path: Path) -> NistSet:
    lines = path.read_text("ascii").splitlines()
    rows = np.array([line.split("=")[1].split() for line in lines if re.match(r"\s*b\d+\s*=", line)], float)
    first = max(i for i, line in enumerate(lines) if line.startswith("Data:")) + 1
    data = np.array([line.split() for line in lines[first:] if line.strip()], float)
    rss = next(float(line.split(":")[1]) for line in lines if line.startswith("Residual Sum of Squares"))
    y = np.log(data[:, 0]) if path.stem == "Nelson" else data[:, 0]
    x = data[:, 1] if data.shape[1] == 2 else data[:, 1:]
    return NistSet(x=x, y=y, starts=rows[:, :2].T, parameters=rows[:, 2], standard_errors=rows[:, 3], rss=rss)


def correct_digits(found: Floats, certified: Floats) -> float:
    """The fewest correct digits (log relative error) of some numbers; 11 are certified."""
    wrong = np.abs(found - certified) / np.abs(certified)
    return float(np.min(np.where(np.isfinite(wrong), np.minimum(11.0, -np.log10(np.maximum(wrong, 1e-11))), -np.inf)))

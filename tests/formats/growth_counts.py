"""Counts of a made-up GR experiment, and the arrangements in which the tools of the field write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

DOSES_UM = (0.01, 0.0316, 0.1, 0.316, 1.0, 3.16, 10.0)
CELL_LINES = {"HT-29": 400.0, "A-375": 600.0}
DOUBLINGS = {"HT-29": 2.0, "A-375": 1.2}
EC50_UM = {"compound 1": 0.2, "compound 2": 2.0}
REPLICATES = ("1", "2")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Wells as (cell line, compound, replicate, dose) -> count, and those of their controls."""

    treated: dict[tuple[str, str, str, float], int] = field(default_factory=dict)
    control: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    time_zero: dict[str, list[int]] = field(default_factory=dict)


def made_counts(seed: int = 1) -> Counts:
    """Return counts with a scatter of 5 %; 8 untreated wells a replicate, 12 at time zero."""
    rng = np.random.Generator(np.random.Philox(seed))
    made = Counts()

    def noisy(mean: float) -> int:
        return round(mean * float(1 + 0.05 * rng.standard_normal()))

    for line, start in CELL_LINES.items():
        made.time_zero[line] = [noisy(start) for _ in range(12)]
        for replicate in REPLICATES:
            end = start * 2 ** DOUBLINGS[line]
            made.control[line, replicate] = [noisy(end) for _ in range(8)]
            for compound, ec50 in EC50_UM.items():
                for dose in DOSES_UM:
                    gr = -0.3 + 1.3 / (1 + (dose / ec50) ** 1.5)
                    count = start * 2 ** (DOUBLINGS[line] * np.log2(gr + 1))
                    made.treated[line, compound, replicate, dose] = noisy(float(count))
    return made


def middle_mean(wells: list[int]) -> float:
    """Return the mean of the middle half of 8 or 12 wells."""
    cut = len(wells) // 4
    return float(np.mean(sorted(wells)[cut:-cut]))


def write_columns(counts: Counts, path: Path) -> Path:
    """Write controls beside each treated count."""
    lines = ["cell_line,agent,replicate,time,concentration,cell_count,cell_count__ctrl,cell_count__time0"]
    for (line, compound, replicate, dose), count in counts.treated.items():
        end, start = middle_mean(counts.control[line, replicate]), middle_mean(counts.time_zero[line])
        lines.append(f"{line},{compound},{replicate},72,{dose:g},{count},{end!r},{start!r}")
    return _write(path, lines)


def write_rows(counts: Counts, path: Path) -> Path:
    """Write controls as rows of concentration 0 and of time 0, as tab-separated text with words for what is missing."""
    lines = ["cell_line\tagent\treplicate\ttime\tconcentration\tcell_count"]
    lines += [f"{line}\t-\tNaN\t0\t0\t{n}" for line, wells in counts.time_zero.items() for n in wells]
    lines += [f"{line}\t-\t{r}\t72.0\t0\t{n}" for (line, r), wells in counts.control.items() for n in wells]
    lines += [f"{line}\t{c}\t{r}\t72.0\t{dose:g}\t{n}" for (line, c, r, dose), n in counts.treated.items()]
    return _write(path, lines)


def write_files(counts: Counts, folder: Path) -> tuple[Path, Path, Path]:
    """Write treated wells, untreated ones and those at time zero as three tables with tags and an index."""
    treated = ["cell_line\tagent\treplicate\ttime\tconcentration\tcell_count\tctrl_tag\ttime0_tag"]
    treated += [
        f"{line}\t{c}\t{r}\t72.0\t{dose:g}\t{n}\tc_{line}_{r}\tt0_{line}"
        for (line, c, r, dose), n in counts.treated.items()
    ]
    ends = ["\tcell_line\treplicate\ttime\tcell_count\ttime0_tag\tctrl_tag"]
    ends += [
        f"{i}\t{line}\t{r}\t72.0\t{n}\tt0_{line}\tc_{line}_{r}"
        for (line, r), wells in counts.control.items()
        for i, n in enumerate(wells)
    ]
    starts = ["\tcell_line\tcell_count\ttime0_tag"]
    starts += [f"{i}\t{line}\t{n}\tt0_{line}" for line, wells in counts.time_zero.items() for i, n in enumerate(wells)]
    return (
        _write(folder / "data.tsv", treated),
        _write(folder / "ctrl.tsv", ends),
        _write(folder / "time0.tsv", starts),
    )


def _write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path

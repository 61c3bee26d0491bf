"""Simulations as people read them on a screen: compact tables with units, and sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from avpi.facts.proportion import wilson
from avpi.population.condition_words import hours_words
from avpi.population.engagement import BLOTTED, Blot
from avpi.population.fates import MODES
from avpi.population.open_questions import QUESTIONS, Agreement
from avpi.population.simulated import APPEARING, BANDS, Simulated
from avpi.quantity import format_molar
from avpi.report.words import count_words

NONE = "."
Z_95 = 1.96
QUADRANT_WORDS = {
    "annexin_negative_pi_negative": "Annexin-/PI-",
    "annexin_positive_pi_negative": "Annexin+/PI-",
    "annexin_positive_pi_positive": "Annexin+/PI+",
    "annexin_negative_pi_positive": "Annexin-/PI+",
}


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many digits; a dot where there is none."""
    if not math.isfinite(value):
        return NONE
    rounded = float(f"{value:.{digits}g}") if value else 0.0
    return f"{rounded:.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:.{digits}g}"


def share(value: float) -> str:
    """Return a share as per cent without the sign; never 0 or 100 for what is not quite."""
    if not math.isfinite(value):
        return NONE
    percent = 100 * value
    if 0 < percent < 0.05 or 99.95 < percent < 100:
        return "<0.1" if percent < 1 else ">99.9"
    digits = 1 if 0 < percent < 9.95 or 99 < percent < 100 else 0
    return f"{percent:.{digits}f}"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(max(map(len, rows)))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(widths[i]) for i, cell in enumerate(row) if i)]
        yield "  ".join(cells).rstrip()


def condition_lines(simulated: Simulated, times_hours: Sequence[float]) -> Iterator[str]:
    """Yield what a lab would read off a condition, a column for each time."""
    dead = [int(n) for n in simulated.dead(times_hours)]
    rows = [["", *(hours_words(t) if t else "0 h" for t in times_hours)]]
    rows.append(["viability, % of untreated", *_viability(simulated, times_hours)])
    rows.append(["dead, % of cells", *(_dead(n, simulated.cells) for n in dead)])
    for mode in MODES:
        died = simulated.died_by(mode, times_hours)
        if died.any():
            rows.append([f"  by {mode}", *(share(float(n) / simulated.cells) for n in died)])
    rows.append(["cytometry, % of counted cells"])
    rows += [
        [f"  {QUADRANT_WORDS[name]}", *map(share, shares)] for name, shares in simulated.quadrants(times_hours).items()
    ]
    rows.append(["TNF in the medium, pg/mL", *map(small, simulated.tnf_pg_per_ml(times_hours))])
    rows.append(["bands, of untreated = 1"])
    rows += [[f"  {band}", *map(number, simulated.band(band, times_hours))] for band in BANDS]
    rows.append(["bands that appear"])
    rows += [[f"  {b}, {unit}", *map(small, simulated.amount(b, times_hours))] for b, unit in APPEARING.items()]
    yield from table(rows)


def small(value: float) -> str:
    """Return an amount; what is there and below a hundredth is told as such."""
    return "<0.01" if 0 < value < 0.01 else number(value)


def _viability(simulated: Simulated, times_hours: Sequence[float]) -> list[str]:
    """Return viabilities with half their 95 % interval; untreated cells are 100 by definition."""
    pairs = zip(simulated.viability(times_hours), simulated.viability_error(times_hours), strict=True)
    return [f"{share(v)} ±{number(100 * Z_95 * e, 2)}" if e else share(v) for v, e in pairs]


def _dead(dead: int, cells: int) -> str:
    low, high = wilson(dead, cells)
    return f"{share(dead / cells)} ({share(low)}-{share(high)})"


def death_line(simulated: Simulated) -> str:
    """Return how many cells died how and when, in a sentence."""
    moments = simulated.well.fates.death_hours
    died = moments[np.isfinite(moments)]
    if not died.size:
        return f"None of {count_words(simulated.cells, 'cell')} died."
    counts = {mode: int(simulated.died_by(mode, [simulated.end_hours])[0]) for mode in MODES}
    how = ", ".join(f"{n} by {mode}" for mode, n in counts.items() if n)
    low, median, high = np.percentile(died, (5, 50, 95))
    spread = f" (5-95 %: {low:.1f}-{high:.1f} h)" if died.size > 1 else ""
    half = f"; half of these by {median:.1f} h{spread}" if died.size > 1 else f", at {median:.1f} h"
    return f"{died.size} of {count_words(simulated.cells, 'cell')} died: {how}{half}."


def matrix_lines(conditions: Sequence[tuple[str, Simulated]]) -> Iterator[str]:
    """Yield a row for each condition at the end."""
    rows = [["condition", "viability, %", "dead, %", "mode of death", "AV+/PI- %", "AV+/PI+ %", "TNF, pg/mL"]]
    for label, simulated in conditions:
        end = [simulated.end_hours]
        quadrants = simulated.quadrants(end)
        rows.append(
            [
                label,
                *_viability(simulated, end),
                _dead(int(simulated.dead(end)[0]), simulated.cells),
                _mode(simulated),
                share(float(quadrants["annexin_positive_pi_negative"][0])),
                share(float(quadrants["annexin_positive_pi_positive"][0])),
                small(float(simulated.tnf_pg_per_ml(end)[0])),
            ]
        )
    yield from table(rows)


def _mode(simulated: Simulated) -> str:
    if simulated.mode is None:
        return "-"
    end = [simulated.end_hours]
    part = simulated.died_by(simulated.mode, end)[0] / simulated.dead(end)[0]
    return simulated.mode if part > 0.995 else f"{simulated.mode} {share(float(part))} %"


def blot_lines(blot: Blot) -> Iterator[str]:
    """Yield a block for each protein: a row for each dose, a column for each time, as fractions of vehicle."""
    times = [hours_words(t) if t else "0 h" for t in blot.times_hours]
    rows: list[list[str]] = []
    for protein in (*BLOTTED, "cIAP1 on TRAF2"):
        values = blot.ratio.get(protein, blot.pool)
        rows.append([f"{protein}, of vehicle = 1", *times])
        rows += [[f"  {format_molar(d)}", *map(number, values[i])] for i, d in enumerate(blot.doses_molar)]
    yield from table(rows)


def variant_lines(
    agreements: Sequence[Agreement], cells: int, what: str, what_each: str = "condition"
) -> Iterator[str]:
    """Yield where the variants of the pathway disagree, and which open question makes the difference.

    Parameters
    ----------
    what : what their readings are, a share, such as ``"viability"``.
    what_each : what each of the agreements is of.
    """
    if all(one.agrees for one in agreements):
        many = f" in all {len(agreements)} {what_each}s" if len(agreements) > 1 else ""
        yield f"Open questions: all 16 variants of the pathway agree{many} ({cells} cells each)."
        return
    yield f"Open questions: the variants of the pathway disagree ({cells} cells each)."
    hangs: dict[str, list[str]] = {}
    for one in agreements:
        if one.agrees:
            continue
        yield f"  {one.label}: {what} {_reading_words(one)}."
        hangs.setdefault(_questions(one), []).append(one.label)
    for questions, labels in hangs.items():
        where = "" if len(hangs) == 1 else f" for {', '.join(labels)}"
        yield f"  It hangs{where} on {questions}."


def _reading_words(one: Agreement) -> str:
    reference, *_ = one.readings.values()
    others = [one.readings[variant] for variant in one.differing]
    shares = [reading.value for reading in others if math.isfinite(reading.value)]
    ends = list(dict.fromkeys((share(min(shares)), share(max(shares))))) if shares else [NONE]
    calls = " or ".join(sorted({reading.word for reading in others if reading.word}))
    ours = f"{share(reference.value)} %{f' ({reference.word})' if reference.word else ''} in the reference"
    return f"{ours}, {' to '.join(ends)} %{f' ({calls})' if calls else ''} in {len(others)} of 15 other variants"


def _questions(one: Agreement) -> str:
    meaning = dict(QUESTIONS.values())
    said = [
        f"{names[0]} ({meaning[names[0]]})" if len(names) == 1 else f"{' and '.join(names)} together"
        for names in one.questions
    ]
    return ", or on ".join(said)

"""A truth from the pathway model: what a line does with a compound, day by day, in every well of a design.

Each experiment is a passage of its own (``passage.py``). Its wells are grown cell by cell (``day_cells.py``); the call
to expect is what the verdict's rules make of the result (``expected.py``); and how the cells really died stands beside
it (``deaths.py``, ``mechanism.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from avpi.compute.places import Place, Threads
from avpi.errors import InputError, Problem, nearest_word
from avpi.network.lines import Line, find_line, lines, nearest_line
from avpi.network.pharmacology import Pharmacology, compounds
from avpi.network.reagents import mimetic
from avpi.population.genotype_words import KNOCK_OUT, genotype_label, read_genotype
from avpi.virtual_lab.day_cells import CELLS, DayWells, cells_truth, grow_all, wells_needed, wells_of
from avpi.virtual_lab.deaths import alone_of, deaths_of, tnf_blocked_of, wells_beside
from avpi.virtual_lab.design import Design
from avpi.virtual_lab.expected import expected_call
from avpi.virtual_lab.mechanism import told_beside
from avpi.virtual_lab.passage import passage_of
from avpi.virtual_lab.truth import Truth

FEW = 6
"""Words of a kind that an error names when none is close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Cells and compound as the pathway knows them.

    Attributes
    ----------
    line, genotype : the cells: protein or mutant -> factor of its amount.
    compound : the mimetic.
    """

    line: Line
    genotype: dict[str, float]
    compound: Pharmacology

    @property
    def cells(self) -> str:
        """The cells as a title names them."""
        changed = genotype_label(self.genotype.items())
        return f"{self.line.name} with {changed}" if changed else self.line.name


def truth_of(
    *,
    line: str,
    compound: str,
    dose_molar: float,
    design: Design,
    experiments: int,
    seed: int,
    knock_outs: Sequence[str] = (),
    cells: int = CELLS,
    place: Place | None = None,
) -> Truth:
    """Return what is true of a line with a compound, simulated well by well.

    Parameters
    ----------
    line : name or alias of a line of the pathway model.
    compound : name or alias of a Smac mimetic.
    dose_molar : its working dose.
    design : which lanes, wells and tubes there are.
    experiments : how many independent experiments, as many as the design has.
    seed : of the days; equal seeds give equal days.
    knock_outs : proteins that the cells have lost.
    cells : how many stand for a well.
    place : where they are simulated; on the threads of this machine if None.

    Raises
    ------
    InputError
        If the pathway has no such line, compound or protein; the message names the nearest one.
    """
    asked = find(line, compound, knock_outs)
    days = simulated_days(asked, dose_molar, design, seed, cells=cells)[:experiments]
    wells = [*wells_needed(design), *wells_beside(design)]
    grow_all(days, wells, Threads() if place is None else place)
    truths = tuple(cells_truth(day, design) for day in days)
    expected = expected_call(truths, design, dose_molar)
    words = [asked.line.name, *(f"no-{word}" for word in asked.genotype), asked.compound.compound]
    return Truth(
        name=re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-"),
        title=f"Simulated study: {asked.compound.compound} in {asked.cells}",
        cell_line=f"{asked.cells} (simulated)",
        compound=asked.compound.compound,
        compound_is=f"a {asked.compound.valency} Smac mimetic",
        working_dose_molar=dose_molar,
        cells=truths,
        leaf=expected.leaf,
        missing=expected.missing,
        origin=f"a simulation of the pathway in {cells} cells for each well",
        expected=expected,
        mechanism=told_beside(expected, deaths_of(days, design), alone_of(days, design), tnf_blocked_of(days, design)),
    )


def simulated_days(asked: Asked, dose_molar: float, design: Design, seed: int, *, cells: int = CELLS) -> list[DayWells]:
    """Return the wells of each experiment of a design; they are grown when they are asked for."""
    return [
        wells_of(
            passage_of(asked.line, seed, experiment),
            design,
            compound=asked.compound.compound,
            dose_molar=dose_molar,
            genotype=asked.genotype,
            cells=cells,
        )
        for experiment in design.experiments
    ]


def find(line: str, compound: str, knock_outs: Sequence[str] = ()) -> Asked:
    """Return cells and compound by any of their names.

    Raises
    ------
    InputError
        With everything that the pathway does not have.
    """
    problems: list[Problem] = []
    genotype: dict[str, float] = {}
    if (cells := find_line(line)) is None:
        problems.append(_unknown("--line", "cell line", line, lines(), nearest_line(line)))
    if (drug := mimetic(compound)) is None:
        mimetics = {name: known for name, known in compounds().items() if known.is_mimetic}
        spellings = [word for known in mimetics.values() for word in (known.name, *known.names)]
        problems.append(_unknown("--compound", "Smac mimetic", compound, mimetics, nearest_word(compound, spellings)))
    try:
        genotype = read_genotype([(KNOCK_OUT, knock_outs)])
    except InputError as error:
        problems += error.problems
    if cells is None or drug is None or problems:
        raise InputError(problems)
    return Asked(line=cells, genotype=genotype, compound=drug)


def _unknown(option: str, kind: str, word: str, names: Iterable[str], hint: str) -> Problem:
    known = list(names)
    shown = ", ".join(known[:FEW]) + (f" and {len(known) - FEW} others" if len(known) > FEW else "")
    return Problem(
        file=option,
        what=f"'{word}' is no {kind} of the pathway model",
        expected=f"one such as {shown}",
        hint=hint or f"All of them: 'avpi network show {option.strip('-')}'",
    )

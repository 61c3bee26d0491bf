"""What is said of a simulation beside its numbers: cells that die untreated, growth that is held back, assumptions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from avpi.network.lines import Line, lines
from avpi.network.panels import draw_lines, priors
from avpi.population.experiment import Dose, Experiment
from avpi.population.fates import Fates, count
from avpi.population.simulated import Simulated
from avpi.population.well import Well
from avpi.report.simulation_caveats import caveats

TIMES = np.linspace(0.0, 24.0, 25)
ALIVE = np.inf
DIVIDING = float(np.log(2) / 24)


def made_line(held_back: float = 0.0, **reasons: str) -> Line:
    return Line(name="made", what="up", parameters={"autocrine": 1.0}, reasons=reasons, arrest=held_back)


def well(deaths: Sequence[float], growth: float, line: Line, *doses: Dose) -> Well:
    """A well whose cells died at these hours, and whose living ones divide at this rate."""
    fates = Fates(death_hours=np.array(deaths), mode=np.where(np.isfinite(deaths), 0, -1).astype(np.int8))
    counts = count(fates, TIMES, np.full(TIMES.size, growth))
    return Well(experiment=Experiment(line=line, doses=doses), times_hours=TIMES, values={}, fates=fates, counts=counts,
                tnf_ng_per_ml=np.zeros(TIMES.size), rounds=1, unsettled=0.0, failed=0)  # fmt: skip


def told(treated: Well, untreated: Well) -> list[str]:
    wells = [("SM", Simulated(label="SM", well=treated, untreated=untreated))]
    return caveats([treated.experiment], 10, wells=wells)


SM = Dose(reagent="SM", amount=1e-7)
LIVING = [ALIVE] * 10
HALF_DEAD = [3.0] * 5 + [ALIVE] * 5


def test_untreated_cells_that_die_are_told_with_their_share() -> None:
    line = made_line()
    dying = well(HALF_DEAD, DIVIDING, line)
    (said,) = [one for one in told(dying, dying) if "untreated cells" in one]
    assert said.startswith("Of the untreated cells of this genotype 50 % are dead themselves by 24 h.")
    few = well([3.0] * 2 + [ALIVE] * 8, DIVIDING, line)
    assert not any("untreated cells" in one for one in told(few, few))


def test_growth_that_is_held_back_is_told_with_what_holds_it_back() -> None:
    line = made_line(0.6, arrest="assumed: a guess")
    untreated = well(LIVING, DIVIDING, line)
    slow = well(LIVING, DIVIDING * 0.4, line, SM)
    missing = 1 - slow.counts.atp[-1] / untreated.counts.atp[-1]
    (said,) = [one for one in told(slow, untreated) if one.startswith("Slower growth")]
    assert f"(SM {100 * missing:.0f} % of untreated)" in said
    assert said.endswith("in made a Smac mimetic holds back up to 60 % of the growth (assumed: a guess).")
    starved = well(LIVING, DIVIDING * 0.4, made_line())
    (other,) = [one for one in told(starved, untreated) if one.startswith("Slower growth")]
    assert other.endswith("cells that make less protein divide less.")


@pytest.mark.parametrize("deaths", [HALF_DEAD, [1.0] * 10, LIVING])
def test_a_loss_by_death_alone_is_no_slower_growth(deaths: list[float]) -> None:
    line = made_line(0.6, arrest="assumed: a guess")
    untreated, treated = well(LIVING, DIVIDING, line), well(deaths, DIVIDING, line, SM)
    assert not any(one.startswith("Slower growth") for one in told(treated, untreated))
    assert not any(one.startswith("Slower growth") for one in told(treated, well([1.0] * 10, DIVIDING, line)))


def test_what_a_line_assumes_of_its_growth_is_counted() -> None:
    line = made_line(0.6, autocrine="assumed from what it does", arrest="assumed: a guess", doubling_hours="ATCC")
    (said,) = [one for one in caveats([Experiment(line=line)], 10) if one.startswith("made:")]
    assert said.startswith("made: 2 of the 3 values that make it this line are assumed")
    assert "(autocrine, growth arrest by a mimetic)" in said


def test_every_line_and_a_drawn_one_can_be_told() -> None:
    drawn = draw_lines(next(iter(priors().values())), 1, 1)
    for line in (*lines().values(), *drawn):
        assert caveats([Experiment(line=line)], 10)

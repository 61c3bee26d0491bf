"""What the field knows of mimetics and of the tools beside them, as wells show it."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.population.experiment import Dose, Experiment
from avpi.population.measure import formulas_for, measure
from avpi.population.well import Well, grow
from tests.population.wells import SM, TNF, ZVAD, dose, experiment, line

CELLS = 60
BANDS = ("cIAP1", "cIAP2", "XIAP")
LCL161 = dose("LCL161", 1e-6)
GSK872_3_UM = dose("GSK872", 3e-6)
IFN_GAMMA = dose("IFN-gamma", 20)


def alive(name: str, *doses: Dose, hours: float = 24.0) -> float:
    well = grow(experiment(name, *doses), times_hours=[hours], cells=CELLS)
    return 1 - float(np.mean(well.fates.death_hours <= hours))


def blotted(name: str, *doses: Dose) -> Well:
    observe = [formulas_for("band", word)[0] for word in BANDS]
    return grow(experiment(name, *doses), times_hours=[0.25, 0.5, 8.0, 24.0], cells=CELLS, observe=observe)


def band(well: Well, word: str, hours: float) -> float:
    found, start = measure(well, "band", word, [hours, 0.0])
    return float(found / start)


@pytest.mark.parametrize("mimetic", [SM, LCL161], ids=["bivalent", "monovalent"])
def test_ciap2_falls_after_ciap1_and_comes_back_while_ciap1_stays_away(mimetic: Dose) -> None:
    well = blotted("H2009-like", mimetic)
    assert band(well, "cIAP1", 0.5) < band(well, "cIAP2", 0.5) < 0.85
    # Petersen 2010, H2009: cIAP2 is back within a day.
    assert band(well, "cIAP2", 24) > 0.7
    assert band(well, "cIAP2", 24) > 1.2 * min(band(well, "cIAP2", hours) for hours in (0.25, 0.5))
    assert band(well, "cIAP1", 24) < 0.2


def test_with_tnf_more_ciap2_comes_back_than_there_was_and_it_protects() -> None:
    assert band(blotted("H2009-like", SM, TNF), "cIAP2", 24) > 1.5
    assert alive("H2009-like", SM, TNF) > 0.6
    assert alive("HCT116", SM, TNF) < 0.3


def test_a_bivalent_mimetic_takes_nine_tenths_of_ciap1_in_half_an_hour_and_leaves_xiap() -> None:
    well = blotted("MDA-MB-231", SM)
    assert band(well, "cIAP1", 0.5) < 0.1
    assert band(well, "XIAP", 0.5) == pytest.approx(1, abs=0.1)


# Doses at which half of the cells live, in uM: Nec-1 about 0.5 (Degterev 2008), NSA 0.1 to 0.5 (Sun 2012), GSK'872
# from some 0.1 on (Mandal 2014), Nec-1s less than Nec-1 (Takahashi 2012).
@pytest.mark.parametrize(
    ("tool", "too_little_molar", "enough_molar"),
    [("Nec-1", 0.05e-6, 5e-6), ("Nec-1s", 0.03e-6, 2e-6), ("NSA", 0.03e-6, 1.5e-6), ("GSK872", 0.02e-6, 1e-6)],
)
def test_necroptosis_is_blocked_by_the_doses_that_laboratories_use(
    tool: str, too_little_molar: float, enough_molar: float
) -> None:
    necroptosis = (SM, TNF, ZVAD)
    assert alive("HT-29", *necroptosis, dose(tool, too_little_molar)) < 0.5
    assert alive("HT-29", *necroptosis, dose(tool, enough_molar)) > 0.8


def test_gsk872_spares_cells_at_the_dose_that_rescues_and_harms_them_far_above() -> None:
    assert alive("HT-29", GSK872_3_UM) > 0.9
    assert alive("HT-29", dose("GSK872", 30e-6)) < alive("HT-29", GSK872_3_UM)


def test_interferon_gamma_and_a_mimetic_kill_what_either_spares() -> None:
    # Cekay 2017 Cancer Lett 410:228.
    assert alive("HT-29", IFN_GAMMA, hours=48) > 0.95
    assert alive("HT-29", SM, hours=48) > 0.95
    assert alive("HT-29", SM, IFN_GAMMA, hours=48) < 0.6
    assert alive("HT-29", SM, IFN_GAMMA, ZVAD, hours=48) < 0.6


def test_tnf_that_dead_cells_have_made_stays_for_the_elisa() -> None:
    with_mimetic = grow(experiment("MDA-MB-231", SM), times_hours=[24.0, 48.0], cells=CELLS)
    late, later = measure(with_mimetic, "elisa", "TNF", [24.0, 48.0])
    assert alive("MDA-MB-231", SM, hours=48) < 0.3
    assert later > 0.5 * late
    vehicle = grow(experiment("MDA-MB-231"), times_hours=[24.0, 48.0], cells=CELLS)
    assert later > 3 * measure(vehicle, "elisa", "TNF", [48.0])[0]


def test_nf_kb_protects_from_tnf_and_so_do_ikk_and_tak1_before_any_gene_is_made() -> None:
    def dead(**genotype: float) -> float:
        cells = Experiment(line=line("MEF"), doses=(TNF,), genotype=genotype)
        well = grow(cells, times_hours=[48.0], cells=CELLS)
        return float(np.mean(well.fates.death_hours <= 48))

    # Beg 1996 Science 274:782 (RelA); Legarda-Addison 2009 (IKK, which protects RIPK1 itself and so more than RelA).
    assert dead() < 0.15
    assert dead(RelA=0) > dead() + 0.15
    assert dead(IKKb=0) > dead(RelA=0)


def test_trail_kills_through_fadd_and_caspases_and_needs_no_ripk1_kinase_while_ciaps_hold() -> None:
    trail = dose("TRAIL", 50)
    assert alive("Jurkat-FADD-null", trail) == 1
    assert alive("HeLa", trail) < 0.6
    assert alive("HeLa", trail, ZVAD) > 0.95
    assert alive("HeLa", trail, dose("Nec-1s", 10e-6)) == pytest.approx(alive("HeLa", trail), abs=0.1)
    assert alive("HeLa", trail, dose("bortezomib", 10e-9)) < alive("HeLa", trail)


def test_a_blocker_in_excess_of_tnf_rescues_what_added_tnf_kills() -> None:
    assert alive("HT-29", SM, TNF) < 0.3
    assert alive("HT-29", SM, TNF, dose("anti-TNF", 10_000)) > 0.9


def test_a_cell_without_proteasome_dies_within_two_days() -> None:
    assert alive("HT-29", dose("MG-132", 10e-6), hours=4) == 1
    assert alive("HT-29", dose("MG-132", 10e-6), hours=48) < 0.3


def test_flip_l_holds_necroptosis_back_and_flip_s_lets_it_happen() -> None:
    # Oberst 2011 Nature 471:363; Feoktistova 2011 Mol Cell 43:449.
    def necroptotic(**genotype: float) -> float:
        cells = Experiment(line=line("HT-29"), doses=(SM, TNF), genotype=genotype)
        well = grow(cells, times_hours=[24.0], cells=CELLS)
        dead = well.fates.death_hours <= 24
        return float(np.mean(dead & (well.fates.mode == 1)))

    assert necroptotic(**{"FLIP-S": 5}) > necroptotic(**{"FLIP-L": 5})
    assert necroptotic(**{"FLIP-S": 5}) > necroptotic() + 0.2


def test_an_untreated_line_that_kills_itself_with_a_mimetic_makes_little_tnf() -> None:
    resting, treated = (
        grow(experiment("MDA-MB-231", *doses), times_hours=[24.0], cells=CELLS) for doses in ((), (SM,))
    )
    assert measure(resting, "elisa", "TNF", [24.0])[0] < 100
    assert measure(treated, "elisa", "TNF", [24.0])[0] > 5 * measure(resting, "elisa", "TNF", [24.0])[0]

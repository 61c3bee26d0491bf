"""What stands in the tables of a PEtab problem: conditions, observables and parameters of one cell line.

PEtab version 1 (Schmiester 2021 PLoS Comput Biol 17:e1008646). Doses are those of the protocols' five-condition matrix
and of the wells that it lacks; readouts are the formulas of ``readouts.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from avpi.network.antimony import exact
from avpi.network.parameters import parameters
from avpi.network.pharmacology import Constant, Pharmacology
from avpi.population.experiment import Dose
from avpi.population.readouts import BANDS, NUCLEAR

REST = "rest"
"""The condition in which cells settle before anything is done."""
SM, TNF, ZVAD = Dose(reagent="SM", amount=100e-9), Dose(reagent="TNF", amount=10.0), Dose(reagent="zVAD", amount=20e-6)
NEC1, ANTI_TNF = Dose(reagent="Nec-1", amount=10e-6), Dose(reagent="anti-TNF", amount=1000.0)

MATRIX: Mapping[str, tuple[Dose, ...]] = MappingProxyType(
    {
        "DMSO": (),
        "SM": (SM,),
        "SM_TNF": (SM, TNF),
        "SM_zVAD": (SM, ZVAD),
        "SM_zVAD_Nec1": (SM, ZVAD, NEC1),
        "TNF": (TNF,),
        "zVAD": (ZVAD,),
        "Nec1": (NEC1,),
        "SM_Nec1": (SM, NEC1),
        "SM_TNF_zVAD": (SM, TNF, ZVAD),
        "SM_TNF_zVAD_Nec1": (SM, TNF, ZVAD, NEC1),
        "SM_antiTNF": (SM, ANTI_TNF),
    }
)
"""The five conditions of the guide's matrix, then the controls and arms that it lacks."""
DOSE_CURVE: Mapping[str, tuple[Dose, ...]] = MappingProxyType(
    {
        "SM_10nM": (Dose(reagent="SM", amount=10e-9),),
        "SM_1uM": (Dose(reagent="SM", amount=1e-6),),
        "SM_10uM": (Dose(reagent="SM", amount=10e-6),),
    }
)
"""Protocol A's dose curve; its 100 nM is the matrix's."""
EARLY_HOURS = (0.25, 0.5, 1.0, 4.0)
"""Protocol A: when lysates are made."""
MATRIX_HOURS = (*EARLY_HOURS, 8.0, 24.0)

FADING = ("TNF_given", "zV")
"""States to which a dose is added; a condition gives their value at its beginning."""
ACCOUNTS = ("HA", "HN", "HL")
"""The accounts of dying, which begin anew after rest."""

BLOT_SD = 0.25
"""Standard deviation of a band's log: the error of one blot."""
FLOOR = 0.02
"""Share of full scale below which a blot shows only its background."""
NOISE = "sd_log_band"


@dataclass(frozen=True, slots=True)
class Observable:
    """What is measured: its formula, and what full scale is, whose share ``FLOOR`` is the background."""

    formula: str
    full_scale: str
    what: str

    @property
    def with_background(self) -> str:
        """The formula as an instrument sees it; never 0, so that its logarithm exists."""
        return f"{self.formula} + {FLOOR} * {self.full_scale}"


OBSERVABLES: Mapping[str, Observable] = MappingProxyType(
    {
        "obs_cIAP1": Observable(BANDS["cIAP1"], "C1_total", "cIAP1 band, nM"),
        "obs_cIAP2": Observable(BANDS["cIAP2"], "C1_total", "cIAP2 band, nM"),
        "obs_XIAP": Observable(BANDS["XIAP"], "XIAP_total", "XIAP band, nM"),
        "obs_NIK": Observable(BANDS["NIK"], "NIK_total", "NIK band, of what there is without cIAPs"),
        "obs_p100": Observable(BANDS["p100"], "p100_level", "p100 band, relative"),
        "obs_p52": Observable(BANDS["p52"], "p100_level", "p52 band, relative"),
        "obs_NFkB": Observable(NUCLEAR["NFkB"], "RelA", "RelA in the nucleus, of all RelA"),
        "obs_pRIPK1": Observable(BANDS["pRIPK1"], "TNFR1_total", "RIPK1 pS166 band, nM"),
        "obs_cleaved_CASP8": Observable(BANDS["cleaved-CASP8"], "CASP8_total", "cleaved caspase-8 band, nM"),
        "obs_cleaved_CASP3": Observable(BANDS["cleaved-CASP3"], "CASP3_total", "cleaved caspase-3 band, nM"),
        "obs_cleaved_PARP": Observable(BANDS["cleaved-PARP"], "1", "cut PARP, share"),
        "obs_pMLKL": Observable(BANDS["pMLKL"], "MLKL_total", "pMLKL band, nM"),
    }
)

ESTIMATED: Mapping[str, str] = MappingProxyType(
    {
        "k_entry": "how fast the mimetic enters: the delay of cIAP1's loss",
        "closed": "the dose that halves cIAP1: its affinity in cells over the mimetic's partition",
        "on_TRAF2": "the cIAP1 that is left; only its product with traf2_reach is seen, so that one is fixed",
        "k_auto": "how fast cIAP1 goes; one of the few constants that a dose and time course gives by itself",
        "k_C1": "how fast cIAP1 comes back",
        "autocrine": "death without added TNF; only its product with own_TNF is seen, so that one is fixed",
        "FLIP_total": "death with added TNF: FLIP against caspase-8, of which CASP8_total is fixed",
        "RIPK3_total": "necroptosis; only its product with MLKL_total is seen, so that one is fixed",
    }
)
"""What target engagement and a death matrix can tell, and why the rest is fixed: by the Fisher information of both
together, seven directions are known to better than a factor of 1.65; the others return their prior."""
OF_THE_COMPOUND: Mapping[str, str] = MappingProxyType(
    {
        "partition": "partition",
        "k_entry": "entry_per_hour",
        "traf2_reach": "traf2_reach",
        "cooperativity": "cooperativity",
        "EC50_lysis": "lysis_ec50_nM",
        "Kd_cIAP1": "kd_ciap1_nM",
        "Kd_cIAP2": "kd_ciap2_nM",
        "Kd_XIAP": "kd_xiap_nM",
    }
)
"""Parameter -> the compound's constant that gives its value and its range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow:
    """A row of parameters.tsv; ``scale`` is ``"log10"``, or ``"lin"`` for what is 0 or may be."""

    name: str
    what: str
    scale: str
    low: float
    high: float
    value: float
    estimate: bool
    why: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as it is written."""
        numbers = (exact(self.low), exact(self.high), exact(self.value))
        return (self.name, self.what, self.scale, *numbers, str(int(self.estimate)), self.why)


def parameter_rows(values: Mapping[str, float], compound: Pharmacology) -> tuple[ParameterRow, ...]:
    """Return every parameter that has a range, and the noise of the bands.

    Parameters
    ----------
    values : every parameter of the line, the compound's included.
    compound : the mimetic, whose constants have ranges of their own.
    """
    ranges = {p.name: (p.low, p.high, f"{p.what}, {p.unit}", p.source) for p in parameters().values()}
    for name, constant in OF_THE_COMPOUND.items():
        found: Constant = getattr(compound, constant)
        ranges[name] = (found.low, found.high, f"{parameters()[name].what}, {found.unit}", found.source)
    rows = [
        _row(name, values[name], low, high, what, source)
        for name, (low, high, what, source) in ranges.items()
        if low < high
    ]
    noise = ParameterRow(
        name=NOISE,
        what="standard deviation of the logarithm of a band",
        scale="lin",
        low=0.05,
        high=1.0,
        value=BLOT_SD,
        estimate=False,
        why="fixed: the error of one blot",
    )
    return (*rows, noise)


def _row(name: str, value: float, low: float, high: float, what: str, source: str) -> ParameterRow:
    """Return the row of a parameter; a line's value outside of its prior widens the bounds and says so."""
    silent = value == 0
    estimate = name in ESTIMATED and not silent
    if estimate:
        why = f"estimated: {ESTIMATED[name]}"
    elif silent and name in ESTIMATED:
        why = "fixed: this line has none"
    else:
        why = "fixed: these data do not tell it"
    outside = "" if low <= value <= high else f"; the line's value lies outside of {exact(low)} to {exact(high)}"
    return ParameterRow(
        name=name,
        what=what,
        scale="log10" if low > 0 and not silent else "lin",
        low=min(low, value),
        high=max(high, value),
        value=value,
        estimate=estimate,
        why=f"{why}{outside}. Value and range: {source}",
    )

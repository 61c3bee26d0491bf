"""What is true in a simulated study: everything that its raw files are made from, before the laboratory adds noise.

A :class:`Truth` comes from a model of the pathway (``from_pathway.py``) or from a person; the laboratory
(``lab_study.py``) does not ask which. It holds fractions of vehicle and shares of cells, never counts or grey levels:
those belong to instruments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from avpi.errors import OurFault
from avpi.virtual_lab.design import Design, Lane

SHARES_SUM_WITHIN = 1e-9
"""How far the four shares may be from 1: rounding of a sum, nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadrants:
    """Shares of single cells by Annexin V and PI, as a cytometry plot has them; they sum to 1.

    Early apoptosis is Annexin V positive only. Late apoptosis and necroptosis share the double positive quadrant.
    """

    live: float
    annexin_positive_pi_negative: float
    annexin_positive_pi_positive: float
    annexin_negative_pi_positive: float

    def __post_init__(self) -> None:
        if min(self.shares) < 0 or not math.isclose(sum(self.shares), 1, abs_tol=SHARES_SUM_WITHIN):
            message = f"the shares {self.shares} are no parts of 1"
            raise OurFault(message)

    @property
    def shares(self) -> tuple[float, float, float, float]:
        """The four shares in the order of ``KINDS`` in ``cells.py``."""
        return (
            self.live,
            self.annexin_positive_pi_negative,
            self.annexin_positive_pi_positive,
            self.annexin_negative_pi_positive,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BlotTruth:
    """Amounts on one membrane, lane by lane; each a fraction of the vehicle's cIAP1.

    Attributes
    ----------
    lanes : when and with which dose each lane was harvested, from left to right.
    ciap1 : its amount in each lane.
    ciap2 : the band just below it, where the antibody sees cIAP2 as well.
    xiap : a probe of its own, as a fraction of the vehicle's XIAP; None where nobody probed for it.
    """

    lanes: tuple[Lane, ...]
    ciap1: tuple[float, ...]
    ciap2: tuple[float, ...] | None = None
    xiap: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for amounts in (self.ciap1, self.ciap2, self.xiap):
            if amounts is not None and (len(amounts) != len(self.lanes) or min(amounts) < 0):
                message = f"{amounts} are no amounts in {len(self.lanes)} lanes"
                raise OurFault(message)

    @property
    def without_neighbour(self) -> BlotTruth:
        """The membrane as an antibody shows it that does not see cIAP2."""
        return replace(self, ciap2=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsTruth:
    """What the cells of one experiment did.

    Attributes
    ----------
    blots : name of a membrane in the design -> amounts in its lanes.
    viability : label of a condition -> viability by ATP as a fraction of vehicle.
    quadrants : label of a condition in cytometry -> its shares of cells.
    """

    blots: Mapping[str, BlotTruth]
    viability: Mapping[str, float]
    quadrants: Mapping[str, Quadrants]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The call that a faultless laboratory would make of a study: the verdict's own rules, walked on true values.

    Attributes
    ----------
    leaf : the leaf of ``verdict/tree.yaml`` that a right call names.
    missing : conditions that a right verdict names as missing.
    arm : the condition in which the death is read; empty where there is none.
    path : every question on the way, with its true value and the answer.
    effects : name of an effect, and its arm where it has one -> its true value (shares from 0 to 1).
    nearest : how far the nearest value on the way is from where it would be answered otherwise; infinite without any.
    """

    leaf: str
    missing: tuple[str, ...]
    arm: str
    path: tuple[str, ...]
    effects: Mapping[str, float]
    nearest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deaths:
    """How cells of one condition died until plates were read.

    Attributes
    ----------
    dead : share of the cells that were seeded.
    apoptosis, necroptosis, lysis : shares of those deaths; all 0 where nobody died.
    """

    dead: float
    apoptosis: float
    necroptosis: float
    lysis: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """What the model knows and no laboratory sees directly.

    Attributes
    ----------
    deaths : condition -> how its cells died.
    alone : condition -> viability of cells that do not share what they secrete, as a fraction of such vehicle cells.
    tnf_blocked : condition -> its viability with anti-TNF, whether or not the design has that arm.
    differs : where the laboratory's call and this are not the same, in words.
    """

    deaths: Mapping[str, Deaths]
    alone: Mapping[str, float]
    tnf_blocked: Mapping[str, float]
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of one cell line with one compound.

    Attributes
    ----------
    name : short, for folders and barcodes.
    title : of the study.
    cell_line, compound : as the files show them.
    working_dose_molar : of the compound.
    cells : one entry that all experiments share, and the laboratory moves it from day to day; or one entry for each
        experiment, which are taken as they are, because whoever made them has already said how days differ.
    leaf : the leaf of ``verdict/tree.yaml`` that a right call names.
    missing : conditions that a right verdict names as missing.
    compound_is : what stands beside the compound in study.yaml.
    origin : where the values come from, as README.md tells it.
    expected : how the rules lead from the true values to ``leaf``; None where a person declared the leaf.
    mechanism : what a model knows beside; None where there is no model.
    """

    name: str
    title: str
    cell_line: str
    compound: str
    working_dose_molar: float
    cells: tuple[CellsTruth, ...]
    leaf: str
    missing: tuple[str, ...] = ()
    compound_is: str = "a Smac mimetic"
    origin: str = "assumed true values"
    expected: Expectation | None = None
    mechanism: Mechanism | None = None

    def of(self, number: int) -> CellsTruth:
        """Return the truth of an experiment, counted from 0."""
        return self.cells[0] if self.is_shared else self.cells[number]

    @property
    def is_shared(self) -> bool:
        """True if one truth holds for every experiment."""
        return len(self.cells) == 1


def require_fit(truth: Truth, design: Design) -> None:
    """Check that a truth says everything that a design asks of it.

    Raises
    ------
    OurFault
        If an experiment, a membrane, a lane or a condition has no truth.
    """
    if not truth.is_shared and len(truth.cells) != len(design.experiments):
        message = f"{len(truth.cells)} experiments are true, {len(design.experiments)} are designed"
        raise OurFault(message)
    for cells in truth.cells:
        lanes = {name: blot.lanes for name, blot in cells.blots.items()}
        if any(lanes.get(name) != wanted for name, wanted in design.membranes.items()):
            message = f"the membranes of '{truth.name}' are not those of the design '{design.name}'"
            raise OurFault(message)
        lacking = [label for label in design.conditions if label not in cells.viability]
        lacking += [label for label in design.samples if label not in cells.quadrants]
        if lacking:
            message = f"'{truth.name}' says nothing of {', '.join(dict.fromkeys(lacking))}"
            raise OurFault(message)

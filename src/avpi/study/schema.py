"""The study file, schema 1: what the experimenter declares. Every key is in docs/study-format.md.

Strict and closed: an unknown key or a wrong type is an error with its line (``read.py``), never a guess.
Quantities are texts with units in the file and floats in the unit of their name here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationInfo

from avpi.quantity import Kind, QuantityError, example, parse_quantity


def _quantity(kind: Kind) -> BeforeValidator:
    def read(value: Any, info: ValidationInfo) -> float:
        decimal = (info.context or {}).get("decimal", "")
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value == 0:
                return 0.0
            message = f"'{value}' has no unit: write it with one, such as {example(kind)}"
            raise QuantityError(message)
        if not isinstance(value, str):
            found = "empty" if value is None else f"'{value}'" if isinstance(value, bool) else "not one value"
            message = f"is {found}: write a number with its unit, such as {example(kind)}"
            raise QuantityError(message)
        return parse_quantity(value, kind, decimal=decimal, zero_without_unit=True).value

    return BeforeValidator(read)


Molar = Annotated[float, _quantity("concentration")]
Minutes = Annotated[float, _quantity("time")]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f/\\]+$")]
RelativePath = Annotated[str, Field(min_length=1, max_length=500)]


class Declared(BaseModel):
    """Root of every part of the study file: strict types, no unknown keys, no change after reading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class OwnReagent(Declared):
    """A reagent that the vocabulary lacks, declared by the study."""

    unit: Literal["molar", "ng_per_ml", "none"] = "molar"
    role: str = "other"


class Lane(Declared):
    """One lane, in the order in which the gel was loaded, left to right as the experimenter counts.

    ``dose`` is the mimetic's (0 for vehicle; the working dose where absent); ``condition`` replaces it where
    more was added. ``empty`` and ``ladder`` lanes are counted but not read.
    """

    time: Minutes | None = None
    dose: Molar | None = None
    condition: str | None = None
    label: str | None = None
    empty: bool = False
    ladder: bool = False


class LoadingControl(Declared):
    """The loading control: a band on the same image, or another image of the same membrane."""

    name: str
    image: RelativePath | None = None
    row: Annotated[float, Field(ge=0)] | None = None
    allow_saturated: bool = False


class Neighbour(Declared):
    """A band that the antibody also sees, such as cIAP2 below cIAP1."""

    name: str
    side: Literal["above", "below"]


class Exposure(Declared):
    """A further exposure of the same membrane, probed once and lying still."""

    image: RelativePath
    seconds: Annotated[float, Field(gt=0)] | None = None


class Blot(Declared):
    """One probed image of a membrane, or several exposures of it, which are read as one.

    ``seconds`` is the exposure time of ``image``; it and those of ``exposures`` may stand in the files instead.
    """

    name: Name
    experiment: str
    image: RelativePath
    seconds: Annotated[float, Field(gt=0)] | None = None
    exposures: tuple[Exposure, ...] = ()
    target: str
    loading_control: LoadingControl | None = None
    lanes: Annotated[tuple[Lane, ...], Field(min_length=1, max_length=60)]
    membrane: str | None = None
    mirrored: bool = False
    target_row: Annotated[float, Field(ge=0)] | None = None
    neighbours: tuple[Neighbour, ...] = ()
    allow_lossy: bool = False


class Layout(Declared):
    """Where the meaning of each well stands: a file (table, grid, wellmap TOML) or the wells written out.

    ``origin`` is the plate's well that the first cell of an unlabelled grid stands for; ``"auto"`` places
    it from row and column labels and refuses a grid that has none and is smaller than the plate.
    ``blank_header`` skips an empty first row and column. ``plate`` chooses among the plates of a dispenser's record;
    ``stocks`` and ``assay_volume_ul`` turn its volumes into concentrations. ``unlabelled`` says what a measured well
    without an entry is; without it such wells are left out and named in a finding.
    """

    file: RelativePath | None = None
    wells: dict[str, str] = Field(default_factory=dict)
    origin: str = "auto"
    blank_header: bool = False
    columns: dict[str, str] = Field(default_factory=dict)
    dose_unit: str | None = None
    plate: str | None = None
    stocks: dict[str, str] = Field(default_factory=dict)
    assay_volume_ul: Annotated[float, Field(gt=0)] | None = None
    unlabelled: Literal["vehicle", "empty", "blank"] | None = None


LAYOUT_BRANCHES = ("layout is a path", "layout is a mapping")
"""Names of the two forms of a layout in pydantic's error locations."""


def _layout_branch(value: Any) -> str | None:
    if isinstance(value, str):
        return LAYOUT_BRANCHES[0]
    return LAYOUT_BRANCHES[1] if isinstance(value, dict | Layout) else None


# One branch is chosen by the value's kind, so that a fault in it is told once and not for both.
PathOrLayout = Annotated[
    Annotated[RelativePath, Tag(LAYOUT_BRANCHES[0])] | Annotated[Layout, Tag(LAYOUT_BRANCHES[1])],
    Discriminator(_layout_branch, custom_error_type="layout_kind", custom_error_message="not a layout"),
]


class PlateFile(Declared):
    """One plate of a reader's export."""

    name: Name
    experiment: str
    file: RelativePath
    layout: PathOrLayout
    readout: str = "CellTiter-Glo"
    plate: str | None = None
    read: str | None = None
    minutes_after_dose: Minutes | None = Field(default=None, alias="time")
    time_zero: bool = False


class Sample(Declared):
    """One FCS file of cells."""

    name: Name
    experiment: str
    file: RelativePath
    condition: str
    time: Minutes | None = None
    data_set: Annotated[int, Field(ge=1)] = 1


class Controls(Declared):
    """Control tubes of one experiment (or of all, where ``experiment`` is absent)."""

    experiment: str | None = None
    unstained: RelativePath | None = None
    single_stains: dict[str, RelativePath] = Field(default_factory=dict)


class Cytometry(Declared):
    """How the samples were stained: stain -> channel (``$PnN`` or ``$PnS``), and the control tubes.

    ``spillover`` is a table of the matrix; it comes before the one in the files and before single stains.
    """

    readout: str = "annexin_v_pi"
    channels: dict[str, str] = Field(default_factory=dict)
    spillover: RelativePath | None = None
    controls: tuple[Controls, ...] = ()


class Rules(Declared):
    """Thresholds of the verdict; the defaults are those of verdict.md and every one is printed in the report."""

    engaged: Share = 0.90
    partially_engaged: Share = 0.50
    engagement_by: Minutes = 30.0
    rebound_from: Minutes = 240.0
    kill: Share = 0.30
    caspase_dependent: Share = 0.50
    partly_caspase_dependent: Share = 0.20
    ripk1_dependent: Share = 0.50
    tnf_dependent: Share = 0.50
    toxic_alone: Share = 0.30
    call: Annotated[float, Field(gt=0.5, le=1)] = 0.80
    z_prime_warn: float = 0.4
    z_prime_fail: float = 0.0
    events_warn: Annotated[int, Field(ge=1)] = 2000
    events_fail: Annotated[int, Field(ge=1)] = 500
    lytic_dose: Molar = 1e-6
    draws: Annotated[int, Field(ge=1000, le=1_000_000)] = 10_000


class StudyFile(Declared):
    """The whole of study.yaml."""

    schema_: Literal[1] = Field(alias="schema")
    title: Annotated[str, Field(min_length=1, max_length=300)]
    compound: Annotated[str, Field(min_length=1, max_length=100)]
    cell_line: Annotated[str, Field(min_length=1, max_length=100)]
    working_dose: Annotated[Molar, Field(gt=0)]
    decimal: Literal[".", ","] | None = None
    doses: dict[str, str] = Field(default_factory=dict)
    reagents: dict[str, OwnReagent] = Field(default_factory=dict)
    experiments: Annotated[tuple[Name, ...], Field(min_length=1, max_length=200)]
    blots: tuple[Blot, ...] = ()
    plates: tuple[PlateFile, ...] = ()
    cytometry: Cytometry | None = None
    samples: tuple[Sample, ...] = ()
    rules: Rules = Rules()
    notes: str | None = None

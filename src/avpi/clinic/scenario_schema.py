"""What a scenario file may hold, schema 1: strict and closed. docs/howto/trials.md explains every key."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Pair = tuple[NotNegative, NotNegative]
NEEDED = "needed"
"""Stands for the ratio that is solved for."""
Quantity = Literal[
    "hazard_ratio", "log_rank_p", "median_control", "median_experimental", "events", "toxic_excess",
    "response_positive", "response_positive_control", "response_negative", "response_negative_control",
    "response_gain", "interaction_z", "gate_positive", "gate_negative",
]  # fmt: skip
Verified = Literal["read", "derived", "secondary", "recalled", "not reached"]


class Part(BaseModel):
    """Root of every part: strict types, no unknown keys, no change after reading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PublishedFile(Part):
    """A published number, with its source and what of a simulated trial it is compared with.

    ``precision`` is by how much the true number may differ from the one that was printed.
    """

    id: Name
    what: Text
    value: float | None = None
    low: float | None = None
    high: float | None = None
    precision: NotNegative = 0.0
    quantity: Quantity | None = None
    source: Text
    verified: Verified
    cannot: Text | None = None

    @model_validator(mode="after")
    def _is_compared_or_says_why_not(self) -> Self:
        if (self.quantity is None) == (self.cannot is None):
            message = "needs either 'quantity', with which it is compared, or 'cannot', why it is not"
            raise ValueError(message)
        if self.quantity is not None and self.value is None:
            message = "has a quantity and no value to compare it with"
            raise ValueError(message)
        return self


class LookFile(Part):
    """A look at the data: at so many events, at a month, or at the first of both."""

    events: Annotated[int, Field(gt=0)] | None = None
    months: Positive | None = None


class AccrualFile(Part):
    """Patients who come in each period."""

    months: tuple[Positive, ...]
    per_month: tuple[NotNegative, ...]


class DesignFile(Part):
    """How the trial is conducted."""

    patients: Annotated[int, Field(ge=2, le=100_000)]
    block: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (2, 2)
    by_assay: bool = False
    accrual: AccrualFile
    looks: Annotated[tuple[LookFile, ...], Field(min_length=1)]
    tests: Literal["log-rank", "every"] = "log-rank"
    stratified: bool = False
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.025
    why: Text


class StratumFile(Part):
    """A group known at entry."""

    name: Text
    share: Share
    hazard_ratio: Positive


class ControlFile(Part):
    """The control arm, and what leaves follow-up."""

    begins: tuple[NotNegative, ...] = (0.0,)
    hazard: tuple[NotNegative, ...] = (0.0,)
    drop_out: Pair = (0.0, 0.0)
    strata: tuple[StratumFile, ...] = ()
    why: Text


class AssayFile(Part):
    """The biomarker's assay."""

    sensitivity: Share = 1.0
    specificity: Share = 1.0
    missing: Share = 0.0
    why: Text


class ExposureFile(Part):
    """How long the target is engaged; the classes' strengths are the engaged share of the interval."""

    peak_over_threshold: Positive
    cv: NotNegative
    half_life_hours: Positive
    interval_hours: Positive
    why: Text


class ClassFile(Part):
    """Patients whose tumours answer alike; ratios per period, or one for all periods."""

    name: Text
    share: Share
    ratio: tuple[Positive | Literal["needed"], ...] = (1.0,)
    marked: Share = 0.0
    cured: tuple[Share, Share] = (0.0, 0.0)
    response: tuple[Share, Share] = (0.0, 0.0)


class VariantFile(Part):
    """One set of assumptions."""

    name: Name
    what: Text
    assumes: Annotated[tuple[Text, ...], Field(min_length=1)]
    sources: tuple[Text, ...] = ()
    classes: Annotated[tuple[ClassFile, ...], Field(min_length=1)]
    solve_to: Name | None = None
    needed_from: Name | None = None
    toxic: tuple[tuple[NotNegative, ...], tuple[NotNegative, ...]] = ((0.0,), (0.0,))
    stop_per_month: NotNegative = 0.0
    exposure: ExposureFile | None = None
    immune: Name | None = None
    enrol: tuple[Literal["all", "positive"], ...] = ("all",)

    @model_validator(mode="after")
    def _needed_is_found_somewhere(self) -> Self:
        asked = any(value == NEEDED for own in self.classes for value in own.ratio)
        if asked and (self.solve_to is None) == (self.needed_from is None):
            message = "has a ratio that is 'needed': give 'solve_to', a published number, or 'needed_from', a variant"
            raise ValueError(message)
        if not asked and (self.solve_to or self.needed_from):
            message = "solves for a ratio, and none of its classes has the ratio 'needed'"
            raise ValueError(message)
        total = sum(own.share for own in self.classes)
        if abs(total - 1) > 1e-6:
            message = f"shares of the classes add up to {total:g}, not to 1"
            raise ValueError(message)
        return self


class DilutionFile(Part):
    """A table of the harm that the patients who do not benefit must have for the trial to show a published ratio."""

    published: Name
    benefiting: tuple[Share, ...]
    ratios: tuple[Positive, ...]
    control_survival: Annotated[float, Field(gt=0, lt=1)]
    why: Text


class AssuranceFile(Part):
    """What a go after this trial is worth."""

    events: Positive
    next_events: Positive
    go_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.025
    median: Positive
    spread: NotNegative
    first: tuple[Positive, Positive, Positive]
    second: tuple[Positive, Positive, Positive]
    why: Text


class GateFile(Part):
    """A Bayesian gate on the gain of a response rate."""

    margin: Annotated[float, Field(ge=-1, le=1)] = 0.075
    threshold: Share
    why: Text


class ScenarioFile(Part):
    """A trial, what was published of it, and the sets of assumptions under which it is simulated."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    name: Name
    title: Text
    what: Text
    endpoint: Literal["survival", "response"]
    endpoint_words: Text
    published: tuple[PublishedFile, ...]
    design: DesignFile
    control: ControlFile
    assay: AssayFile
    gate: GateFile | None = None
    variants: Annotated[tuple[VariantFile, ...], Field(min_length=1)]
    dilution: DilutionFile | None = None
    assurance: AssuranceFile | None = None

    @model_validator(mode="after")
    def _names_refer_to_something(self) -> Self:
        published = {own.id for own in self.published if own.quantity == "hazard_ratio"}
        names = [own.name for own in self.variants]
        if len(set(names)) < len(names):
            message = "two variants have one name"
            raise ValueError(message)
        for index, own in enumerate(self.variants):
            if own.solve_to is not None and own.solve_to not in published:
                message = f"variant '{own.name}' solves to '{own.solve_to}', which is no published hazard ratio"
                raise ValueError(message)
            if own.needed_from is not None and own.needed_from not in names[:index]:
                message = f"variant '{own.name}' takes its ratio from '{own.needed_from}', no variant before it"
                raise ValueError(message)
            periods = len(self.control.begins)
            for kind in own.classes:
                if len(kind.ratio) not in (1, periods):
                    message = f"'{own.name}', '{kind.name}': {len(kind.ratio)} ratios for {periods} periods"
                    raise ValueError(message)
        if self.dilution is not None and self.dilution.published not in published:
            message = f"dilution refers to '{self.dilution.published}', which is no published hazard ratio"
            raise ValueError(message)
        return self

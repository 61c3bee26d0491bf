"""The drawing shows the model: every species has its place, every arrow an equation, and the file is what is drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from avpi.network.assemble import pathway
from avpi.network.drawing import HALF, Place, arrows, layout, places, svg
from avpi.network.lines import lines
from avpi.network.parts import names_in
from avpi.network.reagents import mimetic, mimetic_parameters
from avpi.population.experiment import Experiment
from avpi.population.petab import average_cell, rested
from avpi.population.petab_tables import MATRIX
from tests.house.checkout import CHECKOUT

FILE = CHECKOUT / "docs" / "explanation" / "pathway.svg"
SMALLEST_TEXT = 10
DOSES = {"anti_TNF": 10.0, "IL1": 1.0, "TRAIL": 10.0, "D_medium": 100.0, "CHX": 0.1, "Nec1": 0.1, "GSK872": 0.1}


class Slopes:
    """Rates and rules of the model at a state in the middle of things, and how they answer a small change."""

    def __init__(self) -> None:
        compound = mimetic("SM")
        assert compound is not None
        base = {**Experiment(line=lines()["HT-29"]).base(), **mimetic_parameters(compound)}
        names = [species.name for species in pathway().species]
        (row,) = average_cell(base, rested(base), MATRIX["SM_TNF"], times_hours=[3.0], observe=names, stop=None)
        self.values: dict[str, float] = {**base, **DOSES, **{n: max(v, 0.05) for n, v in zip(names, row, strict=True)}}
        self.rules = {rule.name: rule.formula for rule in pathway().rules}

    def of(self, formula: str, values: Mapping[str, float], known: dict[str, float] | None = None) -> float:
        known = {} if known is None else known
        for name in names_in(formula):
            if name not in known:
                known[name] = self.of(self.rules[name], values, known) if name in self.rules else values[name]
        return float(eval(formula.replace("^", "**"), {"sqrt": math.sqrt, "__builtins__": {}}, known))

    def change_of(self, target: str, values: Mapping[str, float]) -> float:
        made = [self.of(r.rate, values) for r in pathway().reactions if target in r.products]
        lost = [self.of(r.rate, values) for r in pathway().reactions if target in r.reactants]
        return math.fsum([*made, *(-rate for rate in lost)])

    def sign(self, source: str, target: str, through: str) -> float:
        step = 1e-4 * max(self.values[source], 1e-2)
        more, less = ({**self.values, source: self.values[source] + s * step} for s in (1, -1))
        if through:
            return self.of(through, more) - self.of(through, less)
        return self.change_of(target, more) - self.change_of(target, less)


@pytest.fixture(scope="module")
def slopes() -> Slopes:
    return Slopes()


def test_every_species_has_its_place() -> None:
    assert list(places()) != []  # it raises where the layout and the model differ
    assert set(places()) == {species.name for species in pathway().species}


def test_every_species_stands_in_the_box_of_its_module() -> None:
    for module in pathway().modules:
        for species in module.species:
            x, y, width, height = layout()["modules"][module.name]["box"]
            place = places()[species.name]
            assert x < place.x - place.half_width, species.name
            assert place.x + place.half_width < x + width, species.name
            assert y < place.y - HALF < place.y + HALF < y + height, species.name


def test_no_two_labels_overlap() -> None:
    added = [Place(entry["at"][0], entry["at"][1], entry["label"]) for entry in layout()["added"]]
    for one, other in combinations([*places().values(), *added], 2):
        apart_across = abs(one.x - other.x) > one.half_width + other.half_width
        assert apart_across or abs(one.y - other.y) > 2 * HALF, (one.label, other.label)


def told(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('from', entry.get('dose'))} {entry['acts']} {entry['to']}"


@pytest.mark.parametrize("entry", layout()["arrows"] + layout()["added"], ids=told)
def test_every_arrow_is_an_equation(entry: Mapping[str, Any], slopes: Slopes) -> None:
    slope = slopes.sign(entry.get("from", entry.get("dose")), entry["to"], entry.get("through", ""))
    assert math.copysign(1, slope) == (1 if entry["acts"] == "+" else -1)
    assert slope != 0


def test_every_conversion_is_drawn() -> None:
    drawn = sum(arrow.sign == "=" for arrow in arrows())
    assert drawn == sum(len(r.reactants) * len(r.products) for r in pathway().reactions)


def test_the_file_is_what_is_drawn() -> None:
    assert FILE.read_text("utf-8") == svg(), "python -m avpi.network.drawing > docs/explanation/pathway.svg"


def test_it_is_xml_with_a_ground_of_its_own_and_text_that_can_be_read() -> None:
    root = ET.fromstring(svg())
    ground = root.find("{http://www.w3.org/2000/svg}rect")
    assert ground is not None
    assert ground.get("fill") == "#ffffff"
    assert min(map(float, re.findall(r'font-size="([\d.]+)"', svg()))) >= SMALLEST_TEXT

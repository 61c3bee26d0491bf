"""What is not taken is refused by its name and its line, all of it at once."""

from __future__ import annotations

import pytest

from avpi.errors import FileFormatError
from avpi.solver.sbml import equations_of_sbml
from tests.solver.models import (
    EVENT,
    MATHML,
    assignment_rule,
    compartment,
    decay,
    document,
    function,
    initial_assignment,
    math,
    parameter,
    rate_rule,
    reaction,
    species,
    with_item,
)
from tests.solver.refused import assert_refused, line_of, refused

COMP = "http://www.sbml.org/sbml/level3/version1/comp/version1"


def rule_of(formula: str) -> str:
    return with_item("rules", assignment_rule("k", formula))


def test_an_event_is_refused_with_its_line() -> None:
    assert_refused(with_item("events", EVENT), "the event 'dose' is not taken", "<event ")


def test_an_algebraic_rule_is_refused_with_its_line() -> None:
    text = with_item("rules", f"<algebraicRule>{math('k + A - 1')}</algebraicRule>\n")
    assert_refused(text, "an algebraic rule is not taken", "<algebraicRule")


def test_a_constraint_is_refused_with_its_line() -> None:
    text = with_item("constraints", f"<constraint>{math('A > 0')}</constraint>\n")
    assert_refused(text, "a constraint is not taken", "<constraint")


@pytest.mark.parametrize(
    ("formula", "construct"),
    [
        ("delay(A, 1)", "'delay'"),
        ("piecewise(1, A > 2, 0)", "'piecewise'"),
        ("abs(A)", "'abs'"),
        ("floor(A)", "'floor'"),
        ("ceil(A)", "'ceiling'"),
        ("A > 2", "'gt'"),
        ("A > 2 && A < 3", "'and'"),
        ("sin(A)", "'sin'"),
        ("factorial(A)", "'factorial'"),
        ("rateOf(A)", "'rateOf'"),
        ("1 + 2 * abs(A)", "'abs'"),
    ],
)
def test_a_function_that_is_not_smooth_is_refused_with_its_line(formula: str, construct: str) -> None:
    what = f"in the assignment rule of 'k': {construct} is not taken"
    assert_refused(rule_of(formula), what, "<assignmentRule")


@pytest.mark.parametrize("name", ["min", "max"])
def test_what_only_the_newest_sbml_has_is_refused_with_its_line(name: str) -> None:
    rule = assignment_rule("k", f"{name}(A, 2)")
    text = document(3, 2, species=species("A", concentration=1.0), parameters=parameter("k"), rules=rule)
    assert_refused(text, f"in the assignment rule of 'k': '{name}' is not taken", "<assignmentRule")
    assert_refused(rule_of(f"{name}(A, 2)"), f"<{name}> is not valid in SBML Level 3 Version 1", "<assignmentRule")


def test_a_delay_is_called_so_whatever_the_model_calls_it() -> None:
    assert_refused(rule_of("delay(A, 1)").replace("> delay <", "> lag <"), "'delay' is not taken", "<assignmentRule")


def test_a_refused_function_in_a_rate_is_refused_with_its_reaction() -> None:
    text = with_item("reactions", reaction("S", "A ->", "abs(A)"))
    assert_refused(
        text, "in the kinetic law of 'S': 'abs' is not taken", "<kineticLaw><math " + MATHML + "> <apply> <abs"
    )


def test_a_refused_function_inside_the_models_own_is_refused_where_it_is_used() -> None:
    text = with_item("functions", function("rectified", "x", "abs(x) + x"))
    text = text.replace("<ci> k </ci>", "<apply> <ci> rectified </ci> <ci> k </ci> </apply>")
    assert_refused(text, "in the kinetic law of 'R': 'abs' is not taken", "<kineticLaw")


def test_a_fast_reaction_is_refused_with_its_line() -> None:
    text = with_item("reactions", reaction("S", "A ->", "A", attributes='fast="true"'))
    assert_refused(text, "the fast reaction 'S' is not taken", '<reaction id="S"')


def test_a_conversion_factor_of_the_model_is_refused_with_its_line() -> None:
    text = decay().replace('<model id="small"', '<model id="small" conversionFactor="k"')
    assert_refused(text, "the conversion factor 'k' is not taken", "<model ")


def test_a_conversion_factor_of_a_species_is_refused_with_its_line() -> None:
    text = with_item("species", species("B", concentration=1.0, attributes='conversionFactor="k"'))
    assert_refused(text, "the conversion factor of species 'B' is not taken", '<species id="B"')


@pytest.mark.parametrize("rule", [rate_rule("cell", "1"), assignment_rule("cell", "1 + time")])
def test_a_changing_volume_is_refused_with_its_line(rule: str) -> None:
    text = with_item("rules", rule).replace('spatialDimensions="3" constant="true"', 'constant="false"')
    assert_refused(text, "the changing volume of compartment 'cell' is not taken", rule.split(">")[0])


@pytest.mark.parametrize("size", [0.0, -1.0])
def test_a_volume_that_is_not_above_0_is_refused_with_its_line(size: float) -> None:
    text = document(
        compartments=compartment("box", size),
        species=species("A", concentration=1.0, where="box"),
        reactions=reaction("R", "A ->", "A"),
    )
    assert_refused(text, f"compartment 'box' of size {size:g} is not taken", "<compartment ")


def test_a_computed_stoichiometry_is_refused_with_its_line() -> None:
    text = document(
        2,
        4,
        species=species("A", concentration=1.0),
        reactions=reaction("R", "A ->", "A", level=2).replace(
            ' stoichiometry="1"/>',
            f">\n<stoichiometryMath>{math('A')}</stoichiometryMath></speciesReference>",
        ),
    )
    assert_refused(text, "the computed stoichiometry of 'A' in 'R' is not taken", "<speciesReference")


@pytest.mark.parametrize(
    ("kind", "item", "what"),
    [
        ("rules", assignment_rule("n", "2"), "the changing stoichiometry 'n'"),
        ("rules", rate_rule("n", "2"), "the changing stoichiometry 'n'"),
        ("initial", initial_assignment("n", "2"), "the assigned stoichiometry 'n'"),
    ],
)
def test_an_assigned_stoichiometry_is_refused_with_its_line(kind: str, item: str, what: str) -> None:
    text = with_item(kind, item).replace(
        'species="A" stoichiometry="1" constant="true"', 'id="n" species="A" constant="false"'
    )
    assert_refused(text, f"{what} is not taken", item.split(">")[0])


def test_a_missing_stoichiometry_is_refused_with_its_line() -> None:
    text = decay().replace('stoichiometry="1"', 'stoichiometry="NaN"')
    assert_refused(text, "the missing stoichiometry of 'A' in 'R' is not taken", "<speciesReference")


def test_a_required_package_is_refused_with_its_line() -> None:
    text = decay().replace(' level="3"', f' xmlns:comp="{COMP}" comp:required="true" level="3"')
    assert_refused(text, "the required package 'comp' is not taken", "<sbml ")


def test_a_required_package_that_nobody_knows_is_refused_with_its_line() -> None:
    odd = COMP.replace("comp", "odd")
    text = decay().replace(' level="3"', f' xmlns:odd="{odd}" odd:required="true" level="3"')
    assert_refused(text, "Package 'odd' is a required package", "<sbml ")


def test_a_package_that_only_draws_is_taken() -> None:
    layout = "http://www.sbml.org/sbml/level3/version1/layout/version1"
    text = decay().replace(' level="3"', f' xmlns:layout="{layout}" layout:required="false" level="3"')
    assert equations_of_sbml(text, "model.xml").states == ("A",)


def test_a_reaction_without_a_law_is_refused_with_its_line() -> None:
    bare = reaction("S", "A ->", "k")
    bare = bare[: bare.index("<kineticLaw>")] + "</reaction>\n"
    assert_refused(with_item("reactions", bare), "reaction 'S' without a kinetic law is not taken", '<reaction id="S"')


def test_an_undeclared_species_is_refused_with_its_line() -> None:
    text = with_item("reactions", reaction("S", "A -> B", "k"))
    assert_refused(text, "species 'B' of 'S', which is not declared, is not taken", '<speciesReference species="B"')


def test_an_undeclared_compartment_is_refused_with_its_line() -> None:
    text = with_item("species", species("B", concentration=1.0, where="box"))
    assert_refused(text, "species 'B' in compartment 'box', which is not declared", '<species id="B"')


def test_an_undeclared_name_in_a_formula_is_refused_with_its_line() -> None:
    text = with_item("reactions", reaction("S", "A ->", "q * A"))
    assert refused(text) == [(line_of(text, "<ci> q"), "in the kinetic law of 'S': 'q' is not a quantity of the model")]


@pytest.mark.parametrize("item", [assignment_rule("q", "1"), rate_rule("q", "1"), rate_rule("R", "1")])
def test_a_rule_of_what_is_not_declared_is_refused_with_its_line(item: str) -> None:
    assert_refused(with_item("rules", item), "which is not declared, is not taken", item.split(">")[0])


def test_an_initial_assignment_of_what_is_not_declared_is_refused_with_its_line() -> None:
    text = with_item("initial", initial_assignment("q", "1"))
    assert_refused(text, "the initial assignment of 'q', which is not declared, is not taken", "<initialAssignment")


def test_an_initial_assignment_beside_an_assignment_rule_is_refused_with_its_line() -> None:
    text = rule_of("2").replace(
        "<listOfRules>",
        f"<listOfInitialAssignments>\n{initial_assignment('k', '1')}</listOfInitialAssignments>\n<listOfRules>",
    )
    assert_refused(text, "the initial assignment of 'k', which has an assignment rule,", "<initialAssignment")


def test_a_species_with_a_rule_that_reacts_is_refused_with_its_line() -> None:
    text = with_item("rules", rate_rule("A", "1"))
    assert_refused(text, "species 'A', which has a rule and takes part in reactions,", '<species id="A"')


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("parameters", parameter("A")),
        ("parameters", parameter("k")),
        ("species", species("cell", concentration=1.0)),
        ("reactions", reaction("k", "A ->", "A")),
    ],
)
def test_a_name_that_is_declared_twice_is_refused_with_its_second_line(kind: str, item: str) -> None:
    text = with_item(kind, item)
    ((line, what),) = refused(text)
    assert "declared a second time" in what
    assert line == text[: text.rindex(item.split(" value")[0].split(" compartment")[0])].count("\n") + 1


def test_a_second_rule_of_a_quantity_is_refused_with_its_line() -> None:
    text = with_item("rules", assignment_rule("k", "1") + rate_rule("k", "2"))
    assert_refused(text, "a second formula for 'k' is not taken", "<rateRule")


def test_circular_assignment_rules_are_refused_with_their_lines() -> None:
    text = document(
        species=species("A", concentration=1.0),
        parameters="".join(parameter(name, constant=False) for name in "xyz"),
        rules=assignment_rule("x", "2") + assignment_rule("y", "z + x") + assignment_rule("z", "y * A"),
        reactions=reaction("R", "A ->", "y * A"),
    )
    assert refused(text) == [
        (line_of(text, f'<assignmentRule variable="{name}"'), f"the assignment rule of '{name}' depends on itself")
        for name in "yz"
    ]


@pytest.mark.parametrize(
    ("formulas", "circle"),
    [({"x": "x"}, "x"), ({"x": "y", "y": "x"}, "xy"), ({"x": "2 * y + 1", "y": "z", "z": "x^2", "A": "3"}, "xyz")],
)
def test_circular_initial_assignments_are_refused_with_their_lines(formulas: dict[str, str], circle: str) -> None:
    text = document(
        species=species("A", concentration=1.0),
        parameters="".join(parameter(name) for name in "xyz"),
        initial="".join(initial_assignment(name, formula) for name, formula in formulas.items()),
        reactions=reaction("R", "A ->", "x * A"),
    )
    assert refused(text) == [
        (line_of(text, f'<initialAssignment symbol="{name}"'), f"the initial assignment of '{name}' depends on itself")
        for name in circle
    ]


@pytest.mark.parametrize(
    ("functions", "call", "what"),
    [
        (function("f", "x", "f(x) + 1"), "f(A)", "the function 'f' calls itself"),
        (function("f", "x", "g(x)") + function("g", "x", "f(x)"), "f(A)", "the function 'f' calls itself"),
        (function("f", "x", "x * k"), "f(A)", "'k' is no argument of the function that it stands in"),
        (function("f", "x, y", "x"), "f(A)", "'f' takes 2 arguments and was given 1"),
        ('<functionDefinition id="f"/>\n', "f(A)", "the function 'f' has no formula"),
        ("", "f(A)", "'f' is not a function that is taken"),
    ],
)
def test_a_function_that_cannot_be_written_out_is_refused_with_its_line(functions: str, call: str, what: str) -> None:
    text = document(
        functions=functions,
        species=species("A", concentration=1.0),
        parameters=parameter("k"),
        reactions=reaction("R", "A ->", call),
    ).replace("<listOfFunctionDefinitions>\n</listOfFunctionDefinitions>\n", "")
    assert_refused(text, f"in the kinetic law of 'R': {what}", "<kineticLaw")


@pytest.mark.parametrize(
    ("operation", "what"),
    [("minus", "'minus' was given 0"), ("divide", "'divide' was given 0"), ("exp", "'exp' was given 0")],
)
def test_an_operation_without_operands_is_refused_with_its_line(operation: str, what: str) -> None:
    text = decay().replace(
        "<apply> <times/> <ci> cell </ci> <ci> k </ci> <ci> A </ci> </apply>", f"<apply> <{operation}/> </apply>"
    )
    assert_refused(text, what, "<kineticLaw")


@pytest.mark.parametrize("number", ["<infinity/>", "<notanumber/>"])
def test_a_number_that_is_not_finite_is_refused_with_its_line(number: str) -> None:
    assert_refused(decay().replace("<ci> k </ci>", number), "is not finite", "<kineticLaw")


def test_a_formula_that_is_nested_too_deeply_is_refused_with_its_line() -> None:
    nested = "<apply><exp/>" * 3000 + "<ci>A</ci>" + "</apply>" * 3000
    assert_refused(
        decay().replace("<ci> k </ci>", nested), "the kinetic law of 'R' is nested too deeply", "<kineticLaw"
    )


def test_a_long_sum_is_taken() -> None:
    terms = "".join(f"<apply><times/><ci>cell</ci><cn>{i}</cn><ci>A</ci></apply>" for i in range(3000))
    text = decay().replace(
        "<apply> <times/> <ci> cell </ci> <ci> k </ci> <ci> A </ci> </apply>", f"<apply><plus/>{terms}</apply>"
    )
    own = equations_of_sbml(text, "model.xml")
    assert own.graph.symbols(own.rates[0]) == {"A"}


def test_level_1_is_refused_with_its_line() -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n\n<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2">'
        '<model name="m"><listOfCompartments><compartment name="cell"/></listOfCompartments><listOfSpecies>'
        '<species name="A" compartment="cell" initialAmount="1"/></listOfSpecies><listOfReactions><reaction name="R">'
        '<listOfReactants><speciesReference species="A"/></listOfReactants><kineticLaw formula="2*A"/></reaction>'
        "</listOfReactions></model></sbml>"
    )
    assert refused(text) == [(3, "SBML level 1 is not taken")]


def test_a_model_in_which_nothing_changes_is_refused() -> None:
    with pytest.raises(FileFormatError, match="nothing in the model changes with time"):
        equations_of_sbml(document(species=species("A", concentration=1.0)), "model.xml")


def test_every_fault_is_told_at_once() -> None:
    text = document(
        species=species("A", concentration=1.0) + species("B", concentration=1.0, where="box"),
        parameters=parameter("x", constant=False) + parameter("y", constant=False),
        initial=initial_assignment("x", "sin(1)"),
        rules=assignment_rule("y", "abs(x)") + rate_rule("cell", "1"),
        reactions=reaction("R", "A -> Z", "floor(A)") + reaction("S", "B ->", "q", attributes='fast="true"'),
        events=EVENT,
    )
    found = refused(text)
    named = ("'box'", "'sin'", "'abs'", "volume", "'Z'", "'floor'", "fast", "'q'", "the event")
    assert [sum(word in what for _, what in found) for word in named] == [1] * len(named)
    assert len(found) == len(named)

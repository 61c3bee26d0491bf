"""SBML, levels 2 and 3, lowered to equations.

Taken: species (amounts or concentrations, boundary species), constant compartments, parameters global and local,
reactions with constant stoichiometry, assignment rules, rate rules, initial assignments, function definitions.
Everything else (events, algebraic rules, delays, changing volumes, fast reactions, conversion factors, constraints,
required packages) is refused by name and line, all of it at once: a model that is simulated is simulated whole.

SBML: Keating et al. 2020, Mol Syst Biol 16:e9110, doi:10.15252/msb.20199110.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import libsbml

from avpi.errors import FileFormatError, Problem
from avpi.solver.equations import Equations
from avpi.solver.expression import Graph
from avpi.solver.mathml import Formulas
from avpi.solver.operations import RefusedFormulaError
from avpi.solver.sbml_refusals import refusals

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def equations_of_sbml(text: str, name: str) -> Equations:
    """Return the equations of a model given as SBML text.

    Raises
    ------
    FileFormatError
        If it is no SBML, is not valid, or holds a construct that is not taken; every one is named with its line.
    """
    # Without a declaration libsbml puts one before the text, with a line of its own.
    document = libsbml.readSBMLFromString(text if text.lstrip().startswith("<?xml") else DECLARATION + text)
    faults = [
        Problem(file=name, place=str(error.getLine()), what=" ".join(error.getMessage().split()))
        for error in (document.getError(i) for i in range(document.getNumErrors()))
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR
    ]
    if not faults and document.getModel() is None:
        faults = [Problem(file=name, what="holds no model", expected="SBML of level 2 or 3")]
    if faults:
        raise FileFormatError(faults)
    faults = [
        Problem(file=name, place=str(line), what=f"{what} is not taken", hint=hint)
        for line, what, hint in refusals(document)
    ]
    return _Lowering(document.getModel(), name, faults).equations()


class _Lowering:
    """One pass over a model: what its names mean, then its rates, then where it starts.

    What is refused as a whole (``problems``) is passed by, so that faults in formulas are told beside it.
    """

    def __init__(self, model: Any, name: str, problems: list[Problem]) -> None:
        self.model, self.name = model, name
        self.graph = Graph()
        self.problems = problems
        self.meaning: dict[str, int] = {}
        self.functions = {f.getId(): f.getMath() for f in _each(model.getListOfFunctionDefinitions())}
        self.formulas = Formulas(graph=self.graph, meaning=self.meaning, functions=self.functions)
        rules = {rule.getVariable(): rule for rule in _each(model.getListOfRules())}
        self.rate_rules = {variable: rule for variable, rule in rules.items() if rule.isRate()}
        self.assignments = {variable: rule for variable, rule in rules.items() if rule.isAssignment()}
        self.initial = {a.getSymbol(): a for a in _each(model.getListOfInitialAssignments())}
        self.states: dict[str, float] = {}
        self.parameters: dict[str, float] = {}
        self.volumes: dict[str, int] = {}
        self.scaled: dict[str, int] = {}

    def equations(self) -> Equations:
        self._declare()
        derived = self._assign()
        rates, rows = self._rates()
        starts = self._starts()
        if not self.states and not self.problems:
            self.problems.append(
                Problem(
                    file=self.name, what="nothing in the model changes with time", expected="a reaction or rate rule"
                )
            )
        if self.problems:
            raise FileFormatError(self.problems)
        return Equations(
            graph=self.graph,
            states=tuple(self.states),
            parameters=self.parameters,
            rates=tuple(rates),
            stoichiometry=tuple(tuple(rows[name].items()) for name in self.states),
            starts=starts,
            amounts=tuple(name not in self.rate_rules for name in self.states),
            volumes=tuple(self.volumes),
            held=tuple(name for name in self.parameters if self.model.getSpecies(name) is not None),
            derived=derived,
            labels={
                e.getId(): e.getName()
                for elements in (self.model.getListOfSpecies(), self.model.getListOfParameters())
                for e in _each(elements)
                if e.getName() and e.getName() != e.getId()
            },
        )

    def _declare(self) -> None:
        """Sort every named quantity into states and parameters; what an assignment rule gives is neither."""
        for compartment in _each(self.model.getListOfCompartments()):
            # SBML L2 and L3 alike: without a size (or with no dimensions) amounts are all there is.
            self._quantity(compartment, compartment.getSize() if compartment.isSetSize() else 1.0)
            self.volumes[compartment.getId()] = self.graph.symbol(compartment.getId())
        changed = {
            reference.getSpecies()
            for reaction in _each(self.model.getListOfReactions())
            for reference in (*_each(reaction.getListOfReactants()), *_each(reaction.getListOfProducts()))
        }
        for species in _each(self.model.getListOfSpecies()):
            reacts = species.getId() in changed and not species.getBoundaryCondition() and not species.getConstant()
            self._quantity(species, self._start_of(species), state=reacts)
        for parameter in _each(self.model.getListOfParameters()):
            self._quantity(parameter, parameter.getValue() if parameter.isSetValue() else math.nan)

    def _quantity(self, element: Any, value: float, *, state: bool = False) -> None:
        name = element.getId()
        self.meaning[name] = self.graph.symbol(name)
        if state or name in self.rate_rules:
            self.states[name] = value
        elif name not in self.assignments:
            self.parameters[name] = value

    def _start_of(self, species: Any) -> float:
        """Return where a species starts, as what its name means; nan if the model does not say, or computes it."""
        amount, name = _is_amount(species, self.model), species.getCompartment()
        if not (species.isSetInitialAmount() or species.isSetInitialConcentration()):
            return math.nan
        if species.isSetInitialAmount():
            value, of_volume = float(species.getInitialAmount()), None if amount else Graph.div
        else:
            value, of_volume = float(species.getInitialConcentration()), Graph.mul if amount else None
        if of_volume is None or name not in self.volumes:
            return value
        self.scaled[species.getId()] = of_volume(self.graph, self.graph.number(value), self.volumes[name])
        return math.nan

    def _assign(self) -> dict[str, int]:
        """Give every variable of an assignment rule the meaning of its formula, whatever the order of the rules."""
        waiting = dict(self.assignments)
        derived: dict[str, int] = {}
        while waiting:
            ready = [v for v, rule in waiting.items() if not (_names(rule.getMath()) & waiting.keys())]
            if not ready:
                for variable, rule in waiting.items():
                    self._fault(rule, f"the assignment rule of '{variable}' depends on itself")
                break
            for variable in ready:
                derived[variable] = self.meaning[variable] = self._formula(waiting.pop(variable), self.formulas)
        return derived

    def _rates(self) -> tuple[list[int], dict[str, dict[int, float]]]:
        """Return the rates and, for each state, what factor each of them changes it by."""
        rates: list[int] = []
        number_of: dict[int, int] = {}
        rows: dict[str, dict[int, float]] = {name: {} for name in self.states}

        def change(state: str, rate: int, factor: float) -> None:
            if rate not in number_of:
                number_of[rate] = len(rates)
                rates.append(rate)
            r = number_of[rate]
            rows[state][r] = rows[state].get(r, 0.0) + factor
            if rows[state][r] == 0:
                del rows[state][r]  # a catalyst: consumed and given back

        for reaction in _each(self.model.getListOfReactions()):
            law = reaction.getKineticLaw()
            if law is None:
                continue
            rate = self._formula(law, self._with_local_parameters(reaction, law))
            for sign, references in ((-1, reaction.getListOfReactants()), (1, reaction.getListOfProducts())):
                for reference in _each(references):
                    species = self.model.getSpecies(reference.getSpecies())
                    if (
                        species is not None
                        and species.getId() in self.states
                        and species.getId() not in self.rate_rules
                    ):
                        stoichiometry = reference.getStoichiometry() if reference.isSetStoichiometry() else 1.0
                        change(species.getId(), self._per_volume(rate, species), sign * stoichiometry)
        for variable, rule in self.rate_rules.items():
            if variable in rows:
                change(variable, self._formula(rule, self.formulas), 1.0)
        return rates, rows

    def _with_local_parameters(self, reaction: Any, law: Any) -> Formulas:
        local = {}
        own = law.getListOfLocalParameters() if self.model.getLevel() > 2 else law.getListOfParameters()
        for parameter in _each(own):
            name = f"{reaction.getId()}.{parameter.getId()}"
            self.parameters[name] = parameter.getValue() if parameter.isSetValue() else math.nan
            local[parameter.getId()] = self.graph.symbol(name)
        if not local:
            return self.formulas
        return Formulas(graph=self.graph, meaning={**self.meaning, **local}, functions=self.functions)

    def _per_volume(self, rate: int, species: Any) -> int:
        """Return the change of what a species' name means: its amount, or its concentration."""
        if _is_amount(species, self.model) or species.getCompartment() not in self.volumes:
            return rate
        return self.graph.div(rate, self.volumes[species.getCompartment()])

    def _starts(self) -> dict[str, int]:
        """Return the starting value of every state, and of every parameter that has an initial assignment.

        An initial assignment may name others, and states at their start: each comes after those that it names.
        """
        starts = {name: self.graph.number(v) for name, v in self.states.items() if not math.isnan(v)}
        starts |= self.scaled | {name: self._formula(a, self.formulas) for name, a in self.initial.items()}
        starts = {name: node for name, node in starts.items() if name in self.states or name in self.parameters}
        missing = [name for name in self.states if name not in starts]
        for name in missing:  # without a starting value, one must be given when it is simulated
            starts[name] = self.graph.symbol(f"start of {name}")
            self.parameters[f"start of {name}"] = math.nan
        written: dict[str, int] = {}
        while len(written) < len(starts):
            waiting = starts.keys() - written.keys()
            ready = [name for name in starts if name in waiting and not self.graph.symbols(starts[name]) & waiting]
            if not ready:
                for name in filter(waiting.__contains__, self.initial):
                    self._fault(self.initial[name], f"the initial assignment of '{name}' depends on itself")
                break
            written |= {name: starts[name] for name in ready}
        return written

    def _formula(self, element: Any, formulas: Formulas) -> int:
        if element.getMath() is None:
            return self.graph.number(0)
        try:
            return formulas.tree(element.getMath())
        except RefusedFormulaError as refusal:
            self._fault(element, f"in the {_kind(element)}: {refusal}")
        except RecursionError:
            self._fault(element, f"the {_kind(element)} is nested too deeply")
        return self.graph.number(0)

    def _fault(self, element: Any, what: str) -> None:
        self.problems.append(Problem(file=self.name, place=str(element.getLine()), what=what))


def _each(elements: Any) -> Iterator[Any]:
    yield from (elements.get(i) for i in range(elements.size()))


def _kind(element: Any) -> str:
    spelled = "".join(f" {c.lower()}" if c.isupper() else c for c in element.getElementName())
    if isinstance(element, libsbml.KineticLaw):
        of = element.getParentSBMLObject().getIdAttribute()
    else:
        of = element.getSymbol() if isinstance(element, libsbml.InitialAssignment) else element.getVariable()
    return f"{spelled} of '{of}'"


def _names(tree: Any) -> set[str]:
    found = set()
    waiting = [tree] if tree is not None else []
    while waiting:
        here = waiting.pop()
        if here.isName():
            found.add(here.getName())
        waiting.extend(here.getChild(i) for i in range(here.getNumChildren()))
    return found


def _is_amount(species: Any, model: Any) -> bool:
    compartment = model.getCompartment(species.getCompartment())
    return bool(species.getHasOnlySubstanceUnits()) or (
        compartment is not None and compartment.getSpatialDimensionsAsDouble() == 0
    )

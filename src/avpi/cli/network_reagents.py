"""What ``avpi network show reagent`` says of what is added beside a Smac mimetic: what it does in the model."""

from __future__ import annotations

import textwrap

from avpi.cli.network_words import WIDTH, Told, aligned
from avpi.errors import InputError, Problem, nearest_word
from avpi.names import Reagent, find_reagent, reagents
from avpi.network.assemble import pathway
from avpi.network.parts import names_in
from avpi.network.reagents import Given, mimetic, reagents_that_enter, stands_in

PLACE = "reagent"
UNITS = {"molar": "molar", "ng_per_ml": "ng/mL"}
MOST_ACTIONS = 8
"""Rules and reactions that are told to people; ``--json`` has all of them."""


def told_reagents() -> Told:
    """Return the reagents that the model can be given, with what each is and its usual dose."""
    known = [(reagents()[name], entry) for name, entry in reagents_that_enter().items()]
    rows = [("reagent", "enters as", "usual dose", "what it is")]
    rows += [(own.name, entry.name, own.usual_dose or "-", _role(own)) for own, entry in known]
    text = [*aligned(rows), "", "What one does, and what is assumed of it: avpi network show reagent NAME"]
    facts = [{"reagent": own.name, "enters": entry.name, "usual_dose": own.usual_dose or None} for own, entry in known]
    return Told(tuple(text), {"reagents": facts})


def told_reagent(word: str) -> Told:
    """Return what a reagent is, where it enters the model and what reads it there, and what is assumed.

    Raises
    ------
    InputError
        If the word names no reagent, or one that the model does not have.
    """
    own, entry = _read(word)
    what, unit = _entrance(entry)
    actions = _actions(entry)
    names = ", ".join(own.synonyms) or "none"
    dose_unit = UNITS.get(own.unit, own.unit)
    one_unit = "1 uM" if own.unit == "molar" else f"1 {dose_unit}"
    much = f"; {one_unit} of it counts as {entry.potency:g}" if entry.potency != 1 else ""
    kind = "state, which fades," if entry.fades else "parameter"
    rows = [
        ("also written", names),
        ("dose in", f"{dose_unit}; usual {own.usual_dose}" if own.usual_dose else dose_unit),
        ("enters as", f"the {kind} {entry.name} ({what}), in {unit.replace('ng_per_ml', 'ng/mL')}{much}"),
        ("assumption", entry.why or "none: it enters as itself"),
        *([("source", entry.source)] if entry.source else []),
    ]
    text = [f"{own.name}: {_role(own)}", *_wrapped(rows), "", "Read by"]
    text += [f"  {line}" for line in aligned(actions[:MOST_ACTIONS])]
    text += [f"  and {len(actions) - MOST_ACTIONS} more: --json has all"] if len(actions) > MOST_ACTIONS else []
    facts: dict[str, object] = {
        "reagent": own.name,
        "what": _role(own),
        "synonyms": list(own.synonyms),
        "dose_unit": dose_unit,
        "usual_dose": own.usual_dose or None,
        "enters": entry.name,
        "enters_what": what,
        "unit_in_the_model": unit,
        "factor": entry.factor,
        "potency": entry.potency,
        "fades": entry.fades,
        "stands_in": stands_in(own.name) or None,
        "assumption": entry.why or None,
        "source": entry.source or None,
        "read_by": [{"name": name, "what": said} for name, said in actions],
    }
    return Told(tuple(text), facts)


def _read(word: str) -> tuple[Reagent, Given]:
    if mimetic(word) is not None:
        hint = f"It is a compound: 'avpi network show compound {word}'"
        raise InputError(Problem(file=PLACE, what=f"'{word}' is a Smac mimetic", hint=hint))
    own, entering = find_reagent(word), reagents_that_enter()
    if own is not None and own.name in entering:
        return own, entering[own.name]
    spellings = [spelling for name in entering for spelling in (name, *reagents()[name].synonyms)]
    hint = f"The model has {', '.join(entering)}"
    if own is not None:
        what = f"'{word}' is a reagent that the pathway model does not have"
    else:
        what, hint = f"'{word}' is not a known reagent", nearest_word(word, spellings) or hint
    raise InputError(Problem(file=PLACE, what=what, hint=hint))


def _role(own: Reagent) -> str:
    """Return what a reagent is, of its role in the vocabulary: "ripk1_inhibitor" is "RIPK1 inhibitor"."""
    spelled = {"ripk1": "RIPK1", "ripk3": "RIPK3", "mlkl": "MLKL", "tnf": "TNF", "tlr": "TLR", "caspase": "caspase"}
    spelled |= {"nik": "NIK", "ikk": "IKK", "tak1": "TAK1", "pi3k": "PI3K"}
    return " ".join(spelled.get(part, part) for part in own.role.split("_")).replace("caspase 8", "caspase-8")


def _entrance(entry: Given) -> tuple[str, str]:
    """Return what the parameter or state is that takes the dose, and its unit."""
    whole = pathway()
    if entry.name in whole.parameters:
        own = whole.parameters[entry.name]
        return own.what, own.unit
    state = next(species for module in whole.modules for species in module.species if species.name == entry.name)
    return state.what, state.unit


def _actions(entry: Given) -> list[tuple[str, str]]:
    """Return the rules and reactions that read where a reagent enters, each with what it is."""
    whole = pathway()
    rules = [(rule.name, rule.what) for rule in whole.rules if entry.name in names_in(rule.formula)]
    return rules + [
        (one.name, f"{one.scheme}  {one.why}") for one in whole.reactions if entry.name in names_in(one.rate)
    ]


def _wrapped(rows: list[tuple[str, str]]) -> list[str]:
    """Return rows as lines no wider than a screen, the second column under itself."""
    width = max(len(name) for name, _ in rows) + 2
    found: list[str] = []
    for name, said in rows:
        first = f"  {name.ljust(width)}"
        found += textwrap.wrap(
            said, WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False
        )
    return found

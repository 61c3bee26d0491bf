"""What a fact adds to a well as a dose of the pathway model, or why the model cannot be given it."""

from __future__ import annotations

from avpi.errors import nearest_word
from avpi.facts.schema import Addition
from avpi.facts.simulator import NotInModel
from avpi.names import find_reagent, find_well_role, words
from avpi.network.doses import own_dose, usual_dose
from avpi.network.pharmacology import compounds, find_compound
from avpi.network.reagents import given, mimetic
from avpi.population.experiment import Dose


def dose_in_well(addition: Addition) -> Dose | None:
    """Return a reagent's dose in molar or ng/mL as it is counted; None for a solvent, which adds nothing.

    Raises
    ------
    NotInModel
        If the pathway has no such reagent, or the dose cannot be told in what it is counted in.
    """
    word = addition.reagent
    if find_well_role(word) == "vehicle":
        return None
    if mimetic(word) is None and given(word) is None:
        raise NotInModel(_unknown(word))
    return Dose(reagent=word, amount=_amount(addition), at_hours=addition.at_hours, until_hours=addition.until_hours)


def _amount(addition: Addition) -> float:
    word = addition.reagent
    if addition.unit == "other":
        what = f"concentration for a dose of '{word}' in {addition.unit_text}"
        if "U" in addition.unit_text.upper():
            what += ": how much of it a unit of activity is differs between preparations; write it in ng/mL"
        raise NotInModel(what)
    if addition.dose is None:
        usual = usual_dose(word)
        if usual is None:
            what = f"usual dose of '{word}': write one"
            raise NotInModel(what)
        return usual
    amount = own_dose(word, addition.dose, addition.unit)
    if amount is None:
        written, own = ("ng/mL", "molar") if addition.unit == "ng_per_ml" else ("molar", "ng/mL")
        what = f"molar mass of '{word}', whose dose is given in {written}: write it in {own}"
        raise NotInModel(what)
    return amount


def _unknown(word: str) -> str:
    """Return what the pathway lacks where it has no such reagent, with the nearest word it has."""
    found, compound = find_reagent(word), find_compound(word)
    if compound is not None:
        return f"reagent '{word}', which is no Smac mimetic ({compound.basis})"
    if found is not None and found.role == "genotype":
        protein = found.name.removesuffix("-loss")
        return f"reagent '{word}', which is a change of the cells: write 'genotype: {{{protein}: 0}}'"
    if found is not None:
        return f"reagent '{word}', which is known but acts on nothing that the pathway has"
    known = [*words("reagents"), *(spelling for c in compounds().values() for spelling in (c.name, *c.names))]
    hint = nearest_word(word, (w for w in known if mimetic(w) is not None or given(w) is not None))
    return f"reagent '{word}', which is an unknown word. {hint}".rstrip(" .")

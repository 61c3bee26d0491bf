"""Whether a design can be dispensed with its stocks at all: asked before a plan is written."""

from __future__ import annotations

from avpi.errors import InputError
from avpi.planning.acoustic import acoustic_deck
from avpi.planning.design import Design, request_words
from avpi.planning.mixes import mix_deck
from avpi.planning.request import Request
from avpi.planning.write_plan import plan_file_of, stocks_of


def dispensing_faults(request: Request, design: Design) -> tuple[str, ...]:
    """Return what speaks against one of the two ways, by pipette or by sound, if the other works.

    Raises
    ------
    InputError
        If neither works, with what speaks against the pipette.
    """
    first = [layout for layout in design.layouts if layout.experiment == design.experiments[0]]
    if not first:
        return ()
    file, stocks = plan_file_of(request), stocks_of(request, design)
    words, plate = request_words(request, [design.arms]), file.plate
    faults: dict[str, InputError] = {}
    try:
        mix_deck(first, words, stocks, volume_nl=plate.volume, strength=plate.mix_strength, most_dmso=file.most_dmso)
    except InputError as error:
        faults["by pipette"] = error
    try:
        acoustic_deck(first, words, stocks, volume_nl=plate.volume, most_dmso=file.most_dmso)
    except InputError as error:
        faults["by sound"] = error
    if len(faults) > 1:
        raise faults["by pipette"]
    return tuple(f"It cannot be dispensed {way}: {error}" for way, error in faults.items())

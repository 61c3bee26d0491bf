"""From leaf probabilities to the call, or to the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from avpi.verdict.quantities import MIN_EXPERIMENTS, Quantities
from avpi.verdict.tree import NOT_DETERMINED, Tree, Walk, leaf_name, read_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The called leaf (or ``inconclusive``, ``not_determined``), its probability, the best leaf and the reason."""

    called: str
    probability: float
    best: str
    reason: str


def call_leaf(tree: Tree, walk: Walk, quantities: Quantities, threshold: float) -> Call:
    """Call the leaf that holds at least ``threshold`` of the draws.

    A weaker claim that includes stronger ones (``necroptosis_presumed`` includes ``necroptosis``) is called where
    only their sum reaches the threshold.
    """
    leaves = walk.probabilities
    best, share = next(iter(leaves.items()))
    undetermined = sum(p for leaf, p in leaves.items() if leaf_name(leaf) == NOT_DETERMINED)
    if undetermined >= threshold:
        asked = ", ".join(dict.fromkeys(walk.missing.values()))
        first = next(leaf for leaf in leaves if leaf_name(leaf) == NOT_DETERMINED)
        return Call(called=NOT_DETERMINED, probability=undetermined, best=first, reason=f"not measured: {asked}")
    weaker, together = _weaker_claim(tree, leaves, best)
    called, probability = (best, share) if share >= threshold else (weaker, together)
    if experiments_behind(walk, quantities, best) < MIN_EXPERIMENTS or not varied(walk, quantities, best):
        return Call(called="inconclusive", probability=share, best=best, reason="one_experiment")
    if probability < threshold:
        return Call(called="inconclusive", probability=share, best=best, reason="undecided")
    return Call(called=called, probability=probability, best=best, reason="")


def experiments_behind(walk: Walk, quantities: Quantities, leaf: str) -> int:
    """Return the smallest number of independent experiments behind the decisions on the way to a leaf."""
    return min((quantities.n[key] for key in _effects_behind(walk, quantities, leaf)), default=0)


def varied(walk: Walk, quantities: Quantities, leaf: str) -> bool:
    """Return whether the variance between experiments could be seen in every decision on the way to a leaf."""
    return all(quantities.between[key] for key in _effects_behind(walk, quantities, leaf))


def _effects_behind(walk: Walk, quantities: Quantities, leaf: str) -> list[tuple[str, str]]:
    keys = [effect_key(way.node, way.arm) for way in walk.paths.get(leaf, ())]
    return [key for key in keys if key in quantities.values]


def effect_key(node: str, arm: str) -> tuple[str, str]:
    """Return the effect that a node asks for, with its arm, as ``Quantities`` names it."""
    entry = read_tree().nodes[node]
    return entry.effect, {"arm": arm, "": ""}.get(entry.of, entry.of)


def _weaker_claim(tree: Tree, leaves: dict[str, float], best: str) -> tuple[str, float]:
    """Return the claim that includes the best leaf and its stronger variants, with their joint probability."""
    origin = best.split("/", 1)[1] if "/" in best else ""
    sums = {}
    for leaf in tree.leaves.values():
        if leaf.includes and leaf_name(best) in (leaf.name, *leaf.includes):
            family = (leaf.name, *leaf.includes)
            full = f"{leaf.name}/{origin}" if origin else leaf.name
            sums[full] = sum(leaves.get(f"{name}/{origin}" if origin else name, 0.0) for name in family)
    return max(sums.items(), key=lambda pair: pair[1], default=(best, leaves[best]))

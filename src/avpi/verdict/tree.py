"""The decision tree, read from ``tree.yaml`` and walked once for every draw, all draws at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from avpi.errors import OurFault
from avpi.verdict.quantities import Quantities

Mask = NDArray[np.bool_]
NOT_DETERMINED = "not_determined"
MISSING_SHARE = 0.05
"""A missing condition is asked for when at least this share of the draws needs it (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One way out of a node."""

    answer: str
    at_least: str = ""
    go: str = ""
    leaf: str = ""
    arm: str = ""
    origin: str = ""
    flag: str = ""
    asks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One question about one effect."""

    name: str
    question: str
    effect: str
    of: str = ""
    branches: tuple[Branch, ...]
    unmeasured: Branch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One end of the tree."""

    name: str
    text: str
    mechanism: bool = False
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The whole tree as data."""

    version: str
    start: str
    nodes: Mapping[str, Node]
    leaves: Mapping[str, Leaf]
    origins: Mapping[str, str]


@cache
def read_tree() -> Tree:
    """Read the tree that ships with avpi."""
    loaded: Any = yaml.safe_load(files("avpi.verdict").joinpath("tree.yaml").read_text("utf-8"))
    nodes = {}
    for name, entry in loaded["nodes"].items():
        unmeasured = entry.pop("unmeasured", None)
        branches = tuple(Branch(**branch) for branch in entry.pop("branches"))
        nodes[name] = Node(
            name=name, branches=branches, unmeasured=Branch(**unmeasured) if unmeasured else None, **entry
        )
    leaves = {
        name: Leaf(name=name, **{**entry, "includes": tuple(entry.get("includes", ()))})
        for name, entry in loaded["leaves"].items()
    }
    return Tree(
        version=loaded["version"],
        start=loaded["start"],
        nodes=nodes,
        leaves=leaves,
        origins=loaded["origins"],
    )


@dataclass(frozen=True, slots=True)
class Way:
    """How draws left a node: which node (and arm), by which answer, to where, and how many."""

    node: str
    arm: str
    answer: str
    to: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The walk of all draws.

    Attributes
    ----------
    leaf : (draws,) index into ``leaf_names``.
    leaf_names : leaves that were reached, with the origin where they carry one.
    leaf_arm : by leaf name, the arm in which the mechanism was read.
    paths : by leaf name, the branches of its most travelled path.
    ways : every branch that draws took, in walking order, as shares of all draws.
    flags : flag -> share of draws that carry it.
    missing : node -> the condition whose absence ended at least ``MISSING_SHARE`` of the draws there.
    """

    leaf: NDArray[np.int64]
    leaf_names: tuple[str, ...]
    leaf_arm: Mapping[str, str]
    paths: Mapping[str, tuple[Way, ...]]
    ways: tuple[Way, ...]
    flags: Mapping[str, float]
    missing: Mapping[str, str]

    @property
    def probabilities(self) -> dict[str, float]:
        """Leaf -> share of the draws that ended there, largest first."""
        counts = np.bincount(self.leaf, minlength=len(self.leaf_names)) / max(len(self.leaf), 1)
        pairs = sorted(zip(self.leaf_names, counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
        return {name: share for name, share in pairs if share > 0}


@dataclass(slots=True)
class _Walker:
    tree: Tree
    quantities: Quantities
    thresholds: Mapping[str, float]
    leaf: NDArray[np.int64]
    names: list[str] = field(default_factory=list)
    arms: dict[str, str] = field(default_factory=dict)
    paths: dict[str, tuple[Way, ...]] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    flags: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def visit(self, name: str, mask: Mask, arm: str, origin: str, path: tuple[Way, ...]) -> None:
        """Send the draws of ``mask`` through one node."""
        node = self.tree.nodes[name]
        of = {"arm": arm, "": ""}.get(node.of, node.of)
        value = self.quantities.values.get((node.effect, of))
        if value is None:
            branch = node.unmeasured or Branch(answer="not measured", leaf=f"{NOT_DETERMINED}/{name}")
            if node.unmeasured is None and mask.mean() >= MISSING_SHARE:
                self.missing[name] = self.quantities.wanted.get((node.effect, of), node.effect)
            self.take(node, branch, mask, arm, origin, path)
            return
        left = mask.copy()
        for branch in node.branches:
            taken = left & (value >= self.thresholds[branch.at_least]) if branch.at_least else left.copy()
            left &= ~taken
            self.take(node, branch, taken, arm, origin, path)
        if left.any():
            message = f"the tree's node '{name}' has no branch for every value"
            raise OurFault(message)

    def take(self, node: Node, branch: Branch, mask: Mask, arm: str, origin: str, path: tuple[Way, ...]) -> None:
        """Send draws along one branch."""
        share = float(mask.mean())
        to = branch.go or branch.leaf
        path = (*path, Way(node.name, arm, branch.answer, to, share))
        self.ways.append(path[-1])
        if not mask.any():
            return
        arm, origin = branch.arm or arm, branch.origin or origin
        if branch.flag:
            self.flags[branch.flag] = self.flags.get(branch.flag, 0.0) + share
        if branch.go:
            self.visit(branch.go, mask, arm, origin, path)
            return
        if branch.asks and share >= MISSING_SHARE:
            self.missing[branch.leaf.split("/", 1)[1]] = branch.asks
        leaf = self.tree.leaves.get(branch.leaf)
        full = f"{branch.leaf}/{origin}" if leaf and leaf.mechanism and origin else branch.leaf
        if full not in self.names:
            self.names.append(full)
            self.arms[full] = arm
        if full not in self.paths or path[-1].share > self.paths[full][-1].share:
            self.paths[full] = path
        self.leaf[mask] = self.names.index(full)


def walk(tree: Tree, quantities: Quantities, thresholds: Mapping[str, float], *, start: str = "") -> Walk:
    """Walk the tree for every draw.

    Parameters
    ----------
    thresholds : name of a rule -> its value, all that ``at_least`` may name.
    start : node to begin at; the tree's own start where empty.
    """
    walker = _Walker(tree, quantities, thresholds, np.zeros(quantities.draws, dtype=np.int64))
    walker.visit(start or tree.start, np.ones(quantities.draws, dtype=np.bool_), "", "", ())
    return Walk(
        leaf=walker.leaf, leaf_names=tuple(walker.names), leaf_arm=walker.arms,
        paths=walker.paths, ways=tuple(walker.ways), flags=walker.flags, missing=walker.missing,
    )  # fmt: skip


def leaf_name(full: str) -> str:
    """Return a leaf's own name without the origin: ``"apoptosis"`` of ``"apoptosis/autocrine"``."""
    return full.split("/", 1)[0]

"""The tree's data file: every word in it leads somewhere."""

from __future__ import annotations

from avpi.study.schema import Rules
from avpi.verdict.summary import LABELS
from avpi.verdict.tree import NOT_DETERMINED, leaf_name, read_tree


def test_every_branch_leads_to_a_node_or_a_leaf_and_every_threshold_is_a_rule() -> None:
    tree = read_tree()
    for node in tree.nodes.values():
        assert node.effect in LABELS
        assert not node.branches[-1].at_least, f"{node.name} leaves values without a branch"
        for branch in (*node.branches, *([node.unmeasured] if node.unmeasured else [])):
            assert bool(branch.go) != bool(branch.leaf)
            assert branch.go in ("", *tree.nodes)
            if leaf_name(branch.leaf) == NOT_DETERMINED:
                assert branch.asks
                assert branch.leaf.split("/")[1] in tree.nodes
            else:
                assert branch.leaf in ("", *tree.leaves)
            assert branch.origin in ("", *tree.origins)
            assert branch.at_least in ("", *Rules.model_fields)


def test_every_node_and_leaf_is_reached_from_the_start() -> None:
    tree = read_tree()
    nodes, leaves, queue = set[str](), set[str](), [tree.start]
    while queue:
        node = tree.nodes[queue.pop()]
        if node.name in nodes:
            continue
        nodes.add(node.name)
        for branch in (*node.branches, *([node.unmeasured] if node.unmeasured else [])):
            queue += [branch.go] if branch.go else []
            leaves |= {branch.leaf} if branch.leaf else set()
    assert nodes == set(tree.nodes)
    assert {leaf for leaf in leaves if leaf_name(leaf) != NOT_DETERMINED} == set(tree.leaves)


def test_reading_the_tree_twice_gives_the_same_tree() -> None:
    read_tree.cache_clear()
    assert read_tree() == read_tree()

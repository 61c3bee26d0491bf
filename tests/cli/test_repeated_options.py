"""An option that has one value and is given several: click would take the last, without a word."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest

from avpi.cli.house import HouseCommand
from avpi.cli.main import DONE, WRONG_INPUT, avpi
from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("simulate", "--line", "HT-29", "--condition", "SM", "--condition", "TNF"),
            "--condition: 'SM' and 'TNF' are given, and only one of them could count. Expected --condition once. "
            "Join what goes into one well with '+', as in --condition 'SM + TNF'",
        ),
        (("simulate", "matrix", "--line", "HT-29", "--line=HeLa"), "--line: 'HT-29' and 'HeLa' are given"),
        (("simulate", "matrix", "--line", "HT-29", "--seed", "1", "--seed", "2"), "--seed: '1' and '2' are given"),
        (("simulate", "matrix", "--line", "HT-29", "--isolated", "--shared-tnf"), "--isolated' and '--shared-tnf'"),
        (("calibrate", "--out", "a", "--out", "b"), "--out: 'a' and 'b' are given"),
        (("network", "export", "x", "--line", "HT-29", "--format", "sbml", "--format", "all"), "'sbml' and 'all'"),
        (("lab", "make", "x", "--study", "trap", "--study", "trap"), "--study: 'trap' and 'trap' are given"),
    ],
)
def test_it_is_refused_with_a_remedy(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    done = shell(*arguments)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert said in done.err


def test_what_may_be_repeated_still_may_be_and_a_flag_twice_says_the_same(shell: Shell) -> None:
    told = json.loads(shell("network", "show", "line", "HT-29", "--json", "--json").out)
    assert told["line"] == "HT-29"
    done = shell("facts", "check", "--fact", "X1", "--fact", "X2")
    assert "only one of them could count" not in done.err
    assert shell("simulate", "matrix", "--line", "A", "--line", "B", "--help").code == DONE


def _commands(group: click.Group, ctx: click.Context) -> Iterator[click.Command]:
    for name in group.list_commands(ctx):
        found = group.get_command(ctx, name)
        if isinstance(found, click.Group):
            yield from _commands(found, ctx)
        elif found is not None:
            yield found


def test_every_command_refuses_it() -> None:
    found = list(_commands(avpi, click.Context(avpi)))
    assert len(found) > 10
    assert [one.name for one in found if not isinstance(one, HouseCommand)] == []

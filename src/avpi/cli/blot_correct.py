"""``avpi blot correct``: move a box by hand, and leave a line that says who did it and why."""

from __future__ import annotations

import datetime
import getpass
import math
from pathlib import Path
from typing import Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

SIDES = {"x": "x_px", "y": "y_px", "width": "width_px", "height": "height_px"}


@click.command(
    cls=HouseCommand,
    examples=(
        ("avpi blot correct my-study --blot blot1 --lane 3 --y 118 --reason 'bands merged'", "for 'avpi run my-study'"),
        ("avpi blot correct moved.jsonl --lane 3 --height 14 --reason 'dust'",
         "for 'avpi blot quantify ... --overrides moved.jsonl'"),
    ),
)  # fmt: skip
@click.argument("file", type=NamedPath())
@option("--lane", type=click.IntRange(1, 60), section="Input", help="Which lane, as it was declared, from 1.")
@option("--blot", "blot_name", default="blot", section="Input", help="Which blot of the study (default 'blot').")
@option("--control", "of_control", is_flag=True, section="Input", help="The loading control's box, not the target's.")
@option("--x", type=float, section="Input", help="Centre of the box: its column, in pixels from the left.")
@option("--y", type=float, section="Input", help="Centre of the box: its row, in pixels from the top.")
@option("--width", type=float, section="Input", help="Width of the box in pixels.")
@option("--height", type=float, section="Input", help="Height of the box in pixels.")
@option("--reason", section="Input", help="Why: it is printed in the report; required unless a line is undone.")
@option("--by", "who", section="Input", help="Who (default: the name of the account).")
@option(
    "--revoke",
    type=click.IntRange(min=1),
    section="Input",
    help="Undo the correction of this line instead; '--reason' may say why.",
)
@talking()
def correct(
    file: Path, *, lane: int | None, blot_name: str, of_control: bool, x: float | None, y: float | None,
    width: float | None, height: float | None, reason: str | None, who: str | None, revoke: int | None, as_json: bool,
    terminal: Terminal,
) -> None:  # fmt: skip
    """Move a box by hand: a line at the end of overrides.jsonl, which is never changed or deleted.

    FILE is a study's folder, or a .jsonl file of its own for loose images.
    """
    from avpi.study.manifest import OVERRIDES_FILE
    from avpi.study.overrides import append_override

    path = file / OVERRIDES_FILE if file.is_dir() else file
    wanted = {SIDES[name]: value for name, value in (("x", x), ("y", y), ("width", width), ("height", height))
              if value is not None}  # fmt: skip
    correction: dict[str, Any]
    signed = {
        "at": datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"), "by": who or getpass.getuser(),
    }  # fmt: skip
    if revoke is not None:
        _refuse_beside_revoke(file, lane, wanted, of_control=of_control)
        correction = {"revoke": revoke, **signed, **({"reason": reason} if reason else {})}
    else:
        _require_whole(file, lane, wanted, reason)
        target = f"{blot_name}/lane{lane}" + ("/control" if of_control else "")
        correction = {**signed, "target": target, "set": wanted, "reason": reason}
    number = append_override(path, correction)
    if as_json:
        terminal.json({"file": str(path), "line": number, **correction})
    else:
        terminal.data(f"{path}:{number}: {'line ' + str(revoke) + ' revoked' if revoke else correction['target']}")


def _refuse_beside_revoke(file: Path, lane: int | None, wanted: dict[str, float], *, of_control: bool) -> None:
    if lane is not None or wanted or of_control:
        what = "'--revoke' stands beside a new correction"
        expected = "'--revoke N', with '--reason' and '--by' if you like"
        raise InputError(Problem(file=str(file), what=what, expected=expected))


def _require_whole(file: Path, lane: int | None, wanted: dict[str, float], reason: str | None) -> None:
    problems = []
    if lane is None:
        problems.append(Problem(file=str(file), what="no lane is named", expected="'--lane N'"))
    if not wanted:
        expected = "at least one of '--x', '--y', '--width' and '--height'"
        problems.append(Problem(file=str(file), what="nothing is set", expected=expected))
    for option_name, key in SIDES.items():
        value = wanted.get(key, 1.0)
        is_size = key in ("width_px", "height_px")
        if not math.isfinite(value) or value < 0 or (is_size and value == 0):
            expected = "a positive number of pixels" if is_size else "pixels from the image's left or top, 0 or more"
            problems.append(Problem(file=str(file), what=f"'--{option_name}' is '{value:g}'", expected=expected))
    if not (reason or "").strip():
        hint = "A box that was moved without a reason is one that a referee will ask about."
        problems.append(Problem(file=str(file), what="no reason is given", expected="'--reason TEXT'", hint=hint))
    if problems:
        raise InputError(problems)

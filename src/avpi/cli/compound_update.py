"""``avpi compound update``: what a register of trials says beside what the library holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.compounds.update import Proposal

API = "https://clinicaltrials.gov/api/v2/studies?query.intr=birinapant&pageSize=100"


@click.command(
    cls=HouseCommand,
    short_help="Compare the library's trials with ClinicalTrials.gov.",
    examples=(
        ("avpi compound update --from trials.json --diff trials.diff", "an answer of API v2 that was saved"),
        (f'avpi compound update --from "{API}"', "the register itself; nothing is asked without --from"),
    ),
)
@option(
    "--from",
    "place",
    metavar="FILE_OR_URL",
    required=True,
    section="Input",
    help="A file of ClinicalTrials.gov's API v2 JSON, or its address.",
)
@option(
    "--timeout",
    "seconds",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1, max=600),
    default=20.0,
    section="Input",
    help="Longest wait for one answer of an address [20].",
)
@option("--diff", "diff_file", metavar="FILE", type=NamedPath(dir_okay=False), section="Output", help="Write the diff, for git apply.")  # fmt: skip # noqa: E501
@talking()
def update(place: str, *, seconds: float, diff_file: Path | None, as_json: bool, terminal: Terminal) -> None:
    """Compare the library's trials with a register and print a diff to review; curated fields are never changed."""
    from avpi.compounds.library import library
    from avpi.compounds.registry_source import Patience, read_registry
    from avpi.compounds.update import propose

    if not place.strip():
        raise InputError(Problem(file="--from", what="--from is empty", expected="a file or an address"))
    if diff_file is not None:
        _require_new(diff_file)
    found = read_registry(place, Patience(seconds=seconds))
    proposal = propose(list(library().values()), found, place)
    if diff_file is not None:
        diff_file.parent.mkdir(parents=True, exist_ok=True)
        diff_file.write_text(proposal.diff, "utf-8")
        terminal.say(f"{diff_file} written; look through it, then 'git apply {diff_file}'.")
    if as_json:
        terminal.json(_proposal_json(proposal))
    else:
        for line in _lines(proposal, len(found), with_diff=diff_file is None):
            terminal.data(line)
    terminal.say("Nothing in the library was changed.")


def _require_new(path: Path) -> None:
    from avpi.writable import require_writable

    require_writable(path.parent, place="--diff")
    if path.exists():
        what = f"'{path}' is there already"
        raise InputError(Problem(file="--diff", what=what, expected="a new file", hint="Nothing is overwritten"))


def _lines(proposal: Proposal, read: int, *, with_diff: bool) -> list[str]:
    lines = [f"{read} trials read, {len(proposal.matched)} of them in the library."]
    lines += [f"now {new}, formerly {old}" for old, new in proposal.renamed.items()]
    if proposal.missing:
        lines.append(f"Not in the answer: {', '.join(proposal.missing)}")
    if proposal.disagreements:
        lines += ["", "The register and the curated fields differ; decide yourself:"]
        lines += [
            f"  {one.compound}, {one.nct}, {one.field}: library '{one.curated}', register '{one.register}'"
            for one in proposal.disagreements
        ]
    if proposal.newcomers:
        lines += ["", "Trials that name a compound and are not in the library:"]
        for one in proposal.newcomers:
            trial = one.trial
            phase = f"phase {trial.phase}, " if trial.phase else ""
            lines.append(f"  {one.compound}, {trial.nct}: {trial.title or 'no title'} ({phase}{trial.status})")
    if with_diff and proposal.diff:
        lines += ["", *proposal.diff.splitlines()]
    elif not proposal.diff:
        lines += ["", "No registry entry would change."]
    return lines


def _proposal_json(proposal: Proposal) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "matched": list(proposal.matched),
        "missing": list(proposal.missing),
        "renamed": dict(proposal.renamed),
        "disagreements": [asdict(one) for one in proposal.disagreements],
        "newcomers": [{"compound": one.compound, "trial": asdict(one.trial)} for one in proposal.newcomers],
        "diff": proposal.diff,
    }

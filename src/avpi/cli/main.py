"""``avpi``: the commands, and what each kind of ending gives back to the shell.

Exit codes: 0 done; 1 done, but a declared part is not in the verdict, or a simulated cell or a fact failed; 2 wrong
input; 3 our bug; 130 interrupted by the keyboard. Everything heavy (pandas, scipy, matplotlib) is imported inside
commands, so that ``avpi --help`` answers at once; a test holds that.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from avpi.cli.crash import write_crash
from avpi.cli.house import LazyGroup
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, NotAnalysed

DONE, SECTIONS_FAILED, WRONG_INPUT, OUR_BUG, INTERRUPTED = 0, 1, 2, 3, 130

FAULTS_OF_THE_PLACE = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR,
}  # fmt: skip
"""System errors that the user can mend: no permission, read-only, disk or quota full, a path that cannot be."""
NOT_READ_TO_THE_END = (
    "standard output: its reader closed it before everything was written, as 'head' does. Expected one that reads to "
    "the end. Write it into a file first: avpi ... > all.txt"
)

COMMANDS = {
    "init": "avpi.cli.init:init",
    "demo": "avpi.cli.demo:demo",
    "check": "avpi.cli.check:check",
    "run": "avpi.cli.run:run",
    "show": "avpi.cli.show:show",
    "studies": "avpi.cli.studies:studies",
    "plan": "avpi.cli.plan:plan",
    "blot": "avpi.cli.blot:blot",
    "plate": "avpi.cli.plate:plate",
    "flow": "avpi.cli.flow:flow",
    "dose": "avpi.cli.dose:dose",
    "simulate": "avpi.cli.simulate:simulate",
    "facts": "avpi.cli.facts:facts",
    "calibrate": "avpi.cli.calibrate:calibrate",
    "network": "avpi.cli.network:network",
    "lab": "avpi.cli.lab:lab",
    "compound": "avpi.cli.compound:compound",
    "trial": "avpi.cli.trial:trial",
    "cite": "avpi.cli.cite:cite",
}
EXAMPLES = (
    ("avpi demo", "a simulated study, analysed from raw files to verdict"),
    ("avpi init my-study", "a folder for your own, with a commented study.yaml"),
)


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click calls it
    if wanted and not ctx.resilient_parsing:
        from avpi import __version__

        click.echo(f"avpi {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    examples=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
@click.option("--quiet", "-q", is_flag=True, help="No talk on standard error but faults.")
@click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@click.pass_context
def avpi(ctx: click.Context, quiet: bool, no_color: bool) -> None:  # noqa: FBT001 - click passes by keyword
    """From raw blots, plates and FCS files to a call on how a Smac mimetic kills cells. Research use only."""
    terminal = Terminal(quiet=quiet)
    ctx.obj = Terminal(quiet=quiet, color=terminal.color and not no_color)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing is raised."""
    terminal = Terminal()
    try:
        code = avpi.main(args=list(arguments), prog_name="avpi", standalone_mode=False)
        sys.stdout.flush()  # here and not at the exit, where a fault of the reader could no longer be told
    except (BrokenPipeError, SystemExit):  # of the first click makes the second, and nothing else here exits
        return _told_broken_pipe(terminal)
    except click.ClickException as error:
        error.show()
        return WRONG_INPUT
    except click.Abort:
        terminal.fault("Interrupted. What was whole before is untouched.")
        return INTERRUPTED
    except InputError as error:
        for problem in error.problems:
            terminal.fault(str(problem))
        return WRONG_INPUT
    except NotAnalysed as error:
        terminal.fault(f"Not analysed, because {error}")
        return SECTIONS_FAILED
    except Exception as error:  # noqa: BLE001 - the one place where a fault of ours ends: in a file, not on the screen
        if isinstance(error, OSError) and error.errno in FAULTS_OF_THE_PLACE:
            terminal.fault(f"{error.filename or 'the output'}: {error.strerror}. Nothing written before is lost.")
            return WRONG_INPUT
        for line in write_crash(error, arguments):
            terminal.fault(line)
        return OUR_BUG
    return code if isinstance(code, int) else DONE


def _told_broken_pipe(terminal: Terminal) -> int:
    """Say that the reader has gone, where somebody still listens, and keep Python quiet about it at its exit."""
    gone = [sys.stdout]
    try:
        terminal.fault(NOT_READ_TO_THE_END)
    except BrokenPipeError:
        gone.append(sys.stderr)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in gone:
        with suppress(OSError, ValueError):  # a stream that is no file of the system's needs no care
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    return WRONG_INPUT


def main() -> None:
    """Run ``avpi`` with the arguments of the shell."""
    sys.exit(run_command(sys.argv[1:]))

"""Say that code is being compiled: the first run on a machine is slow for that reason alone."""

from __future__ import annotations

from avpi.cli.terminal import Terminal


def say_if_fitter_is_compiled(terminal: Terminal) -> None:
    """Tell that the fitter of many curves must be compiled, where it was not before."""
    from avpi.dose.kernels.block import fit_block

    _say(terminal, "the fitter", fit_block)


def say_if_synergy_is_compiled(terminal: Terminal, *, musyc: bool) -> None:
    """Tell that the fits of a dose matrix, and of MuSyC's surface, must be compiled."""
    from avpi.dose.synergy.curve_kernel import fit_rows

    _say(terminal, "the fitter of dose matrices", fit_rows)
    if musyc:
        from avpi.dose.synergy.musyc_descent import descend
        from avpi.dose.synergy.musyc_search import search

        _say(terminal, "the fitter of MuSyC's surface", search, descend)


def _say(terminal: Terminal, what: str, *functions: object) -> None:
    from avpi.compute.compiled import is_kept

    if not all(is_kept(function) for function in functions):  # type: ignore[arg-type]
        terminal.say(f"compiling {what}, once on this machine: this takes up to a minute")

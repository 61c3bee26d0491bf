"""Compile a function of this folder, or take what was compiled before from the very same sources.

numba keeps what it compiled by the date of the function's own file. But a kernel has others compiled into it: after a
change of those it would go on as before. So the code lies in a folder named after all sources here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import njit

from avpi.compute.cache_place import cache_folder, digest_of_sources

_SETTINGS: Any = numba.config
Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def compiled_folder() -> Path | None:
    """Return where compiled code lies; None where nothing can be written, and it is made anew each time."""
    name = f"dose-{numba.__version__}-{digest_of_sources(Path(__file__).parent)[:32]}"
    found = cache_folder() / name
    try:
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return found if os.access(found, os.W_OK) else None


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Return numba's ``njit`` with these options, and with this folder's cache."""

    def decorate(function: Function) -> Function:
        folder, before = compiled_folder(), _SETTINGS.CACHE_DIR
        _SETTINGS.CACHE_DIR = "" if folder is None else str(folder)  # is read while a function is decorated
        try:
            done: Function = njit(cache=folder is not None, **options)(function)
        finally:
            _SETTINGS.CACHE_DIR = before
        return done

    return decorate

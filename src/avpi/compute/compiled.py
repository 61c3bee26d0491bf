"""Compile a function, or take what was compiled before from the very same sources.

numba keeps what it compiled by the date of the function's own file. But a kernel has others compiled into it: after a
change of those it would go on as before. So the code lies in a folder named after all sources beside the function, and
after those of the ``kernels`` that stand beside that folder or in it, which others call.
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
KERNELS = "kernels"
"""Folder of compiled functions that the functions of its neighbours call."""
Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def compiled_folder(sources: Path) -> Path | None:
    """Return where code compiled from a folder lies; None where nothing can be written: it is then made each time."""
    called = next((own for own in (sources / KERNELS, sources.parent / KERNELS) if own.is_dir()), sources)
    digests = digest_of_sources(sources)[:24], digest_of_sources(called)[:24]
    found = cache_folder() / "-".join(("numba", numba.__version__, *digests))
    try:
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return found if os.access(found, os.W_OK) else None


def compiled(*, inner: bool = False, **options: Any) -> Callable[[Function], Function]:
    """Return numba's ``njit`` with these options, and with this folder's cache.

    Parameters
    ----------
    inner : the function is called by compiled ones alone, makes no array and keeps none. Then its arrays need not be
        counted, which takes longer than a curve of ten doses does, and it is compiled in half the time.
    """
    if inner:
        options.update(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)

    def decorate(function: Function) -> Function:
        folder, before = compiled_folder(Path(function.__code__.co_filename).parent), _SETTINGS.CACHE_DIR
        _SETTINGS.CACHE_DIR = "" if folder is None else str(folder)  # is read while a function is decorated
        try:
            done: Function = njit(cache=folder is not None, **options)(function)
        finally:
            _SETTINGS.CACHE_DIR = before
        return done

    return decorate


def is_kept(function: Callable[..., Any]) -> bool:
    """Return whether a compiled function is at hand: what is not is compiled when it is first called.

    Compiling takes many times as long as a small table does, so whoever is about to call asks first and says so.
    Assumes that code in the cache was made for this kind of processor.

    Parameters
    ----------
    function : as :func:`compiled` returned it.
    """
    own: Any = function
    if own.signatures:
        return True
    source = Path(own.py_func.__code__.co_filename)
    folder = compiled_folder(source.parent)
    name = f"{source.stem}.{own.py_func.__qualname__}-{own.py_func.__code__.co_firstlineno}."
    return folder is not None and any(path.name.startswith(name) for path in folder.rglob("*.nbi"))

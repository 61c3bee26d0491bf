"""From LLVM IR to machine code in memory, by way of a cache on disk.

The code is made for the processor it runs on. It is kept under a hash of what it was made from, the processor and the
compiler, so that a model is compiled once on a machine. No compiler needs to be installed: LLVM comes with llvmlite.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import llvmlite
from llvmlite import binding, ir

from avpi.solver.cache_folder import keep, kept

CODE_LEVEL = 1
"""Of LLVM's code generator. The IR is written in the order in which it should run: level 2 is no faster when it runs
and takes five times as long to compile."""


class MachineCode:
    """Functions in memory, by name -> address; the memory lives as long as this object."""

    def __init__(self, object_code: bytes, names: tuple[str, ...]) -> None:
        backing = binding.parse_assembly("")
        self._engine = binding.create_mcjit_compiler(backing, _target_machine())
        self._engine.add_object_file(binding.ObjectFileRef.from_data(object_code))
        self._engine.finalize_object()
        self.addresses = {name: int(self._engine.get_function_address(name)) for name in names}


def compile_module(
    key: str, write: Callable[[ir.Module], object], names: tuple[str, ...], *, optimize: bool = False
) -> MachineCode:
    """Return the functions of a module.

    Parameters
    ----------
    key : what the module is made from; the same key must always give the same module.
    write : called with an empty module if its code is not in the cache, to write the functions.
    names : the functions to be found.
    optimize : let LLVM rearrange the IR; straight-line code is better as it was written.
    """
    entry = "code-" + _hash(key)
    object_code = kept(entry)
    if object_code is None:
        module = ir.Module(name="model")
        module.triple = binding.get_process_triple()
        write(module)
        parsed = binding.parse_assembly(str(module))
        if optimize:
            builder = binding.create_pass_builder(_target_machine(), binding.create_pipeline_tuning_options(2))
            builder.getModulePassManager().run(parsed, builder)
        object_code = _target_machine().emit_object(parsed)
        keep(entry, object_code)
    return MachineCode(object_code, names)


def _hash(key: str) -> str:
    parts = (key, llvmlite.__version__, binding.get_process_triple(), host_name(), host_features())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@cache
def host_name() -> str:
    """Return LLVM's name for the processor."""
    return str(binding.get_host_cpu_name())


@cache
def host_features() -> str:
    """Return LLVM's list of what the processor can do."""
    return str(binding.get_host_cpu_features().flatten())


def _target_machine() -> Any:
    """Return a new one each time: an engine takes the one that it is given for its own."""
    with suppress(RuntimeError):  # newer llvmlite initializes itself and says so by an error
        binding.initialize()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(binding.get_process_triple())
    return target.create_target_machine(
        cpu=host_name(), features=host_features(), opt=CODE_LEVEL, codemodel="jitdefault", jit=True
    )

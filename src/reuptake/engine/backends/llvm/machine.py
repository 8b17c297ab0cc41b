"""On which processor the text runs, and where its machine code is kept.

Compiled code is kept on disk under a name that is a hash of the text, the processor, its
features and the version of LLVM, so that no code is ever run that belongs to another text or
machine. A file carries a checksum of its content: one that is damaged, cut short or another's
is left alone and the text compiled anew. A file is written under a temporary name and renamed,
so that many processes may fill the folder at once; a folder that cannot be written costs time only.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from reuptake.engine.backends.llvm.words import Target

__all__ = ["Code", "cache_folder", "compiled", "this_target"]

MAGIC = b"reuptake object 1\n"
SPEED = 1  # of LLVM's code generation; 2 takes longer to compile and runs no faster


@dataclass(frozen=True)
class Code:
    """A loaded function; `keep` holds its memory."""

    call: Callable[[Any], None]
    fresh: bool  # compiled now, and not taken from the folder
    keep: object


def this_target(lanes: int | None = None) -> Target:
    """Four lanes, and fused multiply-add where the processor has it."""
    features = llvm.get_host_cpu_features()
    return Target(lanes or 4, bool(features.get("fma") or features.get("neon")))


def compiled(text: str, entry: str) -> Code:
    """The function `entry` of some text, from the folder if it is there."""
    machine = _machine()  # one for each engine, which takes it over and ends it
    key = hashlib.sha256("\n".join((*_identity(), text)).encode()).hexdigest()
    folder = cache_folder()
    stored = _read(folder / f"{key}.o") if folder is not None else None
    binary = stored
    if binary is None:
        binary = _compile(text, machine)
        if folder is not None:
            _write(folder, f"{key}.o", binary)
    empty = llvm.parse_assembly("")
    engine = llvm.create_mcjit_compiler(empty, machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(binary))
    engine.finalize_object()
    # A call through ctypes lets other threads run meanwhile.
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(engine.get_function_address(entry))
    return Code(call, stored is None, engine)


def cache_folder() -> Path | None:
    """Where compiled code is kept: ``REUPTAKE_CACHE``, else the user's folder of caches; None if it is not ours."""
    named = os.environ.get("REUPTAKE_CACHE")
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = Path(named) if named else base / "reuptake"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        info = folder.stat()
    except (OSError, RuntimeError):  # no home, no right to write
        return None
    # Machine code is run: nobody else may have put it there.
    if hasattr(os, "getuid") and (info.st_uid != os.getuid() or info.st_mode & 0o022):
        return None
    return folder


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    head, binary = content[: len(MAGIC) + 32], content[len(MAGIC) + 32 :]
    return binary if head == MAGIC + hashlib.sha256(binary).digest() and binary else None


def _write(folder: Path, name: str, binary: bytes) -> None:
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".part-")
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(MAGIC + hashlib.sha256(binary).digest() + binary)
        os.replace(temporary, folder / name)
    except OSError:
        Path(temporary).unlink(missing_ok=True)


def _compile(text: str, machine: Any) -> bytes:
    module = llvm.parse_assembly(text)
    module.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=0))
    # Straight lines are in their final form already; the driver's places become registers, and
    # what is computed twice is computed once. LLVM's first level took eight times as long and gained nothing.
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_new_gvn_pass()
    passes.add_simplify_cfg_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, builder)
    binary: bytes = machine.emit_object(module)
    return binary


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=SPEED, jit=True
    )


def _identity() -> tuple[str, ...]:
    features = llvm.get_host_cpu_features().flatten()
    version = ".".join(map(str, llvm.llvm_version_info))
    return (llvm.get_default_triple(), llvm.get_host_cpu_name(), features, version, str(SPEED))

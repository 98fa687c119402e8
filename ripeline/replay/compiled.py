"""Functions compiled to machine code once, and kept on disk for the next process.

Compiled code is kept in a folder named by the contents of all kernel modules: a change to one of them must never meet
what was compiled from the others before it. The folder lies in NUMBA_CACHE_DIR if that is set, else beside the code,
else (a read-only installation) in the user's cache, else in a folder of this user's alone below the temporary one.
"""

from __future__ import annotations

import os
import platform
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

KERNELS: Final = (
    "compiled",
    "kernel_state",
    "kernel_conditions",
    "kernel_clocks",
    "kernel_touches",
    "kernel",
)
"""The modules whose functions are compiled; together they name the folder."""


def compiled(function: Function) -> Function:
    """The function as machine code that runs beside other threads."""
    return cast(Function, _compile(function, inline="never"))


def woven(function: Function) -> Function:
    """The same, laid into its callers: for the few steps taken at every touch."""
    return cast(Function, _compile(function, inline="always"))


def _compile(function: Function, *, inline: str) -> Any:
    # Only here: where the folder is, and whether all is in it, is found without.
    import numba

    config: Any = numba.config
    njit: Any = numba.njit
    before, config.CACHE_DIR = config.CACHE_DIR, str(_folder())
    try:
        # Kernels make no arrays. Without `_nrt` off, each call would count the references of dozens of them,
        # which takes thirty times as long as the work itself.
        return njit(nogil=True, cache=True, error_model="numpy", inline=inline, _nrt=False)(function)
    finally:
        config.CACHE_DIR = before


def kept() -> Path:
    """The note that all is compiled for a processor such as this machine's. Machine code of another is not used."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = "".join(
            sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
        )
    except OSError:
        processor = platform.processor()
    return _folder() / f"all-{sha256((platform.machine() + processor).encode()).hexdigest()[:16]}"


@cache
def _folder() -> Path:
    digest = sha256(version("numba").encode())
    for name in KERNELS:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    for base in _bases():
        folder = base / f"kernel-{digest.hexdigest()[:16]}"
        if _is_ours(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="ripeline-kernel-"))


def _bases() -> Iterator[Path]:
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        yield Path(given)
    yield _package() / "__pycache__"
    yield Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "ripeline"
    yield Path(tempfile.gettempdir()) / f"ripeline-{os.getuid() if hasattr(os, 'getuid') else 'kernel'}"


def _package() -> Path:
    return Path(__file__).parent


def _is_ours(folder: Path) -> bool:
    """Whether the folder can be written to and nobody else can: code is loaded from it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
    except OSError:
        return False
    if not os.access(folder, os.W_OK):
        return False
    return not hasattr(os, "getuid") or (
        facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )

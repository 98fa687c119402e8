"""A file system in memory that can be full."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fsspec
from fsspec.implementations.memory import MemoryFileSystem


class FullDisk(MemoryFileSystem):  # type: ignore[misc]
    """Takes so many files more, then says what a full disk says."""

    protocol = "fulldisk"
    store: dict[str, Any] = {}
    pseudo_dirs = [""]
    left: int | None = None

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **given: Any) -> None:
        """Writes a file, or raises OSError."""
        if FullDisk.left is not None:
            if FullDisk.left == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            FullDisk.left -= 1
        super().pipe_file(path, value, mode, **given)

    @classmethod
    @contextmanager
    def full_after(cls, files: int) -> Iterator[None]:
        """Full when so many files more have been written."""
        cls.left = files
        try:
            yield
        finally:
            cls.left = None

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.replace(f"{cls.protocol}://", "memory://"))  # type: ignore[no-any-return]


fsspec.register_implementation(FullDisk.protocol, FullDisk, clobber=True)

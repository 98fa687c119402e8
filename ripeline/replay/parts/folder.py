"""Where parts lie: a folder of any file system fsspec knows.

Every file is written once, whole, and never changed; only the manifest is replaced, in one step.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from ripeline.replay.parts.problems import UnreachableParts

BEGUN = ".begun"
"""Ending of a file that is being written on a local disk."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its fsspec address (`/var/lib/x`, `s3://bucket/x`, `memory://x`): a value, sent anywhere."""

    url: str

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises FileNotFoundError, UnreachableParts."""
        with _reaching(self.url):
            fs, path = _opened(self.url)
            return bytes(fs.cat_file(f"{path}/{name}"))

    def read_ranges(self, name: str, ranges: Sequence[tuple[int, int]], into: memoryview) -> None:
        """Reads the stretches [start, end) of a file into their own places of `into`.

        A stretch beyond the end of the file is left as it was: checksums tell. Raises FileNotFoundError,
        UnreachableParts.
        """
        with _reaching(self.url):
            fs, path = _opened(self.url)
            if isinstance(fs, LocalFileSystem):
                _read_locally(Path(path, name), ranges, into)
                return
            whole = [f"{path}/{name}"] * len(ranges)
            starts, ends = [start for start, _ in ranges], [end for _, end in ranges]
            for start, read in zip(starts, fs.cat_ranges(whole, starts, ends, on_error="raise"), strict=True):
                into[start : start + len(read)] = read

    def put(self, name: str, content: bytes | memoryview) -> None:
        """Writes a file so that it is there whole or not at all; replaces one of that name. Raises OSError."""
        fs, path = _opened(self.url)
        if isinstance(fs, LocalFileSystem):
            _put_locally(Path(path), name, content)
            return
        try:
            # Object stores show an object when its single put is complete.
            fs.makedirs(path, exist_ok=True)
            fs.pipe_file(f"{path}/{name}", bytes(content))
        except OSError:
            raise
        except Exception as trouble:
            # Their libraries have errors of their own.
            raise OSError(str(trouble)) from trouble

    def sizes(self) -> dict[str, int]:
        """The files there, with their sizes in bytes; none where there is no folder. Raises UnreachableParts."""
        try:
            with _reaching(self.url):
                fs, path = _opened(self.url)
                fs.invalidate_cache(path)
                found: list[dict[str, Any]] = fs.ls(path, detail=True)
        except FileNotFoundError:
            return {}
        return {
            str(each["name"]).rpartition("/")[2]: int(each["size"] or 0)
            for each in found
            if each["type"] == "file"
        }

    def remove(self, names: Iterable[str]) -> None:
        """Removes these files; one that is gone already, or cannot go now, is passed over."""
        fs, path = _opened(self.url)
        for name in names:
            with suppress(OSError):
                fs.rm_file(f"{path}/{name}")

    def __str__(self) -> str:
        return self.url


@lru_cache(maxsize=16)
def _opened(url: str) -> tuple[Any, str]:
    fs, path = url_to_fs(url)
    return fs, path.rstrip("/")


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as trouble:
        # Any: libraries of object stores have errors of their own, and a missing one is an ImportError.
        why = getattr(trouble, "strerror", None) or str(trouble) or type(trouble).__name__
        raise UnreachableParts(
            f"The history parts in {url} cannot be reached: {why.rstrip('.')}."
        ) from trouble


def _read_locally(path: Path, ranges: Sequence[tuple[int, int]], into: memoryview) -> None:
    with path.open("rb", buffering=0) as file:
        for start, end in ranges:
            file.seek(start)
            _fill(file, into[start:end])


def _fill(file: Any, place: memoryview) -> None:
    done = 0
    # One read gives 2 GB at most.
    while done < len(place) and (read := file.readinto(place[done:])):
        done += read


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _put_locally(folder: Path, name: str, content: bytes | memoryview) -> None:
    # What people did is nobody else's business on this machine.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = folder / f".{name}.{token_hex(4)}{BEGUN}"
    try:
        with open(begun, "xb", opener=_privately) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        begun.replace(folder / name)
    except BaseException:
        with suppress(OSError):
            begun.unlink()
        raise
    # A name is on disk when its folder is.
    listing = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)

"""Parts opened for reading: looked over first, never used where they are not what was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ripeline.replay.parts.folder import Folder
from ripeline.replay.parts.form import check_spans
from ripeline.replay.parts.loading import PartRef
from ripeline.replay.parts.manifest import NAME, Manifest, read_manifest
from ripeline.replay.parts.problems import DamagedParts, StaleParts


@dataclass(frozen=True, slots=True)
class Parts:
    """One generation of a history, open. It stays readable for half an hour after a newer one came."""

    folder: Folder
    manifest: Manifest

    @property
    def buckets(self) -> tuple[PartRef, ...]:
        """The buckets that hold anybody, in their order; no person is in two."""
        return tuple(PartRef(self.folder, bucket) for bucket in self.manifest.buckets if bucket.touches)

    @property
    def touches(self) -> int:
        """How many touches there are."""
        return self.manifest.touches

    @property
    def people(self) -> int:
        """How many people have a touch."""
        return sum(bucket.people for bucket in self.manifest.buckets)

    @property
    def latest(self) -> int | None:
        """The instant of the last touch; None where there is none."""
        return max((each.latest for each in self.manifest.buckets if each.latest is not None), default=None)

    @property
    def bytes(self) -> int:
        """What the files in force take on disk."""
        return sum(file.size for file in self.manifest.files)


def are_parts(url: str) -> bool:
    """Whether this folder holds history parts, well or not."""
    return NAME in Folder(url).sizes()


def open_parts(url: str, *, source: str | None = None) -> Parts:
    """Opens the parts in a folder, after a look at the manifest and at the size of every file.

    What the bytes are is checked when they are loaded, column by column; `verify` does it for all. With `source` they
    must come from the log of that name. Raises MissingParts, StaleParts, DamagedParts.
    """
    folder = Folder(url)
    manifest = read_manifest(folder)
    if source is not None and manifest.source != source:
        raise StaleParts(f"The history parts in {folder} were made from another log.")
    for name, why in wrong_files(folder, manifest).items():
        raise DamagedParts(why, name)
    return Parts(folder, manifest)


def wrong_files(folder: Folder, manifest: Manifest) -> dict[str, str]:
    """The files in force that are gone, or not as large as they were written, with a sentence for each."""
    sizes = folder.sizes()
    wrong = {}
    for file in manifest.files:
        if file.name not in sizes:
            wrong[file.name] = f"{folder}/{file.name} is gone."
        elif sizes[file.name] != file.size:
            wrong[file.name] = f"{folder}/{file.name} has {sizes[file.name]} bytes and not {file.size}."
    return wrong


def verify(parts: Parts, progress: Callable[[int, int], None] | None = None) -> dict[str, str]:
    """Reads every byte of every file in force; returns those that are damaged, with a sentence for each.

    `progress` is told (bytes done, bytes in all).
    """
    wrong, done = {}, 0
    for file in parts.manifest.files:
        content = np.zeros(file.size, np.uint8).data
        try:
            parts.folder.read_ranges(file.name, [(0, file.size)], content)
            check_spans(parts.folder, file, content, file.spans)
        except FileNotFoundError:
            wrong[file.name] = f"{parts.folder}/{file.name} is gone."
        except DamagedParts as damage:
            wrong[file.name] = str(damage)
        done += file.size
        if progress:
            progress(done, parts.bytes)
    return wrong

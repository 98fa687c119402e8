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
        return sum(bucket.touches for bucket in self.manifest.buckets)

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
    sizes = folder.sizes()
    for file in manifest.files:
        if file.name not in sizes:
            raise DamagedParts(f"{folder}/{file.name} is gone.", file.name)
        if sizes[file.name] != file.size:
            raise DamagedParts(
                f"{folder}/{file.name} has {sizes[file.name]} bytes and not {file.size}.", file.name
            )
    return Parts(folder, manifest)


def verify(parts: Parts, progress: Callable[[int, int], None] | None = None) -> list[str]:
    """Reads every byte of every file in force; returns a sentence for each file that is damaged.

    `progress` is told (bytes done, bytes in all).
    """
    wrong, done = [], 0
    for file in parts.manifest.files:
        content = np.zeros(file.size, np.uint8).data
        try:
            parts.folder.read_ranges(file.name, [(0, file.size)], content)
            check_spans(parts.folder, file, content, file.spans)
        except FileNotFoundError:
            wrong.append(f"{parts.folder}/{file.name} is gone.")
        except DamagedParts as damage:
            wrong.append(str(damage))
        done += file.size
        if progress:
            progress(done, parts.bytes)
    return wrong

"""The list of the files in force: written last and in one step, so that a crash leaves the old or the new parts."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ripeline.replay.parts import form
from ripeline.replay.parts.folder import Folder
from ripeline.replay.parts.form import SCHEMA_VERSION, PartFile
from ripeline.replay.parts.problems import DamagedParts, MissingParts, StaleParts

NAME: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Bucket:
    """The files of the people in one bucket, oldest first, and what they come to together."""

    number: int
    files: tuple[PartFile, ...]
    touches: int
    people: int
    latest: int | None


@dataclass(frozen=True, slots=True)
class Retired:
    """A file no longer in force since an instant (microseconds), kept a while for readers under way."""

    name: str
    since: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of the parts; it never changes.

    `source` names the log they come from, `position` the place in it up to which they hold everything. `bucket_count`
    is a power of two; 0 where the people were not put into buckets by their hash, and then nothing can be added.
    `written_at` is in microseconds.
    """

    generation: str
    source: str
    position: int
    bucket_count: int
    written_at: int
    buckets: tuple[Bucket, ...]
    retired: tuple[Retired, ...] = ()

    @property
    def files(self) -> tuple[PartFile, ...]:
        """Every file in force."""
        return tuple(file for bucket in self.buckets for file in bucket.files)

    @property
    def touches(self) -> int:
        """How many touches there are."""
        return sum(bucket.touches for bucket in self.buckets)

    def buckets_with(self, names: Collection[str]) -> frozenset[int]:
        """The numbers of the buckets that have a file of these names."""
        return frozenset(
            bucket.number for bucket in self.buckets if any(file.name in names for file in bucket.files)
        )

    def emptied(self, numbers: Collection[int]) -> Manifest:
        """The same, with nobody in the buckets of these numbers."""
        return replace(
            self,
            buckets=tuple(
                Bucket(each.number, (), 0, 0, None) if each.number in numbers else each
                for each in self.buckets
            ),
        )


def read_manifest(folder: Folder) -> Manifest:
    """The manifest in force. Raises MissingParts, DamagedParts, StaleParts (a form of another version)."""
    try:
        content = folder.read(NAME)
    except FileNotFoundError:
        raise MissingParts(f"There are no history parts in {folder}.") from None
    try:
        record = json.loads(content)
        body = record["manifest"]
        if record["checksum"] != _checksum(body):
            raise ValueError("its checksum is another")
        if body["schema"] != SCHEMA_VERSION:
            raise StaleParts(
                f"The history parts in {folder} have form {body['schema']}, and this is form {SCHEMA_VERSION}."
            )
        return _from_json(body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as mistake:
        raise DamagedParts(f"{folder}/{NAME} is damaged: {mistake}", NAME) from None


def write_manifest(folder: Folder, manifest: Manifest) -> None:
    """Puts the manifest in force. Raises OSError."""
    body = _to_json(manifest)
    folder.put(NAME, json.dumps({"checksum": _checksum(body), "manifest": body}).encode())


def retire(manifest: Manifest, new: Manifest) -> Manifest:
    """`new`, with the files that it leaves out listed as retired since it was written."""
    staying = {file.name for file in new.files}
    listed = {each.name for each in manifest.retired}
    left = [file.name for file in manifest.files if file.name not in staying | listed]
    return replace(new, retired=(*manifest.retired, *(Retired(name, new.written_at) for name in left)))


def _checksum(body: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(body, sort_keys=True).encode())


def _to_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "schema": SCHEMA_VERSION,
        "generation": manifest.generation,
        "source": manifest.source,
        "position": manifest.position,
        "bucket_count": manifest.bucket_count,
        "written_at": manifest.written_at,
        "buckets": [
            {
                "number": bucket.number,
                "touches": bucket.touches,
                "people": bucket.people,
                "latest": bucket.latest,
                "files": [form.to_json(file) for file in bucket.files],
            }
            for bucket in manifest.buckets
        ],
        "retired": [[each.name, each.since] for each in manifest.retired],
    }


def _from_json(body: Mapping[str, Any]) -> Manifest:
    return Manifest(
        generation=str(body["generation"]),
        source=str(body["source"]),
        position=int(body["position"]),
        bucket_count=int(body["bucket_count"]),
        written_at=int(body["written_at"]),
        buckets=tuple(
            Bucket(
                number=int(each["number"]),
                files=tuple(form.from_json(file) for file in each["files"]),
                touches=int(each["touches"]),
                people=int(each["people"]),
                latest=None if each["latest"] is None else int(each["latest"]),
            )
            for each in body["buckets"]
        ),
        retired=tuple(Retired(str(name), int(since)) for name, since in body["retired"]),
    )

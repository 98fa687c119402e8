"""The files of the library, in a folder beside the database, each by the hash of its content."""

from __future__ import annotations

import hashlib
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from ripeline.capture.library.models import Asset, AssetVersion
from ripeline.kit.ids import new_key
from ripeline.people.models import User


def folder() -> Path:
    """Where files of assets lie."""
    return Path(settings.CONFIG.data_dir) / "assets"


def path_of(version: AssetVersion) -> Path:
    """Where a version lies."""
    return place_of(version.digest)


def add_version(
    asset: Asset, file: BinaryIO, name: str, media_type: str, *, by: User | None, now: datetime
) -> AssetVersion:
    """Keeps a file as the asset's present version. The same content again is the same version."""
    digest, size = keep_file(file)
    with transaction.atomic():
        held = Asset.objects.select_for_update(no_key=True).get(pk=asset.pk)
        last = AssetVersion.objects.filter(asset=held).order_by("-number").first()
        if last is not None and (last.digest, last.name) == (digest, name):
            version = last
        else:
            version = AssetVersion.objects.create(
                asset=held,
                number=last.number + 1 if last else 1,
                name=name,
                size=size,
                digest=digest,
                media_type=media_type,
                created_at=now,
                created_by=by,
            )
        Asset.objects.filter(pk=held.pk).update(version=version, address="")
    asset.version, asset.address = version, ""
    return version


def name_of(written: str) -> str:
    """The name of an uploaded file, without folders and what no file system takes."""
    name = "".join(each for each in Path(written.replace("\\", "/")).name if each.isprintable())
    stem, dot, ending = name.strip().rpartition(".")
    return f"{stem[:150]}{dot}{ending[:10]}" if stem else name[:160] or "file"


def keep_file(file: BinaryIO) -> tuple[str, int]:
    """Copies a file to its place, whole or not at all, whoever reads there meanwhile: its SHA-256 and its bytes."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder() / f".{new_key()}"
    try:
        file.seek(0)
        with draft.open("wb") as out:
            shutil.copyfileobj(file, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        with draft.open("rb") as kept:
            digest = hashlib.file_digest(kept, "sha256").hexdigest()
        size = draft.stat().st_size
        place = place_of(digest)
        place.parent.mkdir(exist_ok=True, mode=0o700)
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
    return digest, size


def place_of(digest: str) -> Path:
    """Where the file of this hash lies."""
    return folder() / digest[:2] / digest

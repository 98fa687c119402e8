"""Pictures for emails: kept among those of landing pages, at addresses that readers reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse

from ripeline.capture.forms.returning import own_origin
from ripeline.capture.landing.keeping import LARGEST_PICTURE, keep_picture
from ripeline.capture.landing.models import Picture

SHOWN = 24


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture by its name, and its whole address."""

    name: str
    address: str


def latest_pictures() -> Sequence[Kept]:
    """The pictures that were kept last."""
    rows = Picture.objects.order_by("-created_at", "-pk").values_list("name", "digest")[:SHOWN]
    return [Kept(name, _address(digest)) for name, digest in rows]


def add_picture(file: UploadedFile[Any], now: datetime) -> Kept | str:
    """Keeps a picture that was uploaded; a sentence for what is none."""
    is_small = file.size is not None and file.size <= LARGEST_PICTURE
    kept = keep_picture(file, str(file.name), now=now) if is_small else None  # type: ignore[arg-type]
    if kept is None:
        return f"{file.name} is no picture that is taken: PNG, JPEG, GIF or WebP, up to 5 MB."
    return Kept(kept.name, _address(kept.digest))


def _address(digest: str) -> str:
    return f"{own_origin()}{reverse('landing_picture', args=[digest])}"

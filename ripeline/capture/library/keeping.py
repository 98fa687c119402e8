"""Adding assets to the library and changing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from ripeline.capture.forms.models import Form
from ripeline.capture.library.filing import add_version, name_of
from ripeline.capture.library.models import Asset
from ripeline.people.models import User


@dataclass(frozen=True, slots=True)
class Written:
    """An asset as somebody wrote it down; `form` by its key, a `file` of a known `media_type` or an `address`."""

    title: str
    kind: str
    content_stage: str
    key: str = ""
    personas: tuple[str, ...] = ()
    language: str = ""
    summary: str = ""
    form: str = ""
    address: str = ""
    file: BinaryIO | None = None
    media_type: str = ""


def keep_asset(asset: Asset | None, said: Written, *, by: User | None, now: datetime) -> Asset:
    """Adds an asset, or changes one (its key stays); a file becomes its next version."""
    with transaction.atomic():
        one = asset or Asset(key=said.key, created_at=now, created_by=by)
        one.title, one.kind, one.content_stage = said.title, said.kind, said.content_stage
        one.personas, one.language, one.summary = list(said.personas), said.language, said.summary
        one.form = Form.objects.filter(key=said.form).first() if said.form else None
        if said.address:
            one.address, one.version = said.address, None
        one.save()
        if said.file is not None:
            name = name_of(str(getattr(said.file, "name", "") or one.key))
            add_version(one, said.file, name, said.media_type, by=by, now=now)
    return one

"""Assets for tests."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

from ripeline.capture.library.keeping import Written, keep_asset
from ripeline.capture.library.models import Asset

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
MACHINE = "python-requests/2.32"


def make_asset(key: str = "plan", *, content: bytes | None = PDF, now: datetime = NOW, **said: Any) -> Asset:
    """An asset of a file, or of an address."""
    file = named(content, f"{key}.pdf") if content is not None else None
    known = {
        "title": key.replace("-", " ").title(),
        "kind": "white_paper",
        "content_stage": "discovery",
        **said,
    }
    return keep_asset(
        None, Written(key=key, file=file, media_type="application/pdf", **known), by=None, now=now
    )


def named(content: bytes, name: str) -> io.BytesIO:
    """A file as browsers send it."""
    file = io.BytesIO(content)
    file.name = name
    return file


def packed(**files: str) -> bytes:
    """A zip file of these."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return out.getvalue()

"""Landing pages for tests."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from ripeline.capture.landing.content import Block, Content
from ripeline.capture.landing.keeping import add_version, keep_picture, make_page, publish
from ripeline.capture.landing.models import LandingPage, PageVersion, Picture

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


def block(kind: str, text: str = "", **more: str) -> Block:
    return Block.model_validate({"kind": kind, "text": text, **more})


def make_landing(slug: str = "spring", *blocks: Block, is_published: bool = True, **said: Any) -> LandingPage:
    """A page, published with these blocks."""
    content = Content(
        **{"title": "Launch your book", "blocks": blocks or (block("text", "Twelve weeks."),), **said}
    )
    page = make_page(slug, content, by=None, now=NOW)
    if is_published:
        version = publish(page, by=None, now=NOW)
        assert isinstance(version, PageVersion), version.why
        page.version = version
    return page


def another(page: LandingPage, title: str = "Launch it well") -> PageVersion:
    """A second version of the page, served to nobody yet."""
    content = Content(title=title, blocks=(block("text", "Six weeks."),))
    return add_version(page, content, by=None, now=NOW)


def make_picture() -> Picture:
    kept = keep_picture(io.BytesIO(PNG), "cover.png", now=NOW)
    assert kept
    return kept

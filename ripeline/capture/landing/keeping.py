"""Landing pages made, written, published, gone back with and taken down; their pictures kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from ripeline.capture.forms.returning import read_return
from ripeline.capture.landing.content import Block, Content, read_content
from ripeline.capture.landing.models import LandingPage, PageVersion, Picture
from ripeline.capture.landing.rendering import Parts, etag_of, parts_of, render_page
from ripeline.capture.library.filetypes import media_type_of
from ripeline.capture.library.filing import keep_file, name_of
from ripeline.people.models import User

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
LARGEST_PICTURE = 5_000_000
OWN_PATH = re.compile(r"/(?![/\\])[^\s\\<>\"']*|#[\w-]+")


@dataclass(frozen=True, slots=True)
class Refused:
    """What was not done, and why: sentences."""

    why: Sequence[str]


def make_page(slug: str, content: Content, *, by: User | None, now: datetime) -> LandingPage:
    """A new page, published nowhere yet."""
    return LandingPage.objects.create(slug=slug, draft=content.to_json(), created_at=now, created_by=by)


def write_draft(page: LandingPage, content: Content, *, revision: int) -> bool:
    """Keeps what is being written; False where somebody else wrote meanwhile."""
    return bool(
        LandingPage.objects.filter(pk=page.pk, revision=revision).update(
            draft=content.to_json(), revision=revision + 1
        )
    )


def hindrances(content: Content) -> Sequence[str]:
    """What keeps a page from being published, each a sentence."""
    return list(_hindrances(content))


def publish(page: LandingPage, *, by: User | None, now: datetime) -> PageVersion | Refused:
    """Serves the page as its draft is. The same content as that of the version served is made anew all the same: what
    a form or an asset is called may have changed."""
    with transaction.atomic():
        held = LandingPage.objects.select_for_update(no_key=True).get(pk=page.pk)
        content = read_content(held.draft)
        if why := hindrances(content):
            return Refused(why)
        version = add_version(held, content, by=by, now=now)
        LandingPage.objects.filter(pk=held.pk).update(version=version)
    return version


def add_version(page: LandingPage, content: Content, *, by: User | None, now: datetime) -> PageVersion:
    """A version of the page, made but not served yet."""
    last = PageVersion.objects.filter(page=page).order_by("-number").first()
    number = last.number + 1 if last else 1
    html = render_page(page, content, number=number)
    return PageVersion.objects.create(
        page=page,
        number=number,
        content=content.to_json(),
        html=html,
        etag=etag_of(html),
        created_at=now,
        author=by,
    )


def serve_again(version: PageVersion) -> None:
    """Goes back to a version that was served before."""
    LandingPage.objects.filter(pk=version.page_id).update(version=version)


def take_down(page: LandingPage) -> None:
    """Serves nothing there any more."""
    LandingPage.objects.filter(pk=page.pk).update(version=None)


def keep_picture(file: BinaryIO, written: str, *, now: datetime) -> Picture | None:
    """Keeps a picture, once however often it is given; None for what is none."""
    media_type = media_type_of(file, written)
    if media_type not in PICTURES:
        return None
    digest, size = keep_file(file)
    known = {"name": name_of(written), "media_type": media_type, "size": size, "created_at": now}
    return Picture.objects.get_or_create(digest=digest, defaults=known)[0]


def leads_somewhere(address: str) -> bool:
    """Whether a button may lead there: a path of ours, or a whole address of a page."""
    return OWN_PATH.fullmatch(address) is not None or read_return(address) is not None


def _hindrances(content: Content) -> Iterator[str]:
    if not content.title.strip():
        yield "The page needs a title."
    if not content.blocks:
        yield "The page has no blocks yet."
    parts = parts_of(content)
    for place, block in enumerate(content.blocks, 1):
        if wrong := _wrong(block, parts):
            yield f"Block {place} ({block.title.lower()}): {wrong}"


def _wrong(block: Block, parts: Parts) -> str:
    """What is wrong with a block; "" for nothing."""
    if block.kind in ("heading", "text", "quote", "button") and not block.text.strip():
        return "it has no words."
    if block.kind == "list" and not block.lines:
        return "it has no lines."
    if block.kind == "picture":
        if block.to not in parts.pictures:
            return "choose a picture."
        return "" if block.by.strip() else "say what it shows, for those who do not see it."
    if block.kind == "form":
        form = parts.forms.get(block.to)
        if form is None:
            return "choose a form."
        return "" if form.is_open else f"the form {form.title} is closed."
    if block.kind == "asset":
        return "" if block.to in parts.assets else "choose an asset that is in use."
    if block.kind == "button" and not leads_somewhere(block.to):
        return "write where it leads: a whole address, or a path such as /p/prices/."
    return ""

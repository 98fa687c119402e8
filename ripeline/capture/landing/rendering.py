"""A landing page as it is sent: made once when it is published, the same for everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import urlencode

import nh3
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from ripeline.capture.collector.keys import public_keys
from ripeline.capture.forms.languages import direction
from ripeline.capture.forms.models import Form
from ripeline.capture.forms.returning import own_origin
from ripeline.capture.landing.content import Block, Content
from ripeline.capture.landing.models import LandingPage, Picture
from ripeline.capture.library.models import Asset

TAGS = {"p", "br", "em", "strong", "a", "ul", "ol", "li", "blockquote", "code", "hr"}
SCHEMES = {"http", "https", "mailto", "tel"}
# No pictures, headings, code blocks or HTML: those are blocks of their own, or nothing that belongs here.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable(
    ["image", "html_block", "html_inline", "heading", "lheading", "fence", "code", "reference"]
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A block as a page draws it: where it leads to (`href`), what it holds (`html`), and what the thing is called."""

    kind: str
    block: Block
    html: SafeString | str = ""
    href: str = ""
    name: str = ""
    frame: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the blocks of pages speak of, by their keys."""

    forms: Mapping[str, Form]
    assets: Mapping[str, Asset]
    pictures: Mapping[str, Picture]


def render_page(page: LandingPage, content: Content, *, number: int, is_preview: bool = False) -> str:
    """The whole page as HTML. `number` is the version that it counts as."""
    parts = parts_of(content)
    path = reverse("landing_public", args=[page.slug])
    # WriteKey.key is public: it stands in the pages of websites.
    key = public_keys().filter(pk=page.write_key_id).first() if page.write_key_id else None
    context = {
        "page": page,
        "content": content,
        "direction": direction(content.language),
        "blocks": [
            each
            for block in content.blocks
            if (each := _show(block, page.slug, content.language, number, parts))
        ],
        "address": f"{own_origin()}{path}",
        "picture": f"{own_origin()}{_picture(content.picture)}" if content.picture in parts.pictures else "",
        "number": number,
        "also": _also(content),
        "key": key.key if key and not is_preview else "",
        "is_preview": is_preview,
        "has_assets": bool(content.keys_of("asset")),
    }
    return render_to_string("capture/landing_public.html", context)


def etag_of(html: str) -> str:
    """The hash of a page."""
    return blake2b(html.encode(), digest_size=16).hexdigest()


def parts_of(content: Content) -> Parts:
    """The forms, assets and pictures that a page speaks of and that are there."""
    pictures = [*content.keys_of("picture"), *([content.picture] if content.picture else [])]
    return Parts(
        {each.key: each for each in Form.objects.filter(key__in=content.keys_of("form"))},
        {
            each.key: each
            for each in Asset.objects.select_related("version").filter(
                key__in=content.keys_of("asset"), is_archived=False
            )
        },
        {each.digest: each for each in Picture.objects.filter(digest__in=pictures)},
    )


def markdown(text: str) -> SafeString:
    """Markdown as HTML: paragraphs, emphasis, lists and links; nothing else gets through."""
    made = _MARKDOWN.render(text)
    clean = nh3.clean(made, tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel="noopener")
    return SafeString(clean)


def goal_path(slug: str, key: str, number: int) -> str:
    """Where a page leads to an asset: it is counted there, and led on."""
    return f"{reverse('landing_asset', args=[slug, key])}?{urlencode({'version': number})}"


def form_frame(slug: str, form: str, number: int, language: str) -> str:
    """The address of a form in a frame of a page."""
    page = f"{own_origin()}{reverse('landing_public', args=[slug])}?{urlencode({'version': number})}"
    said = urlencode({"embed": 1, "lang": language, "page": page})
    return f"{reverse('form_public', args=[form])}?{said}"


def _show(block: Block, slug: str, language: str, number: int, parts: Parts) -> Shown | None:
    """A block as it is drawn; None for one that says nothing, or of something that is not there."""
    if block.kind == "text":
        return Shown("text", block, html=markdown(block.text)) if block.text.strip() else None
    if block.kind == "picture":
        return Shown("picture", block, href=_picture(block.to)) if block.to in parts.pictures else None
    if block.kind == "form":
        form = parts.forms.get(block.to)
        frame = form_frame(slug, block.to, number, language)
        return Shown("form", block, name=form.title, frame=frame) if form else None
    if block.kind == "asset":
        asset = parts.assets.get(block.to)
        return (
            Shown("asset", block, href=goal_path(slug, asset.key, number), name=asset.title)
            if asset
            else None
        )
    if block.kind == "button":
        return Shown("button", block, href=block.to) if block.text.strip() and block.to else None
    if block.kind == "list":
        return Shown("list", block) if block.lines else None
    return Shown(block.kind, block) if block.text.strip() else None


def _picture(digest: str) -> str:
    return reverse("landing_picture", args=[digest]) if digest else ""


def _also(content: Content) -> Sequence[tuple[str, str]]:
    """The same page in other languages that is published: language and address."""
    pages = LandingPage.objects.filter(slug__in=content.also).exclude(version=None).order_by("slug")
    found = []
    for slug, kept in pages.values_list("slug", "version__content"):
        language = str(kept.get("language", "en"))
        found.append((language, f"{own_origin()}{reverse('landing_public', args=[slug])}"))
    return found

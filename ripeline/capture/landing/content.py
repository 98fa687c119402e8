"""What a landing page says: a title, and blocks below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MOST_BLOCKS = 60
LONGEST = 10_000
Kind = Literal["heading", "text", "picture", "quote", "list", "form", "asset", "button"]
Short = Annotated[str, Field(max_length=300)]
Long = Annotated[str, Field(max_length=LONGEST)]
TITLES: Mapping[str, str] = {
    "heading": "Heading",
    "text": "Text",
    "picture": "Picture",
    "quote": "Quote",
    "list": "List",
    "form": "Form",
    "asset": "Asset",
    "button": "Button",
}


class Block(BaseModel):
    """One part of a page. What it has depends on its kind.

    `text` is a heading, Markdown, what is quoted, lines of a list, or the words on a button; `by` who is quoted, or
    what a picture shows; `to` a picture's hash, the key of a form or an asset, or the address that a button leads to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    text: Long = ""
    by: Short = ""
    to: Annotated[str, Field(max_length=2_000)] = ""

    @property
    def title(self) -> str:
        """What it is, in words."""
        return TITLES[self.kind]

    @property
    def lines(self) -> Sequence[str]:
        """Those of a list that say something."""
        return [line.strip(" \t-*•") for line in self.text.splitlines() if line.strip(" \t-*•")]


class Content(BaseModel):
    """A page: its title, what search engines and networks tell of it, its language, and its blocks in order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Short = ""
    description: Short = ""
    language: Annotated[str, Field(max_length=12)] = "en"
    picture: Annotated[str, Field(max_length=64)] = ""
    # Slugs of the same page in other languages.
    also: Annotated[tuple[Short, ...], Field(max_length=20)] = ()
    blocks: Annotated[tuple[Block, ...], Field(max_length=MOST_BLOCKS)] = ()

    def keys_of(self, kind: Kind) -> list[str]:
        """What its blocks of a kind lead to."""
        return [each.to for each in self.blocks if each.kind == kind and each.to]

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return self.model_dump(mode="json", exclude_defaults=True)


def read_content(kept: object) -> Content:
    """A page as it was kept; an empty one where that cannot be read."""
    try:
        return Content.model_validate(kept)
    except ValidationError:
        return Content()

"""What the editor of a page sends: the whole page each time, and what to do with one of its blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from django.http import QueryDict
from pydantic import ValidationError

from ripeline.capture.landing.content import LONGEST, MOST_BLOCKS, Block, Content, Kind
from ripeline.kit.numbers import read_number
from ripeline.people.values import read_language


@dataclass(frozen=True, slots=True)
class Edited:
    """The page as it was sent and changed; `at` is the place of the block to go on with (None: none), `wrong` what
    could not be taken, as sentences."""

    content: Content
    at: int | None = None
    wrong: Sequence[str] = ()


def read_edited(sent: QueryDict, pictures: Mapping[int, str]) -> Edited:
    """Reads the editor's form. `pictures` are the hashes of those that were uploaded just now, by the block's place
    (-1: the page's own)."""
    wrong: list[str] = []
    written = sent.get("language", "").strip()
    language = read_language(written) if written else "en"
    if language is None:
        wrong.append(f"No language is called {written[:60]}.")
    blocks = [
        _block(sent, place, pictures)
        for place in range(min(read_number(sent.get("blocks", "")), MOST_BLOCKS))
    ]
    kept = [each for each in blocks if each is not None]
    kept, at = _do(kept, sent.get("do", ""))
    said: dict[str, Any] = {
        "title": " ".join(sent.get("title", "").split())[:300],
        "description": " ".join(sent.get("description", "").split())[:300],
        "language": language or "en",
        "picture": pictures.get(-1, "" if "no-picture" in sent else sent.get("picture", "")[:64]),
        "also": [each[:80] for each in sent.getlist("also")][:20],
        "blocks": kept[:MOST_BLOCKS],
    }
    if len(kept) > MOST_BLOCKS:
        wrong.append(f"A page has at most {MOST_BLOCKS} blocks.")
    try:
        return Edited(Content.model_validate(said), at, wrong)
    except ValidationError as odd:
        return Edited(Content(), None, [f"This cannot be kept: {odd.errors()[0]['msg']}."])


def _block(sent: QueryDict, place: int, pictures: Mapping[int, str]) -> Block | None:
    """A block by its place; None for one of no kind that there is."""
    kind = sent.get(f"{place}-kind", "")
    if kind not in get_args(Kind):
        return None
    said = {
        "kind": kind,
        # Browsers send line ends as two characters.
        "text": sent.get(f"{place}-text", "").replace("\r\n", "\n")[:LONGEST],
        "by": sent.get(f"{place}-by", "").strip()[:300],
        "to": pictures.get(place, sent.get(f"{place}-to", "").strip()[:2_000]),
    }
    return Block.model_validate(said)


def _do(blocks: list[Block], asked: str) -> tuple[list[Block], int | None]:
    """Does what a button says: add:heading, up:3, down:3, remove:3. The place of the block it is about."""
    word, _, about = asked.partition(":")
    if word == "add" and about in get_args(Kind):
        return [*blocks, Block.model_validate({"kind": about})], len(blocks)
    at = read_number(about, otherwise=-1)
    if not 0 <= at < len(blocks):
        return blocks, None
    if word == "remove":
        return [*blocks[:at], *blocks[at + 1 :]], min(at, len(blocks) - 2) if len(blocks) > 1 else None
    to = {"up": max(0, at - 1), "down": min(len(blocks) - 1, at + 1)}.get(word, at)
    moved = [*blocks[:at], *blocks[at + 1 :]]
    moved.insert(to, blocks[at])
    return moved, to

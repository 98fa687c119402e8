"""Segments that ask about each other: in which order they are worked out, and circles, which are refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from ripeline.nurture.segments.definition import Group, asked_segments
from ripeline.nurture.segments.models import Segment
from ripeline.nurture.segments.reading import DefinitionMistakes, read_definition


def definition_of(segment: Segment) -> Group:
    """What a segment by conditions asks; what was read once is kept."""
    return _read(json.dumps(segment.definition))


def in_order(segments: Iterable[Segment]) -> list[Segment]:
    """The segments, those that others ask about before them; else by age."""
    by_key = {each.key: each for each in sorted(segments, key=lambda each: each.pk)}
    asks = {key: asked_by(each) for key, each in by_key.items()}
    found: dict[str, Segment] = {}

    def add(key: str) -> None:
        if key in found or key not in by_key:
            return
        for other in asks[key]:
            add(other)
        found[key] = by_key[key]

    for key in by_key:
        add(key)
    return list(found.values())


def asked_by(segment: Segment) -> tuple[str, ...]:
    """The keys of the segments that one asks about; none of one that cannot be read."""
    if segment.kind == Segment.Kind.LIST:
        return ()
    try:
        return asked_segments(definition_of(segment))
    except DefinitionMistakes:
        return ()


def circle(key: str, asks: Sequence[str], others: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The way from a segment by what it asks back to itself, both ends named; nothing where there is none."""
    waiting: list[tuple[str, ...]] = [(key, each) for each in asks]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop(0)
        if way[-1] == key:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            waiting += [(*way, each) for each in others.get(way[-1], ())]
    return ()


def followers(segments: Iterable[Segment], key: str) -> list[Segment]:
    """Those of these segments that ask about one."""
    return [each for each in segments if key in asked_by(each)]


@lru_cache(maxsize=512)
def _read(text: str) -> Group:
    return read_definition(json.loads(text))

"""The filters of the contacts list, as they stand in its address."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from ripeline.contacts.lists.search import PEOPLE, search_conditions, search_words, tag_condition
from ripeline.contacts.lists.wanted import Choice, Condition, Span
from ripeline.kit.sql import Sql, joined, one_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.nurture.segments.models import Segment
from ripeline.people.models import User
from ripeline.timeline.heat import NO_HEAT, heat_for_score

# How an address says "has none": no rating, no grade, no persona, no owner, no source.
NONE = "none"
MINE = "me"
MOST_VALUES = 30
# Where each of the four stands in a cell; see `cells`.
CELL_COLUMNS = {"stage": 0, "rating": 1, "grade": 2, "status": 3}


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for. A name with several values means any of them; different names must all hold.

    `score_from` and `score_to` are points as shown today, both included. `owner` holds user ids, `me` or `none`.
    """

    q: str = ""
    stage: tuple[str, ...] = ()
    rating: tuple[str, ...] = ()
    grade: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    persona: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    score_from: float | None = None
    score_to: float | None = None

    def is_any(self) -> bool:
        """Whether anything is filtered at all."""
        return self != Filters()

    def without(self, name: str, value: object) -> Filters:
        """The other filters: all but this value of `name`."""
        was = getattr(self, name)
        now = (
            tuple(one for one in was if one != value) if isinstance(was, tuple) else getattr(Filters(), name)
        )
        changes: dict[str, Any] = {name: now}
        return replace(self, **changes)

    def query(self) -> str:
        """As it stands in an address, without the question mark."""
        pairs: list[tuple[str, str]] = []
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, tuple):
                pairs += [(each.name, one) for one in value]
            elif value not in ("", None):
                pairs.append(
                    (each.name, repr(value).removesuffix(".0") if isinstance(value, float) else value)
                )
        return urlencode(pairs)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of an address, and a sentence for each part of it that could not be used."""

    filters: Filters
    mistakes: tuple[str, ...] = ()


def read_filters(query: QueryDict) -> Asked:
    """The filters an address asks for. What cannot be used is left out and said."""
    mistakes: list[str] = []
    values: dict[str, tuple[str, ...]] = {}
    for name in ("stage", "rating", "grade", "status", "persona", "source", "tag", "segment"):
        values[name] = _texts(query, name)
    for name, words in (("owner", (MINE, NONE)), ("company", ())):
        given = _texts(query, name)
        values[name] = tuple(
            one for one in given if one in words or (one.isascii() and one.isdigit() and len(one) < 19)
        )
        mistakes += [
            f"“{one}” is no {name}; that filter was left out." for one in given if one not in values[name]
        ]
    numbers = {name: _number(query, name, mistakes) for name in ("score_from", "score_to")}
    return Asked(Filters(q=query.get("q", "").strip()[:100], **values, **numbers), tuple(mistakes))  # type: ignore[arg-type]


def read_choices(filters: Filters) -> tuple[Choice, ...]:
    """The filters on stage, rating, grade and status."""
    return tuple(
        Choice(column, tuple("" if value == NONE else value for value in getattr(filters, name)))
        for name, column in CELL_COLUMNS.items()
        if getattr(filters, name)
    )


def read_conditions(filters: Filters, user: User) -> tuple[Condition, ...]:
    """The filters but for stage, rating, grade, status and score."""
    found = list(search_conditions(PEOPLE, search_words(filters.q)))
    if filters.owner:
        ids = [user.pk if one == MINE else int(one) for one in filters.owner if one != NONE]
        found.append(_on_contact("c.owner_id", ids, or_none=NONE in filters.owner))
    if filters.source:
        found.append(_on_contact("c.source", ["" if one == NONE else one for one in filters.source]))
    if filters.company:
        found.append(_on_contact("c.company_id", [int(one) for one in filters.company]))
    if filters.tag:
        found.append(tag_condition(filters.tag))
    if filters.persona:
        found.append(_persona(filters.persona))
    if filters.segment:
        found.append(_segments(filters.segment))
    return tuple(found)


def read_span(filters: Filters, playbook: Playbook, day: int) -> Span:
    """The heat that shows the scores asked for on `day`."""
    half_life, most = playbook.score.half_life, playbook.score.max
    low, high = filters.score_from, filters.score_to
    return Span(
        None if low is None or low <= 0 else heat_for_score(low, day, half_life) - 1e-9,
        # What is over the most is shown as the most.
        None
        if high is None or (most is not None and high >= most)
        else max(NO_HEAT, _heat(high, day, half_life)),
    )


def span_condition(span: Span) -> Condition:
    """The score range as one filter among others, for lists in another order than score."""
    parts = [] if span.low is None else [Sql("s.heat >= %s", (span.low,))]
    parts += [] if span.high is None else [Sql("s.heat <= %s", (span.high,))]
    check = joined(" AND ", parts)
    return Condition(
        check,
        frozenset("s"),
        Sql(f"SELECT s.contact_id AS id FROM ripeline_standing s WHERE {check.text}", check.params),  # noqa: S608
    )


def _heat(score: float, day: int, half_life: int | None) -> float:
    return heat_for_score(score, day, half_life) + 1e-9


def _on_contact(column: str, values: list[str] | list[int], or_none: bool = False) -> Condition:
    check = one_of(column, values)
    if or_none:
        check = Sql(f"({check.text} OR {column} IS NULL)", check.params)
    everybody = "SELECT c.id AS id FROM ripeline_contact c WHERE"
    ids = [Sql(f"{everybody} {column} = %s", (value,)) for value in values if value != ""]
    # Whoever was merged has let go of theirs, so that they would be found where there is none.
    living = f"{everybody} c.merged_into_id IS NULL AND"
    ids += [Sql(f"{living} {column} = %s", ("",))] if "" in values else []
    ids += [Sql(f"{living} {column} IS NULL")] if or_none else []
    # Most have an owner and a source or most have none, and those without are told from the merged by their rows.
    is_dear = or_none or "" in values
    return Condition(check, frozenset("c"), joined(" UNION ALL ", ids), is_dear=is_dear)


def _persona(keys: tuple[str, ...]) -> Condition:
    known = [key for key in keys if key != NONE]
    check = one_of("s.persona", known)
    ids = Sql(
        f"SELECT s.contact_id AS id FROM ripeline_standing s WHERE {check.text} AND s.persona IS NOT NULL",  # noqa: S608
        check.params,
    )
    if NONE not in keys:
        return Condition(check, frozenset("s"), ids)
    return Condition(Sql(f"({check.text} OR s.persona IS NULL)", check.params), frozenset("s"))


def _segments(keys: tuple[str, ...]) -> Condition:
    """In one of these segments, as it was kept; nobody is in one that is archived."""
    segments = Segment.objects.filter(key__in=keys, archived_at=None)
    inside = one_of("m.segment_id", segments.order_by("pk").values_list("pk", flat=True))
    members = "FROM ripeline_segmentmember m WHERE"
    check = Sql(f"EXISTS (SELECT 1 {members} m.contact_id = c.id AND {inside.text})", inside.params)
    once = "DISTINCT " if len(inside.params) > 1 else ""
    ids = Sql(f"SELECT {once}m.contact_id AS id {members} {inside.text}", inside.params)
    return Condition(check, frozenset("c"), ids)


def _texts(query: QueryDict, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in query.getlist(name) if one and "\x00" not in one))[:MOST_VALUES]


def _number(query: QueryDict, name: str, mistakes: list[str]) -> float | None:
    text = query.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        mistakes.append(f"“{text[:20]}” is no score; that filter was left out.")
        return None
    return number

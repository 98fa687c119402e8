"""Why somebody is in a segment or is not, and since when: each condition with what of theirs it goes by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from ripeline.kit.instants import to_instant
from ripeline.kit.sql import Sql, joined, moment
from ripeline.lifecycle.instant import day_of, say_day
from ripeline.lifecycle.words import number, say_thing, say_value
from ripeline.nurture.segments import definition as d
from ripeline.nurture.segments.applying import held_by
from ripeline.nurture.segments.asking import Terms, touch_checks
from ripeline.nurture.segments.graph import definition_of
from ripeline.nurture.segments.models import Segment, SegmentChange, SegmentEntry, SegmentMember
from ripeline.nurture.segments.saying import GROUPS, Titles, say
from ripeline.nurture.segments.terms import read_terms
from ripeline.people.models import Consent, Contact
from ripeline.timeline.heat import score_from
from ripeline.timeline.models import Standing

SHOWN = 5
"""Touches that are shown of those that count."""
MOST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """A touch that counts."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A condition and whether it holds, or a group (`parts`); `fact` is what it goes by, `seen` the latest touches.
    `suits`: that speaks for being in the segment, as what does not hold does where none shall."""

    said: str
    holds: bool
    suits: bool
    fact: str = ""
    seen: tuple[Seen, ...] = ()
    parts: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """Somebody came into a segment or left it, and why, as a sentence."""

    at: datetime
    is_in: bool
    why: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One person and one segment: since when they are in it (None: they are not), whether the conditions hold at this
    moment, condition by condition, by whom they were put in by hand, and how they came and went."""

    since: datetime | None
    holds: bool
    line: Line | None
    entries: Sequence[SegmentEntry]
    happened: Sequence[Happened]

    @property
    def is_behind(self) -> bool:
        """Whether what is kept is not yet what holds."""
        return (self.since is not None) != self.holds


def explain(segment: Segment, contact: Contact, titles: Titles, *, now: datetime) -> Explained:
    """Why a contact is in a segment, or is not. The contact lives on: is merged into nobody."""
    member = SegmentMember.objects.filter(segment=segment, contact=contact).first()
    since = member.since if member else None
    happened = list(_happened(segment, contact, titles))
    if segment.kind == Segment.Kind.LIST:
        theirs = Q(contact=contact) | Q(contact__merged_into=contact)
        entries = list(
            SegmentEntry.objects.filter(theirs, segment=segment).select_related("by").order_by("at")
        )
        return Explained(since, bool(entries), None, entries, happened)
    definition, terms = definition_of(segment), read_terms(now)
    held = iter(held_by(definition, [contact.pk], terms).get(contact.pk, ""))
    line = _Facts(contact, terms, titles).line(definition, held, shall=True)
    return Explained(since, line.holds, line, (), happened)


@dataclass(frozen=True, slots=True)
class Membership:
    """A segment somebody is in: since when, and why they came into it."""

    key: str
    title: str
    since: datetime
    why: str


def memberships(contact: Contact, titles: Titles) -> list[Membership]:
    """The segments that a contact is in, in order of title; two queries."""
    members = SegmentMember.objects.filter(contact=contact, segment__archived_at=None).select_related(
        "segment"
    )
    rows = list(members.order_by("segment__title", "segment__pk"))
    if not rows:
        return []
    titles = replace(
        titles, segments={row.segment.key: row.segment.title for row in rows} | dict(titles.segments)
    )
    changes = SegmentChange.objects.filter(contact=contact, segment__in=[row.segment_id for row in rows])
    latest = {
        each.segment_id: each for each in changes.filter(is_in=True).select_related("by").order_by("at", "pk")
    }
    return [
        Membership(
            row.segment.key,
            row.segment.title,
            row.since,
            reason_of(latest[row.segment_id], row.segment, titles) if row.segment_id in latest else "",
        )
        for row in rows
    ]


def reason_of(change: SegmentChange, segment: Segment, titles: Titles, before: str = "") -> str:
    """Why somebody came or went, as a sentence; `before` is what held of the same conditions the last time."""
    if change.cause == SegmentChange.Cause.BY_HAND:
        who = str(change.by) if change.by else "a colleague"
        return f"{'Put in' if change.is_in else 'Taken out'} by {who}"
    cause = change.get_cause_display()
    if not change.held or change.revision != segment.revision or segment.kind == Segment.Kind.LIST:
        return cause
    conditions = [say(leaf, titles) for leaf in d.leaves(definition_of(segment))]
    if len(before) == len(change.held) == len(conditions):
        turned = [
            f"{said} {'holds now' if now == '1' else 'holds no longer'}"
            for said, was, now in zip(conditions, before, change.held, strict=True)
            if was != now
        ]
        if turned:
            return f"{cause}: {'; '.join(turned)}"
    wanted = "1" if change.is_in else "0"
    lines = [said for said, bit in zip(conditions, change.held, strict=False) if bit == wanted]
    verb = "" if change.is_in else "not: "
    return f"{cause}: {verb}{'; '.join(lines)}" if lines else cause


def _happened(segment: Segment, contact: Contact, titles: Titles) -> Iterator[Happened]:
    rows = SegmentChange.objects.filter(segment=segment, contact=contact).select_related("by")
    changes = list(rows.order_by("-at", "-pk")[: MOST_CHANGES + 1])
    for place, change in enumerate(changes[:MOST_CHANGES]):
        earlier = changes[place + 1] if place + 1 < len(changes) else None
        before = earlier.held if earlier and earlier.revision == change.revision else ""
        yield Happened(change.at, change.is_in, reason_of(change, segment, titles, before))


class _Facts:
    """What the conditions go by, of one contact."""

    def __init__(self, contact: Contact, terms: Terms, titles: Titles) -> None:
        self.contact, self.terms, self.titles = contact, terms, titles
        self.standing = Standing.objects.filter(contact=contact).first() or Standing(contact=contact)

    def line(self, condition: Any, held: Iterator[str], *, shall: bool) -> Line:
        """A condition or group with everything in it; `held` gives a bit for each condition in reading order, `shall`
        says whether it should hold."""
        parts = d.parts_of(condition)
        if not parts:
            holds = next(held, "0") == "1"
            said = say(condition, self.titles)
            return Line(said, holds, holds == shall, self._fact(condition), self._seen(condition))
        word = next(iter(type(condition).model_fields))
        inner = shall if word != "none" else not shall
        lines = tuple(self.line(part, held, shall=inner) for part in parts)
        found = [line.holds for line in lines]
        holds = {"all": all(found), "any": any(found), "none": not any(found)}[word]
        return Line(GROUPS[word], holds, holds == shall, parts=lines)

    def _fact(self, condition: Any) -> str:
        contact = self.contact
        match condition:
            case d.ScoreIs():
                return f"it is {number(self._score())}"
            case d.StageIs():
                return self._named(self.standing.stage, self.titles.stages)
            case d.PersonaIs():
                return self._named(self.standing.persona, self.titles.personas)
            case d.OwnerIs():
                return str(contact.owner or "nobody")
            case d.TagIs():
                return ", ".join(contact.tags) or "no tag"
            case d.TraitIs(trait=tests):
                return ", ".join(say_value(contact.traits.get(name)) for name in tests)
            case d.CompanyIs(company=asked):
                return ", ".join(
                    say_value(getattr(contact.company, name, None) or None) for name in asked.model_fields_set
                )
            case d.TouchIs(touch=touches):
                return f"{self._count(touches):,} counted"
            case d.ConsentIs(consent=purpose):
                return self._said(purpose)
            case d.SegmentIs(segment=key):
                since = SegmentMember.objects.filter(segment__key=key, contact=contact).first()
                return f"since {say_day(to_instant(since.since), year=True)}" if since else "not in it"
        word = next(iter(type(condition).model_fields))
        return self._named(
            getattr(contact if word in ("source", "country", "language") else self.standing, word), {}
        )

    def _named(self, key: str | None, titles: Any) -> str:
        return str(titles.get(key, key)) if key else "unknown"

    def _score(self) -> float:
        day = day_of(to_instant(self.terms.now))
        return score_from(self.standing.heat, day, half_life=self.terms.half_life, limit=self.terms.most)

    def _count(self, touches: d.Touches) -> int:
        where = self._where(touches)
        return Sql(f"SELECT COUNT(*) FROM ripeline_touch t WHERE {where.text}", where.params).number()  # noqa: S608

    def _seen(self, condition: Any) -> tuple[Seen, ...]:
        if not isinstance(condition, d.TouchIs):
            return ()
        where = self._where(condition.touch)
        rows = Sql(
            f"SELECT t.at, t.kind, t.subject FROM ripeline_touch t WHERE {where.text}"  # noqa: S608
            " ORDER BY t.at DESC, t.id DESC LIMIT %s",
            (*where.params, SHOWN),
        ).rows()
        return tuple(
            Seen(at, say_thing(str(row[1]), str(row[2]) if row[2] else None))
            for row in rows
            if (at := moment(row[0]))
        )

    def _where(self, touches: d.Touches) -> Sql:
        return joined(
            " AND ", [Sql("t.contact_id = %s", (self.contact.pk,)), *touch_checks(touches, self.terms.now)]
        )

    def _said(self, purpose: str) -> str:
        theirs = Q(contact=self.contact) | Q(contact__merged_into=self.contact)
        rows = Consent.objects.filter(theirs, purpose=purpose, at__lte=self.terms.now)
        said = rows.exclude(state=Consent.State.ASKED).order_by("-at", "-pk").first()
        if said is None:
            return "nothing said"
        return f"{said.get_state_display().lower()} {say_day(to_instant(said.at), year=True)}"

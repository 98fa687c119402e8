"""Touches made on the web: of somebody who said who they are, or of a browser whose user may be known."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery

from ripeline.kit.bulk import insert_rows
from ripeline.kit.instants import to_datetime
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Visitor
from ripeline.timeline.identities.living import Home, homes_by_id, homes_by_key
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.record import CHUNK, Line, Recorded, write_lines


@dataclass(frozen=True, slots=True)
class WebTouch:
    """A touch and where it comes from: the `visitor` key (32 hexadecimal characters) of the browser it was made on, if
    any, and the contact's key in `fact.person`, "" where only the browser is known.

    A touch with a contact's key stays theirs whoever else uses the browser; one without goes to whose the browser was.
    """

    fact: Fact
    visitor: str = ""


def record_web(
    touches: Sequence[WebTouch], *, now: datetime, heard: Mapping[str, datetime] | None = None
) -> Recorded:
    """As `timeline.record`, for touches of browsers too; browsers never seen are added.

    Those with neither a browser nor the key of somebody we know are refused as strangers'.
    """
    known, added, strangers = 0, set[str](), dict[str, None]()
    for start in range(0, len(touches), CHUNK):
        chunk = touches[start : start + CHUNK]
        with transaction.atomic(savepoint=False):
            lines = _lines(chunk, now)
            strange = [each.fact.person for each, line in zip(chunk, lines, strict=True) if line is None]
            strangers.update(dict.fromkeys(strange))
            ours = [line for line in lines if line is not None]
            fresh = write_lines(ours, now=now, heard=heard or {})
        added |= fresh
        known += len(ours) - len(fresh)
    return Recorded(len(added), known, tuple(strangers), frozenset(added))


def _lines(chunk: Sequence[WebTouch], now: datetime) -> list[Line | None]:
    people = homes_by_key(each.fact.person for each in chunk if each.fact.person)
    browsers = _browsers(chunk, now)
    return [_line(each, people, browsers) for each in chunk]


def _line(touch: WebTouch, people: Mapping[str, Home], browsers: Mapping[str, _Browser]) -> Line | None:
    browser = browsers.get(touch.visitor)
    if touch.fact.person:
        home = people.get(touch.fact.person)
        return home and Line(touch.fact, home, browser.pk if browser else None)
    if browser is None:
        return None
    return Line(touch.fact, browser.user_at(to_datetime(touch.fact.at)), browser.pk, is_of_visitor=True)


@dataclass(frozen=True, slots=True)
class _Use:
    """That somebody used a browser from a moment on, and since when we know."""

    at: datetime
    home: Home


@dataclass(frozen=True, slots=True)
class _Browser:
    """A browser by id, and who used it when, in order; the first of them before as well."""

    pk: int
    uses: Sequence[_Use]

    def user_at(self, at: datetime) -> Home | None:
        place = bisect_right(self.uses, at, key=lambda use: use.at)
        return self.uses[max(place - 1, 0)].home if self.uses else None


def _browsers(chunk: Sequence[WebTouch], now: datetime) -> dict[str, _Browser]:
    """The browsers of these touches, held until the transaction ends: who joins one to somebody waits."""
    keys = {each.visitor for each in chunk if each.visitor}
    if not keys:
        return {}
    rows = [(key, now, now) for key in sorted(keys)]
    insert_rows(Visitor, ("key", "first_seen_at", "last_seen_at"), rows, skip_known=True)
    held = list(Visitor.objects.select_for_update(no_key=True).filter(key__in=keys).order_by("pk"))
    Visitor.objects.filter(pk__in=[each.pk for each in held], last_seen_at__lt=now).update(last_seen_at=now)
    earliest = min(to_datetime(each.fact.at) for each in chunk if each.visitor)
    uses = _uses([each.pk for each in held], earliest)
    return {each.key: _Browser(each.pk, uses[each.pk]) for each in held}


def _uses(pks: Iterable[int], earliest: datetime) -> Mapping[int, Sequence[_Use]]:
    """Who used these browsers from a moment on, with the last before it: who used one long before does not count."""
    wanted = list(pks)
    facts = list(Identification.objects.filter(visitor__in=wanted, at__gt=earliest))
    before = Identification.objects.filter(visitor=OuterRef("pk"), at__lte=earliest)
    latest = Subquery(before.order_by("-at", "-contact").values("pk")[:1])
    last = Visitor.objects.filter(pk__in=wanted).annotate(last=latest).values_list("last", flat=True)
    facts += Identification.objects.filter(pk__in=[pk for pk in last if pk is not None])
    homes = homes_by_id(each.contact_id for each in facts) if facts else {}
    found: dict[int, list[_Use]] = defaultdict(list)
    for each in sorted(facts, key=lambda fact: (fact.at, fact.contact_id)):
        home = homes[each.contact_id]
        since = each.known_at if home.since is None else max(each.known_at, home.since)
        found[each.visitor_id].append(_Use(each.at, home._replace(since=since)))
    return found

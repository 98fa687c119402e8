"""Whom a page is shown to: which version, counted once a day, and what they reached. Of nobody more than a hash is
kept, made of their address and browser or of the browser's own key, and different in every split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from ripeline.capture.browsers import address_of, facts_of, visitor_of
from ripeline.capture.landing.models import LandingPage, PageCount, PageSplit, SplitVisit
from ripeline.capture.verdicts.force import rules_in_force
from ripeline.capture.verdicts.judging import judge
from ripeline.kit.bulk import insert_rows
from ripeline.kit.senders import sender_of

DAY = timedelta(days=1)
MOST_OF_ONE_ADDRESS = 300
"""Looks from one address in an hour that count: an office shares one, a machine has no more."""
MARKS = ("webdriver", "headless")
_AGAIN = """
ON CONFLICT (page_id, number, day, what, actor) DO UPDATE SET count = ripeline_pagecount.count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who asks for a page: the browser's key ("" for none), and what else tells it from others for a while."""

    visitor: str
    address: str
    agent: str
    actor: str

    def who(self, salt: str) -> str:
        """The hash by which they are the same again."""
        return _hash(salt, self.visitor or f"{self.address}\0{self.agent}")

    def passing(self, salt: str) -> str:
        """The hash by which they were known before the browser had a key."""
        return _hash(salt, f"{self.address}\0{self.agent}")


def read_guest(request: HttpRequest, marks: str = "") -> Guest:
    """Who asks, with what a script noticed of the browser (`marks`)."""
    facts = facts_of(request)
    noticed = tuple(mark for mark in MARKS if mark in marks.split())
    facts = replace(facts, marks=(*facts.marks, *noticed), method="GET")
    actor = str(judge(facts, rules_in_force()).actor)
    return Guest(visitor_of(request), address_of(request), facts.agent, actor)


def visit_of(split: PageSplit, guest: Guest) -> SplitVisit | None:
    """What is known of a browser in a split: by its own key, or from before it had one."""
    names = [guest.who(split.salt), guest.passing(split.salt)]
    known = {each.who: each for each in SplitVisit.objects.filter(split=split, who__in=names)}
    return next((known[name] for name in names if name in known), None)


def sees_other(split: PageSplit, guest: Guest) -> bool:
    """Which of the two a browser sees: what it saw before, else what its hash says."""
    # Who has no key is known by nothing but that hash.
    known = visit_of(split, guest) if guest.visitor else None
    return known.is_other if known else _is_other(guest.passing(split.salt))


def note_seen(page: LandingPage, number: int, guest: Guest, *, now: datetime) -> str:
    """Notes that a version was seen; returns the hash by which a split knows the browser, "" where none is running
    that shows this version."""
    if _is_flood(guest, now):
        return ""
    count_once(page, number, guest, PageCount.What.SEEN, now=now)
    split = page.split
    if split is None or number not in (split.one.number, split.other.number):
        return ""
    if known := visit_of(split, guest):
        return known.who
    who, is_other = guest.who(split.salt), number == split.other.number
    if is_other != _is_other(guest.passing(split.salt)):
        # Kept from before the two were compared, or from another address: chance did not choose it.
        return ""
    row = (split.pk, who, is_other, guest.actor, now)
    insert_rows(SplitVisit, ("split_id", "who", "is_other", "actor", "at"), [row], skip_known=True)
    return who


def note_reached(page: LandingPage, number: int, guest: Guest, *, now: datetime) -> None:
    """Notes that somebody took what the page offers."""
    count_once(page, number, guest, PageCount.What.REACHED, now=now)
    if page.split is not None and guest.actor == "human" and (known := visit_of(page.split, guest)):
        SplitVisit.objects.filter(pk=known.pk, reached_at=None).update(reached_at=now)


def count_once(page: LandingPage, number: int, guest: Guest, what: PageCount.What, *, now: datetime) -> None:
    """Counts a browser once a day."""
    day = now.astimezone(UTC).date()
    who = salted_hmac("ripeline.page.day", f"{day}\0{guest.address}\0{guest.agent}").hexdigest()[:20]
    if cache.add(f"page:{page.pk}:{number}:{what}:{who}", 1, DAY.total_seconds()):
        add_count(page, number, day, what, guest.actor)


def add_count(page: LandingPage, number: int, day: object, what: str, actor: str, times: int = 1) -> None:
    """Adds to the number of a day."""
    row = (page.pk, number, day, str(what), actor, times)
    columns = ("page_id", "number", "day", "what", "actor", "count")
    insert_rows(PageCount, columns, [row], on_conflict=_AGAIN)


def _is_flood(guest: Guest, now: datetime) -> bool:
    turn = int(now.timestamp() // 3600)
    name = f"page-rate:{turn}:{salted_hmac('ripeline.page.rate', sender_of(guest.address)).hexdigest()[:20]}"
    # Two at the same instant may be counted as one: the limit is no lock.
    count = int(cache.get(name) or 0) + 1
    cache.set(name, count, 2 * 3600)
    return count > MOST_OF_ONE_ADDRESS


def _is_other(who: str) -> bool:
    return bool(int(who[-1], 16) & 1)


def _hash(salt: str, said: str) -> str:
    key = salted_hmac("ripeline.page.split", salt).digest()
    return blake2b(said.encode(), digest_size=16, key=key[:32]).hexdigest()

"""Who is on the website just now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ripeline.people.models import Contact
from ripeline.timeline.models import Touch

JUST_NOW = timedelta(minutes=5)
CAME_WITHIN = timedelta(hours=6)
"""How long before that the visit may have begun whose source is told."""
TOUCHES = 2_000
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Present:
    """A browser in which something was done just now: by whom, where known; the `page` they are on (its path and
    title), the `source` they came by, when they did the last, and how many pages they saw of late."""

    browser: int
    contact: Contact | None
    actor: str
    at: datetime
    page: str
    title: str
    pages: int
    source: str = ""
    source_name: str = ""
    campaign: str = ""

    @property
    def stage(self) -> str:
        """Of whom we know; "" while nobody assessed them."""
        standing = getattr(self.contact, "standing", None)
        return standing.stage if standing else ""


def read_present(now: datetime) -> list[Present]:
    """Everybody who did something on the website in the last five minutes: known people first, machines last, else by
    how lately."""
    rows = Touch.objects.filter(visitor__isnull=False, at__gt=now - JUST_NOW, at__lte=now)
    latest = list(rows.order_by("-at", "-pk")[:TOUCHES])
    by_browser: dict[int, list[Touch]] = {}
    for each in latest:
        by_browser.setdefault(each.visitor_id or 0, []).append(each)
    chosen = dict(list(by_browser.items())[:SHOWN])
    sources = _sources(chosen, now)
    contacts = _contacts(touches[0].contact_id for touches in chosen.values())
    found = [_present(browser, touches, contacts, sources) for browser, touches in chosen.items()]
    return sorted(found, key=lambda each: (each.actor == "machine", each.contact is None))


def _present(
    browser: int,
    touches: list[Touch],
    contacts: Mapping[int, Contact],
    sources: Mapping[int, Mapping[str, object]],
) -> Present:
    last = touches[0]
    seen = next((each for each in touches if each.kind == "page_viewed"), last)
    attrs = seen.attrs if isinstance(seen.attrs, dict) else {}
    came = sources.get(browser, {})
    return Present(
        browser=browser,
        contact=contacts.get(last.contact_id or 0),
        actor=last.actor,
        at=last.at,
        page=str(attrs.get("path") or seen.subject or attrs.get("url") or ""),
        title=str(attrs.get("title") or ""),
        pages=sum(each.kind == "page_viewed" for each in touches),
        source=str(came.get("source") or ""),
        source_name=str(came.get("source_name") or ""),
        campaign=str(came.get("utm_campaign") or ""),
    )


def _sources(browsers: Iterable[int], now: datetime) -> dict[int, Mapping[str, object]]:
    """What the last touch that tells how they came says, by browser."""
    rows = Touch.objects.filter(
        visitor__in=list(browsers), at__gt=now - CAME_WITHIN, at__lte=now, attrs__has_key="source"
    )
    # The last of each stays.
    return {
        browser: attrs
        for browser, attrs in rows.order_by("at", "pk").values_list("visitor_id", "attrs")
        if browser is not None
    }


def _contacts(pks: Iterable[int | None]) -> dict[int, Contact]:
    wanted = {pk for pk in pks if pk is not None}
    people = Contact.objects.select_related("company", "owner", "standing")
    return people.in_bulk(wanted) if wanted else {}

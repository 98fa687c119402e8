"""A touch in words, as people tell each other what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.touch import KINDS, TWO_WAY
from ripeline.timeline.models import Touch

# Anything heard of later than this after it happened is marked: the page then knew less at the time.
LATE = timedelta(hours=24)

# What is said before the subject, and what is said where there is none.
_PHRASES: dict[str, tuple[str, str]] = {
    "page_viewed": ("Viewed", "Viewed a page"),
    "page_engaged": ("Stayed on", "Stayed on a page"),
    "form_submitted": ("Sent the form", "Sent a form"),
    "asset_downloaded": ("Downloaded", "Downloaded something"),
    "subscribed": ("Subscribed to", "Subscribed"),
    "link_clicked": ("Followed", "Followed a link"),
    "video_watched": ("Watched", "Watched a video"),
    "chat_started": ("Opened a chat on", "Opened a chat"),
    "email_sent": ("Sent", "Sent an email"),
    "email_delivered": ("Delivered", "Email delivered"),
    "email_bounced": ("Bounced:", "Email bounced"),
    "email_opened": ("Opened", "Opened an email"),
    "email_clicked": ("Clicked in", "Clicked in an email"),
    "email_replied": ("Replied to", "Replied by email"),
    "auto_replied": ("Automatic answer to", "Automatic answer"),
    "complained": ("Marked as spam:", "Marked an email as spam"),
    "unsubscribed": ("Unsubscribed from", "Unsubscribed"),
    "call_held": ("Spoke on the phone:", "Spoke on the phone"),
    "meeting_booked": ("Booked a meeting:", "Booked a meeting"),
    "meeting_held": ("Met:", "Met"),
    "chat_held": ("Chatted on", "Chatted"),
    "met_at_event": ("Met at", "Met at an event"),
    "social_asked": ("Asked us on", "Asked us on a network"),
    "call_attempted": ("Called, no answer:", "Called, no answer"),
    "message_sent": ("Wrote to them by", "Wrote to them"),
    "social_liked": ("Liked", "Liked a post"),
    "social_commented": ("Commented on", "Commented on a post"),
    "social_followed": ("Followed us on", "Followed us"),
    "social_connected": ("Connected on", "Connected"),
    "imported": ("Imported from", "Imported"),
    "identified": ("Told us who they are through", "Told us who they are"),
    "traits_changed": ("Learned about them:", "Learned about them"),
    "answered": ("Answered on", "Answered a question"),
    "fit_confirmed": ("Confirmed as a fit:", "Confirmed as a fit"),
    "objected": ("Objected:", "Objected"),
    "accepted": ("Taken up by sales:", "Taken up by sales"),
    "rejected": ("Rejected by sales:", "Rejected by sales"),
    "disqualified": ("Disqualified:", "Disqualified"),
    "recycled": ("Back to nurturing:", "Back to nurturing"),
    "reopened": ("Reopened:", "Reopened"),
    "stage_set": ("Placed by hand in", "Placed by hand"),
    "deal_opened": ("Deal opened:", "Deal opened"),
    "quote_sent": ("Quote sent:", "Quote sent"),
    "quote_viewed": ("Looked at the quote", "Looked at the quote"),
    "deal_won": ("Deal won:", "Deal won"),
    "deal_lost": ("Deal lost:", "Deal lost"),
    "purchased": ("Bought", "Bought something"),
    "noted": ("Note:", "Note"),
}
MINUTES = frozenset({"call_held", "meeting_held", "chat_held"})
MONEY = frozenset({"purchased", "deal_opened", "deal_won", "deal_lost", "quote_sent"})
_TOLD_APART = frozenset({"text", "reason", "by", "by_id", "value", "currency", "title", "seconds"})
# Subjects that are common nouns, and what stands before them.
_COMMON = {"newsletter": "the", "website": "the", "webinar": "the", "message": "our", "quote": "our"}
_WITH_ARTICLE = frozenset(
    {"subscribed", "unsubscribed", "chat_started", "chat_held", "email_replied", "identified"}
)
_ORIGIN = ("utm_source", "utm_medium", "utm_campaign")
# What a browser tells of every page, and reports need rather than readers.
_OF_BROWSERS = frozenset(
    {
        "url",
        "path",
        "referrer",
        "visit",
        "language",
        "event",
        "click_id",
        "engaged_seconds",
        "source",
        "source_name",
    }
)
_CAME_BY = {"referral": "another site", "mail": "a mail", "paid": "an advertisement"}
_LONGEST = 2000
_LONGEST_FACT = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A touch as the page shows it. `words` then `subject` make the line; `quote` is what was said or why;
    `amount` is money in `currency`; `facts` is whatever else was noted, in words."""

    touch: Touch
    shape: str
    words: str
    subject: str
    quote: str
    by: str
    minutes: int | None
    amount: float | None
    currency: str
    facts: tuple[str, ...]
    is_late: bool

    @property
    def is_machine(self) -> bool:
        return self.touch.actor == "machine"


def tell(touch: Touch, playbook: Playbook) -> Told:
    """A touch in words. Unknown kinds are told by their name."""
    attrs = touch.attrs
    before, alone = _PHRASES.get(touch.kind, (say_kind(touch.kind) + ":", say_kind(touch.kind)))
    subject = _subject(touch, playbook)
    return Told(
        touch=touch,
        shape="two-way" if touch.kind in TWO_WAY else touch.direction or KINDS.get(touch.kind, "internal"),
        words=before if subject else alone,
        subject=subject,
        quote=str(attrs.get("text") or attrs.get("reason") or "")[:_LONGEST],
        by=str(attrs.get("by") or ""),
        minutes=round(touch.value) if touch.kind in MINUTES and touch.value else None,
        amount=touch.value if touch.kind in MONEY else None,
        currency=str(attrs.get("currency") or "EUR"),
        facts=tuple(_facts(touch)),
        is_late=touch.received_at - touch.at > LATE,
    )


def say_kind(kind: str) -> str:
    """Page viewed, for `page_viewed`."""
    said = kind.replace("_", " ")
    return said[:1].upper() + said[1:]


def say_value(value: object) -> str:
    """A trait's or answer's value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else "no longer known" if value is None else str(value)


def _subject(touch: Touch, playbook: Playbook) -> str:
    if touch.kind == "stage_set":
        titles = {stage.key: stage.title for stage in playbook.stages}
        return titles.get(touch.subject or "", touch.subject or "")
    if touch.kind == "answered":
        return f"{touch.subject or 'something'}: {say_value(touch.attrs.get('value'))}"
    if touch.kind == "traits_changed":
        return ""
    title = touch.attrs.get("title")
    if title and touch.kind.startswith("email_"):
        return str(title)
    named = touch.subject or ""
    return f"{_COMMON[named]} {named}" if named in _COMMON and touch.kind in _WITH_ARTICLE else named


def _facts(touch: Touch) -> Iterator[str]:
    attrs = touch.attrs
    if touch.kind == "traits_changed":
        yield from (f"{_spaced(name)} {say_value(value)}" for name, value in sorted(attrs.items()))
        return
    origin = [str(attrs[name]) for name in _ORIGIN if attrs.get(name)]
    if origin:
        yield f"from {' / '.join(origin)}"[:_LONGEST_FACT]
    elif (source := attrs.get("source")) and source != "direct":
        name = attrs.get("source_name")
        yield f"came by {_CAME_BY.get(str(source), source)}{f', {name}' if name else ''}"[:_LONGEST_FACT]
    if isinstance(attrs.get("seconds"), int | float) and attrs["seconds"]:
        yield f"{attrs['seconds']:g} s"
    for name, value in sorted(attrs.items()):
        if name not in _TOLD_APART | _OF_BROWSERS and name not in _ORIGIN and value is not None:
            yield _fact(name, say_value(value))[:_LONGEST_FACT]
    if touch.kind == "page_engaged" and touch.value:
        yield f"{touch.value:g} s"
    elif touch.value is not None and touch.kind not in MINUTES | MONEY:
        yield f"value {touch.value:g}"


def _fact(name: str, value: str) -> str:
    """A name and its value, the name once: `webinar webinar-covers` is `webinar-covers`."""
    words = _spaced(name)
    return value if value.lower().replace("-", " ").startswith(words.lower()) else f"{words} {value}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")

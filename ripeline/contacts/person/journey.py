"""The journey: touches newest first, by day, with the moves of stage among them, fifty at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from ripeline.contacts.person.picture import Picture
from ripeline.contacts.person.telling import Told, tell
from ripeline.kit.instants import to_datetime
from ripeline.lifecycle.outcome import Transition as Moved
from ripeline.lifecycle.touch import TWO_WAY
from ripeline.timeline.models import Touch

PAGE = 50
BEFORE_FOCUS = 6
VISIT_GAP = timedelta(minutes=45)

GROUPS: Mapping[str, tuple[str, frozenset[str]]] = {
    "talk": (
        "Talk",
        TWO_WAY | {"call_attempted", "message_sent", "objected", "chat_started", "noted", "answered"},
    ),
    "web": (
        "Web",
        frozenset(
            "page_viewed page_engaged form_submitted asset_downloaded subscribed link_clicked video_watched "
            "chat_started".split()
        ),
    ),
    "email": (
        "Email",
        frozenset(
            "email_sent email_delivered email_bounced email_opened email_clicked email_replied auto_replied "
            "complained unsubscribed".split()
        ),
    ),
    "social": (
        "Social",
        frozenset("social_liked social_commented social_followed social_connected social_asked".split()),
    ),
    "sales": (
        "Sales",
        frozenset(
            "answered fit_confirmed objected accepted rejected disqualified recycled reopened stage_set "
            "deal_opened quote_sent quote_viewed deal_won deal_lost purchased noted".split()
        ),
    ),
    "identity": ("Who they are", frozenset({"imported", "identified", "traits_changed"})),
}


@dataclass(frozen=True, slots=True)
class Move:
    """A change of stage among the touches; `until` asks for the page as of that very moment;
    `is_by_definition` says that not the person changed but what is asked of them."""

    at: datetime
    from_stage: str
    to_stage: str
    sentence: str
    until: str
    is_by_definition: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """Pages viewed one after the other, newest first."""

    pages: tuple[Told, ...]

    @property
    def at(self) -> datetime:
        return self.pages[-1].touch.at


@dataclass(slots=True)
class Day:
    """A day of the reader's, newest entry first; machine touches apart."""

    day: date
    at: datetime
    entries: list[Told | Visit | Move] = field(default_factory=list)
    machines: list[Told] = field(default_factory=list)
    has_focus: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """One page of the journey. `older` is the cursor of the next page, None at the end; `counts` are the
    people's touches by group, `machines` the number of machine touches in the whole journey."""

    days: list[Day]
    older: int | None
    is_newest: bool
    group: str
    counts: dict[str, int]
    machines: int
    focus: int | None
    shown: frozenset[int]


def read_journey(picture: Picture, query: Mapping[str, str], zone: tzinfo) -> Stretch:
    """The page that an address asks for: `kinds` a group, `before` a cursor, `touch` one to be shown."""
    focus, before = _number(query.get("touch")), _number(query.get("before"))
    rows = {row.pk: row for row in picture.touches}
    focus = focus if focus in rows else None
    group = query.get("kinds", "") if focus is None else ""
    kinds = GROUPS[group][1] if group in GROUPS else None
    line = [one for one in _line(picture) if kinds is None or isinstance(one, Moved) or one.kind in kinds]
    start = _start(line, focus=focus, before=before)
    part, older = _page(line, start)
    people = [row for row in picture.touches if row.actor != "machine"]
    return Stretch(
        days=_days(part, picture, zone=zone, focus=focus),
        older=older,
        is_newest=start == 0,
        group=group if kinds else "",
        counts={"": len(people)}
        | {key: sum(r.kind in of for r in people) for key, (_, of) in GROUPS.items()},
        machines=len(picture.touches) - len(people),
        focus=focus,
        shown=frozenset(one.pk for one in part if isinstance(one, Touch)),
    )


def _line(picture: Picture) -> list[Touch | Moved]:
    """Everything, newest first; a move stands above the touches of its instant, since they led to it."""
    found: list[tuple[datetime, int, str, Touch | Moved]] = [(r.at, 0, r.uid, r) for r in picture.touches]
    found += [(to_datetime(m.at), 1, f"{n:06}", m) for n, m in enumerate(picture.moves)]
    return [one for *_, one in sorted(found, key=lambda each: each[:3], reverse=True)]


def _start(line: Sequence[Touch | Moved], *, focus: int | None, before: int | None) -> int:
    places = {one.pk: place for place, one in enumerate(line) if isinstance(one, Touch)}
    if focus is not None and focus in places:
        place = places[focus]
        return 0 if place < PAGE // 2 else place - BEFORE_FOCUS
    return places[before] + 1 if before in places else 0


def _page(line: Sequence[Touch | Moved], start: int) -> tuple[Sequence[Touch | Moved], int | None]:
    """Fifty touches of people with what lies among them, and the cursor after them."""
    people = 0
    for place in range(start, len(line)):
        one = line[place]
        if isinstance(one, Touch) and one.actor != "machine":
            if people == PAGE:
                return line[start:place], _last_touch(line[start:place])
            people += 1
    return line[start:], None


def _last_touch(part: Sequence[Touch | Moved]) -> int | None:
    return next((one.pk for one in reversed(part) if isinstance(one, Touch)), None)


def _days(part: Sequence[Touch | Moved], picture: Picture, *, zone: tzinfo, focus: int | None) -> list[Day]:
    days: list[Day] = []
    for one in part:
        at = one.at if isinstance(one, Touch) else to_datetime(one.at)
        local = at.astimezone(zone).date()
        if not days or days[-1].day != local:
            days.append(Day(local, at))
        _put(days[-1], one, picture)
    for day in days:
        day.entries = list(_with_visits(_with_seconds(_with_deliveries(day.entries))))
        day.has_focus = any(told.touch.pk == focus for told in day.machines)
    return days


def _put(day: Day, one: Touch | Moved, picture: Picture) -> None:
    if isinstance(one, Moved):
        instant = to_datetime(one.at)
        until = instant.isoformat().replace("+00:00", "Z")
        why, is_changed = picture.say_why(one), picture.cause_of(one) is not None
        day.entries.append(Move(instant, one.from_stage, one.to_stage, why, until, is_changed))
    elif one.actor == "machine":
        day.machines.append(tell(one, picture.playbook))
    else:
        day.entries.append(tell(one, picture.playbook))


def _with_deliveries(entries: Sequence[Any]) -> list[Any]:
    """A delivery goes with the sending just before it, which then says so."""
    kept: list[Any] = []
    for entry in entries:
        later = kept[-1] if kept else None
        if isinstance(entry, Told) and isinstance(later, Told) and _is_delivery_of(later.touch, entry.touch):
            kept[-1] = replace(entry, facts=(*entry.facts, "delivered"))
        else:
            kept.append(entry)
    return kept


def _is_delivery_of(later: Touch, earlier: Touch) -> bool:
    kinds = (later.kind, earlier.kind)
    return kinds == ("email_delivered", "email_sent") and later.subject == earlier.subject


def _with_seconds(entries: Sequence[Any]) -> list[Any]:
    """How long somebody stayed goes with the last view of that page before it."""
    waiting: dict[str | None, list[Touch]] = {}
    seconds: dict[int, float] = {}
    told: set[int] = set()
    for entry in entries:
        touch = entry.touch if isinstance(entry, Told) else None
        if touch is not None and touch.kind == "page_engaged":
            waiting.setdefault(touch.subject, []).append(touch)
        elif touch is not None and touch.kind == "page_viewed" and touch.subject in waiting:
            stays = waiting.pop(touch.subject)
            seconds[touch.pk] = sum(each.value or 0 for each in stays)
            told |= {each.pk for each in stays}
    kept = [entry for entry in entries if not (isinstance(entry, Told) and entry.touch.pk in told)]
    return [
        replace(entry, facts=(*entry.facts, f"{seconds[entry.touch.pk]:g} s"))
        if isinstance(entry, Told) and entry.touch.pk in seconds
        else entry
        for entry in kept
    ]


def _with_visits(entries: Sequence[Any]) -> Iterator[Told | Visit | Move]:
    """Three or more pages viewed in a row become one visit."""
    run: list[Told] = []
    for entry in [*entries, None]:
        is_page = isinstance(entry, Told) and entry.touch.kind == "page_viewed"
        if is_page and (not run or run[-1].touch.at - entry.touch.at < VISIT_GAP):
            run.append(entry)
            continue
        if len(run) >= 3:
            yield Visit(tuple(run))
        else:
            yield from run
        run = [entry] if is_page else []
        if entry is not None and not is_page:
            yield entry


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None

"""What every page's frame shows: the rooms of the house and which one this page is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from ripeline.people.models import Notification, User


@dataclass(frozen=True)
class Room:
    """One entry of the navigation.

    `url_name` is where it leads, `letter` is pressed after `g`, `pages` begins the url names of its pages,
    `team` says that it is not for salespeople, `at_hand` that it stands in the bar of a phone, which has room for few.
    """

    url_name: str
    title: str
    icon: str
    letter: str
    pages: str
    team: bool = False
    at_hand: bool = False


@dataclass(frozen=True)
class Door:
    """A room as a page shows it: with its address, and whether the reader is in it."""

    room: Room
    url: str
    here: bool


@dataclass(frozen=True)
class Bell:
    """What the reader was told and has not read yet: where to read it, and how much, as it is shown."""

    url: str
    unread: str


# More than this is only "many", and is not counted on every page.
MANY = 99

ROOMS = (
    Room("today", "Today", "sun", "t", "today", at_hand=True),
    Room("contacts", "Contacts", "users", "c", "contact", at_hand=True),
    Room("companies", "Companies", "building", "o", "compan", at_hand=True),
    Room("segments", "Segments", "users-group", "s", "segment"),
    Room("website", "Website", "world-www", "w", "website"),
    Room("forms", "Forms", "forms", "f", "form"),
    Room("library", "Library", "book", "l", "library", at_hand=True),
    Room("emails", "Emails", "mail", "e", "email"),
    Room("sending", "Sending", "send", "d", "sending"),
    Room("playbook", "Playbook", "route", "p", "playbook", at_hand=True),
    Room("imports", "Imports", "database-import", "i", "import", team=True),
)


def frame(request: HttpRequest) -> dict[str, object]:
    """Template context: `doors` for the navigation, the addresses of search and palette where they exist, and
    `bell`, which asks the database only where a page shows it."""
    match = request.resolver_match
    url_name = (match.url_name if match else None) or ""
    return {
        "doors": tuple(_doors(url_name, request)),
        "search_url": address("contacts"),
        "palette_url": address("palette"),
        "worker_url": address("worker_line") if _role(request) == User.Role.ADMIN else "",
        "bell": partial(_bell, request),
    }


def open_doors() -> tuple[Door, ...]:
    """The rooms that everybody may enter, for a page that knows neither its reader nor its place."""
    found = ((room, address(room.url_name)) for room in ROOMS if not room.team)
    return tuple(Door(room, url, here=False) for room, url in found if url)


def address(url_name: str, *args: object) -> str:
    """The address of a page, or "" where this installation has no such page."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


def _doors(url_name: str, request: HttpRequest) -> Iterator[Door]:
    sells = _role(request) == User.Role.SALES
    for room in ROOMS:
        if (url := address(room.url_name)) and not (sells and room.team):
            yield Door(room, url, url_name.startswith(room.pages))


def _role(request: HttpRequest) -> str | None:
    return getattr(getattr(request, "user", None), "role", None)


def _bell(request: HttpRequest) -> Bell | None:
    user, url = getattr(request, "user", None), address("notifications")
    if not url or not isinstance(user, User):
        return None
    unread = Notification.objects.filter(user=user, read_at=None)[: MANY + 1].count()
    return Bell(url, f"{MANY}+" if unread > MANY else str(unread or ""))

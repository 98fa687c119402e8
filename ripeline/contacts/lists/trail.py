"""The list somebody came from: the way back to it, and who stands before and after a contact in it.

The trail travels in the address of a contact as what followed the question mark in the list's own (`list`) and the
place of the contact in it (`place`): it works without JavaScript, can be sent to a colleague, and whoever works
through a list meets everybody once, even where what they do moves a contact to another place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from ripeline.contacts.lists.asking import Request, read_request
from ripeline.contacts.lists.listing import read_page
from ripeline.contacts.lists.places import Place, read_place, write_place
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Contact, User

# Longer than any list's address that was not made to be long.
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Trail:
    """A list and a place in it. `page` is the page of the list somebody was on, as it stands in an address."""

    asked: Request
    place: Place
    page: str

    @property
    def query(self) -> str:
        """What the addresses of contacts in this list carry along: the moment that it shows, too."""
        return write_trail(self.asked, self.page, self.place)

    @property
    def written(self) -> str:
        """The place as it stands in an address."""
        return write_place(self.place)

    @property
    def url(self) -> str:
        """The way back, to the page of the list."""
        return f"{reverse('contacts')}?{self.page}" if self.page else reverse("contacts")

    @property
    def is_filtered(self) -> bool:
        return self.asked.filters.is_any()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who stands next to a contact in the list, and their page with the trail."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Before and after a contact; None at the ends of the list."""

    before: Neighbour | None
    after: Neighbour | None


def write_trail(asked: Request, page: str, place: Place) -> str:
    """A trail as it stands in an address; `page` is what follows the question mark of the list's."""
    pairs = [("list", page)] if page else []
    trail = urlencode([*pairs, ("place", write_place(place))])
    return f"{asked.as_of.query}&{trail}" if asked.as_of.query else trail


def page_of(asked: Request) -> str:
    """What follows the question mark of a list's address: filters, order and page."""
    wanted = asked.wanted
    if wanted.after is None:
        return asked.query
    cursor = urlencode({"before" if wanted.is_backward else "after": write_place(wanted.after)})
    return f"{asked.query}&{cursor}" if asked.query else cursor


def read_trail(query: QueryDict, user: User, playbook: Playbook, *, now: datetime) -> Trail | None:
    """The trail in a contact's address; None where there is none that can be followed.

    Only filters, order and place are taken from it, so it leads to nothing but our own list.
    """
    page, written = query.get("list", ""), query.get("place", "")
    if not written or len(page) > LONGEST:
        return None
    asked = read_request(QueryDict(page), user, playbook, now=now)
    place = read_place(written, asked.wanted.sort.kind)
    return Trail(asked, place, page_of(asked)) if place else None


def read_neighbours(trail: Trail) -> Neighbours:
    """Who stands before and after. The number of queries does not depend on the list's length or the place."""
    wanted = replace(trail.asked.wanted, after=trail.place, size=1, is_counted=False)
    places = [read_page(replace(wanted, is_backward=is_backward)).places for is_backward in (True, False)]
    ids = [place.id for found in places for place in found]
    people = {each.pk: each for each in Contact.objects.filter(pk__in=ids)}
    before, after = (
        _neighbour(people[found[0].id], replace(trail, place=found[0]))
        if found and found[0].id in people
        else None
        for found in places
    )
    return Neighbours(before, after)


def _neighbour(contact: Contact, trail: Trail) -> Neighbour:
    return Neighbour(str(contact), f"{reverse('contact', args=[contact.key])}?{trail.query}")

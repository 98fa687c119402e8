"""A page of the list is what sorting and cutting everybody by hand would give, by whichever plan it is read."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict

from ripeline.contacts.lists import listing
from ripeline.contacts.lists.asking import want
from ripeline.contacts.lists.filters import Filters, read_filters
from ripeline.contacts.lists.listing import count_matches, read_page
from ripeline.contacts.lists.wanted import Count, Wanted
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Contact, User
from ripeline.timeline.models import Standing
from tests.factories import NOW, make_company, make_contact, make_playbook, make_user, stand

pytestmark = pytest.mark.django_db

SORTS = (
    "-score",
    "score",
    "name",
    "-name",
    "-heard",
    "heard",
    "-entered",
    "entered",
    "-created",
    "created",
    "id",
)


@dataclass(frozen=True)
class Crowd:
    """Everybody, with who asks and under which playbook."""

    playbook: Playbook
    user: User
    other: User
    people: list[tuple[Contact, Standing]]

    def want(self, sort: str = "-score", **filters: Any) -> Wanted:
        return replace(want(Filters(**filters), self.user, self.playbook, now=NOW, sort=sort), size=7)


@pytest.fixture
def crowd() -> Crowd:
    """Sixty people in whom every value occurs, some twice over: ties are where cutting goes wrong."""
    draw = random.Random(5)
    playbook, user, other = make_playbook(), make_user(name="Asker"), make_user("sales", "Otto Other")
    company = make_company("Zand Media", domain="zand.example")
    for number in range(60):
        contact = make_contact(
            draw.choice(("Ann Smit", "bea Smit", "Čeda Ost", "Dirk", "")),
            emails=(f"p{number}@zand.example",),
            owner=draw.choice((user, other, None)),
            source=draw.choice(("ads", "fair", "")),
            tags=draw.choice(((), ("vip",), ("vip", "q1 50%"))),
            company=draw.choice((company, None)),
            created_at=NOW - timedelta(days=draw.randrange(5)),
        )
        if number % 10:
            heard = draw.choice((None, NOW, NOW - timedelta(days=3), NOW - timedelta(days=9, microseconds=1)))
            stand(
                contact,
                draw.choice(("suspect", "lead", "mql")),
                score=draw.choice((0, 0, 15, 15, 40.5, 100, 180)),
                rating=draw.choice(("hot", "warm", None)),
                grade=draw.choice(("A", "B", None)),
                persona=draw.choice(("author", None)),
                status=draw.choice(("active", "active", "disqualified")),
                last_inbound_at=heard,
                entered_at=draw.choice((NOW, NOW - timedelta(days=1))),
            )
    people = [(each, each.standing) for each in Contact.objects.select_related("standing").order_by("pk")]
    return Crowd(playbook, user, other, people)


FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"stage": ("mql",)},
    {"stage": ("mql", "lead"), "rating": ("hot",), "status": ("active",)},
    {"stage": ("none",)},
    {"grade": ("A", "none")},
    {"rating": ("none",), "owner": ("me", "none")},
    {"owner": ("none",)},
    {"source": ("ads", "none"), "tag": ("vip",)},
    {"tag": ("q1 50%",)},
    {"persona": ("author",)},
    {"persona": ("none",), "stage": ("lead",)},
    {"score_from": 15.0, "score_to": 40.5},
    {"score_to": 0.0},
    {"score_from": 100.0, "score_to": 100.0, "stage": ("mql", "lead")},
    {"q": "smit"},
    {"q": "smit", "stage": ("mql",), "score_from": 10.0},
    {"q": "an", "owner": ("me",)},
    {"q": "d"},
    {"stage": ("customer",)},
    {"stage": ("no such stage",), "owner": ("me",)},
)

# Every plan answers every question: with these limits the others are never chosen.
PLANS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "gather": {"stretches": lambda wanted: (1, 1), "how_few": lambda wanted: 10_000, "MOST_MERGED": 0},
    "walk": {
        "stretches": lambda wanted: (3, 1005),
        "next_stretch": lambda wanted, walked, ahead: min(ahead, 5),
        "how_few": lambda wanted: 0,
        "MOST_MERGED": 0,
    },
    "walk, then gather": {
        "stretches": lambda wanted: (2, 7),
        "next_stretch": lambda wanted, walked, ahead: min(ahead, 3),
        "how_few": lambda wanted: 0,
        "MOST_MERGED": 0,
    },
    "walk, then walk on": {
        "stretches": lambda wanted: (2, 7),
        "next_stretch": lambda wanted, walked, ahead: min(ahead, 3),
        "how_few": lambda wanted: 0,
        "MANY": -1,
        "MOST_MERGED": 0,
    },
}


@pytest.mark.parametrize("plan", PLANS)
def test_pages_forward_and_back_hold_everybody_who_matches_once_and_in_order(
    crowd: Crowd, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PLANS[plan].items():
        monkeypatch.setattr(listing, name, value)
    for filters in FILTERS:
        for sort in SORTS:
            wanted = crowd.want(sort, **filters)
            expected = [contact.pk for contact in by_hand(crowd, sort, filters)]
            assert forward(wanted) == expected, (filters, sort)
            assert backward(wanted, expected) == expected, (filters, sort)


def test_a_count_that_is_given_is_right(crowd: Crowd) -> None:
    for filters in FILTERS:
        expected = len(by_hand(crowd, "id", filters))
        for sort in SORTS[:-1]:
            count = read_page(crowd.want(sort, **filters)).count
            assert count in (None, Count(expected)), (filters, sort)
            assert count_matches(crowd.want(sort, **filters)) == Count(expected)


def test_a_long_list_is_counted_as_more_than(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNTED", 20)
    monkeypatch.setattr(listing, "how_few", lambda wanted: 5)
    assert read_page(crowd.want()).count == Count(20, is_more=True)
    assert read_page(crowd.want(status=("active", "disqualified"))).count == Count(20, is_more=True)
    assert read_page(crowd.want("name", owner=("me", "none"))).count is None, "it is fetched after the page"
    assert count_matches(crowd.want("name", owner=("me", "none"))) == Count(20, is_more=True)


def test_somebody_who_comes_in_while_one_pages_moves_nobody(crowd: Crowd) -> None:
    first = read_page(crowd.want())
    stand(make_contact("New Leader"), "mql", score=500)
    second = read_page(replace(crowd.want(), after=first.places[-1]))
    expected = [contact.pk for contact in by_hand(crowd, "-score", {})][7:14]
    assert [place.id for place in second.places] == expected


def forward(wanted: Wanted) -> list[int]:
    ids: list[int] = []
    while True:
        found = read_page(wanted)
        ids += [place.id for place in found.places]
        if not found.is_more:
            return ids
        wanted = replace(wanted, after=found.places[-1])


def backward(wanted: Wanted, expected: list[int]) -> list[int]:
    """The pages before the last row, and the last row."""
    if not expected:
        return []
    everything = read_page(replace(wanted, size=1000)).places
    ids: list[int] = [everything[-1].id]
    wanted = replace(wanted, after=everything[-1], is_backward=True)
    while True:
        found = read_page(wanted)
        ids = [place.id for place in found.places] + ids
        if not found.is_more:
            return ids
        wanted = replace(wanted, after=found.places[0])


def by_hand(crowd: Crowd, sort: str, filters: dict[str, Any]) -> list[Contact]:
    people = [
        (contact, standing) for contact, standing in crowd.people if passes(crowd, contact, standing, filters)
    ]
    down = sort.startswith("-")

    def key(pair: tuple[Contact, Standing]) -> tuple[Any, int]:
        contact, standing = pair
        floor = datetime.min.replace(tzinfo=NOW.tzinfo)
        return (
            {
                "score": standing.heat,
                "name": contact.sort_name,
                # Who was never heard comes after everybody who was, the latest first.
                "heard": standing.last_inbound_at or floor,
                "entered": standing.entered_at or floor,
                "created": contact.created_at,
                "id": contact.pk,
            }[sort.removeprefix("-")],
            contact.pk,
        )

    return [contact for contact, _ in sorted(people, key=key, reverse=down)]


def passes(crowd: Crowd, contact: Contact, standing: Standing, filters: dict[str, Any]) -> bool:
    owners = {crowd.user.pk: "me", None: "none"}
    values = {
        "stage": standing.stage or "none",
        "rating": standing.rating or "none",
        "grade": standing.grade or "none",
        "status": standing.status,
        "persona": standing.persona or "none",
        "owner": owners.get(contact.owner_id, "somebody else"),
        "source": contact.source or "none",
    }
    score = min(100.0, standing.score)
    words = filters.get("q", "")
    lines = contact.search_text.replace(" ", "\n").replace("@", "\n").replace(".", "\n").split("\n")
    return (
        all(values[name] in wanted for name, wanted in filters.items() if name in values)
        and all(tag in contact.tags for tag in filters.get("tag", ()))
        and filters.get("score_from", 0) <= score <= filters.get("score_to", 100)
        and (
            words in contact.search_text
            if len(words) >= 3
            else any(line.startswith(words) for line in lines)
            if len(words) == 2
            else contact.sort_name.startswith(words)
        )
    )


@pytest.mark.parametrize(
    "asked", ["score_from=1234567.25", "score_from=0.1&score_to=30", "score_to=12345678"]
)
def test_a_score_asked_for_stands_whole_in_the_addresses_of_the_list(asked: str) -> None:
    assert read_filters(QueryDict(asked)).filters.query() == asked

"""Events in whatever order they come: the same people, and of each thing the newest word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ripeline.capture.collector.models import WriteKey
from ripeline.people.models import Contact, Identity
from ripeline.timeline.changes import change_contact, draft_of
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.identities.models import Identification, Merge
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import digested, event, identify, page, server, website
from tests.capture.digest.test_merged import by_id, page_and_log_agree
from tests.databases import examples
from tests.factories import NOW
from tests.timeline.identities.model import Model

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
USERS = ("u1", "u2", "u3")
BROWSERS = {
    "b": "11111111-6c6f-4d8a-9f9e-0c5b8f1f7f10",
    "c": "22222222-6c6f-4d8a-9f9e-0c5b8f1f7f10",
}
SETTINGS = settings(max_examples=examples(20), suppress_health_check=list(HealthCheck), deadline=None)
users, browsers = st.sampled_from(USERS), st.sampled_from(sorted(BROWSERS))
# Some within a visit, some after it.
minutes = st.one_of(st.integers(0, 90), st.integers(0, 12).map(lambda step: 10 * step))
Fact = tuple[Any, ...]
facts = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("identify", "page of", "alias")), users, browsers, minutes),
        st.tuples(st.just("page"), st.just(""), browsers, minutes),
    ),
    max_size=12,
    # Of two at the same moment the one whose id is higher counts: nothing that a test could say by name.
    unique_by=lambda each: (each[2], each[3]),
)


@given(facts=facts, data=st.data())
@SETTINGS
def test_any_order_of_words_gives_the_same_people(facts: list[Fact], data: st.DataObject) -> None:
    merges = data.draw(st.lists(st.sampled_from([("u1", "u2"), ("u2", "u3")]), unique=True, max_size=2))
    undone = set(data.draw(st.lists(st.sampled_from(merges), unique=True)) if merges else [])
    told = [*facts, *(("merge", *pair) for pair in merges)]
    expected = _model(facts, [pair for pair in merges if pair not in undone]).owners()
    for order in (told, data.draw(st.permutations(told))):
        with transaction.atomic():
            found = _people_after(order, undone, at_once=data.draw(st.booleans()))
            transaction.set_rollback(True)
        assert found == expected


def _model(facts: Sequence[Fact], merged: list[tuple[str, str]]) -> Model:
    """By plain means: whoever is named with a browser uses it from then on."""
    model = Model(merged=merged)
    for kind, user, browser, minute in facts:
        if kind != "page":
            model.identified.add((browser, minute, user))
        if kind != "alias":
            who = "" if kind == "page" else user
            model.touches[_name(kind, user, browser, minute)] = (who, browser, minute)
    return model


def _people_after(
    order: Sequence[Fact], undone: set[tuple[str, str]], *, at_once: bool
) -> dict[str, frozenset[str]]:
    keys = {"website": website(), "server": server()}
    digested(keys["server"], *(event("identify", userId=user) for user in USERS))
    waiting: list[dict[str, Any]] = []
    for fact in order:
        if fact[0] == "merge":
            _digest(keys["website"], waiting)
            made = _merge(keys["server"], *fact[1:])
            if fact[1:] in undone and at_once:
                undo(made, by=None, now=NOW)
            continue
        waiting.append(_event(*fact))
        if not at_once:
            _digest(keys["website"], waiting)
    _digest(keys["website"], waiting)
    for made in Merge.objects.filter(undone_at=None):
        if (_user(made.kept), _user(made.gone)) in undone:
            undo(made, by=None, now=NOW)
    return _owners(keys["website"])


def _digest(key: WriteKey, waiting: list[dict[str, Any]]) -> None:
    digested(key, *waiting)
    waiting.clear()


def _merge(key: WriteKey, kept: str, gone: str) -> Merge:
    """A server says that two ids are one person's."""
    digested(key, event("alias", previousId=gone, userId=kept))
    return Merge.objects.get(kept=by_id(kept), gone=by_id(gone), rule=Merge.Rule.SAME_ID)


def _event(kind: str, user: str, browser: str, minute: int) -> dict[str, Any]:
    common: dict[str, Any] = {
        "messageId": _name(kind, user, browser, minute),
        "timestamp": (NOW - timedelta(days=1) + minute * MINUTE).isoformat(),
    }
    if kind == "alias":
        return event("alias", previousId=BROWSERS[browser], userId=user, **common)
    common["anonymousId"] = BROWSERS[browser]
    if kind == "identify":
        return identify(user, **common)
    return page(**common, **({"userId": user} if user else {}))


def _name(kind: str, user: str, browser: str, minute: int) -> str:
    return f"{kind} {user} {browser} {minute}"


def _user(contact: Contact) -> str:
    return Identity.objects.get(home=contact).value if contact.merged_into_id else _own(contact)


def _own(contact: Contact) -> str:
    return Identity.objects.get(contact=contact, home=None).value


def _owners(key: WriteKey) -> dict[str, frozenset[str]]:
    one: dict[int, set[str]] = {}
    for contact in Contact.objects.all():
        one.setdefault(contact.merged_into_id or contact.pk, set()).add(_user(contact))
    rows = Touch.objects.filter(uid__startswith=f"{key.pk}:").exclude(kind="aliased")
    return {
        uid.partition(":")[2]: frozenset(one[pk]) if pk else frozenset()
        for uid, pk in rows.values_list("uid", "contact")
    }


def test_a_late_word_of_somebody_else_in_a_visit_does_not_take_what_was_done_after_it() -> None:
    key = website()

    def said(user: str, minute: int, kind: str = "identify") -> Mapping[str, Any]:
        return _event(kind, user, "b", minute)

    digested(key, said("ann", 0), said("ann", 30), said("", 40, "page"))
    assert Identification.objects.count() == 1, "the second says nothing new"
    digested(key, said("bob", 15), said("", 20, "page"))
    owners = dict(Touch.objects.filter(kind="page_viewed").values_list("uid", "contact"))
    assert owners == {
        f"{key.pk}:page  b 40": by_id("ann").pk,
        f"{key.pk}:page  b 20": by_id("bob").pk,
    }


words = st.lists(
    st.tuples(
        st.sampled_from(("7", "8")),
        st.sampled_from(("title", "plan", "firstName", "company")),
        st.sampled_from(("Ann", "Bob", "Cyd")),
        st.integers(0, 40),
    ),
    max_size=8,
    unique_by=lambda each: each[3],
)
steps = st.lists(st.sampled_from(("merge", "undo", "colleague")), max_size=3)


@given(words=words, steps=steps, data=st.data())
@SETTINGS
def test_of_each_thing_the_newest_word_counts_and_rules_read_what_the_page_says(
    words: list[tuple[str, str, str, int]], steps: list[str], data: st.DataObject
) -> None:
    newest: dict[tuple[str, str], str] = {}
    for user, name, value, _ in sorted(words, key=lambda each: each[3]):
        newest[user, name] = value
    # Somebody who edits says something newer.
    alone = "colleague" not in steps
    told: list[Any] = [*words, *steps]
    order = data.draw(st.permutations(told))
    with transaction.atomic():
        key = server()
        digested(key, *(event("identify", userId=user) for user in ("7", "8")), now=NOW - timedelta(days=2))
        now = NOW
        for step in order:
            now += timedelta(hours=1)
            if not isinstance(step, str):
                now = max(now, _said_at(step[3]))
            _take(key, step, now)
            page_and_log_agree()
        for made in Merge.objects.filter(undone_at=None):
            undo(made, by=None, now=now)
        page_and_log_agree()
        if alone:
            assert {(user, name): value for user in "78" for name, value in _told(user).items()} == newest
        transaction.set_rollback(True)


def _take(key: WriteKey, step: Any, now: datetime) -> None:
    if step == "merge":
        done = merge(by_id("7"), by_id("8"), by=None, why="", now=now)
        assert isinstance(done, Merged) or Merge.objects.filter(undone_at=None).exists()
    elif step == "undo":
        for made in Merge.objects.filter(undone_at=None):
            undo(made, by=None, now=now)
    elif step == "colleague":
        living = by_id("7")
        change_contact(living, replace(draft_of(living), title="Boss", traits={}), now=now)
    else:
        user, name, value, minute = step
        at = _said_at(minute).isoformat()
        digested(key, event("identify", userId=user, traits={name: value}, timestamp=at), now=now)


def _said_at(number: int) -> datetime:
    return NOW + number * timedelta(minutes=20)


def _told(user: str) -> dict[str, str]:
    contact = by_id(user)
    said = {"title": contact.title, "plan": contact.traits.get("plan", ""), "firstName": contact.first_name}
    said["company"] = contact.company.name if contact.company else ""
    return {name: str(value) for name, value in said.items() if value}

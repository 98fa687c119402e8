"""Signed links of mails: who follows one is recognised, and nobody can make one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from ripeline.capture.collector.models import Arrival
from ripeline.capture.tracker import links
from ripeline.people.models import Contact, Identity, Visitor
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import VISITOR, digested, page, website
from tests.factories import NOW, make_contact

HOUR = timedelta(hours=1)


def address_of(contact: Contact) -> Identity:
    return Identity.objects.get(contact=contact, kind=Identity.Kind.EMAIL)


def follow(token: str, marks: Iterable[str] = ()) -> None:
    """Somebody looks at a page, and then follows a link to another."""
    digested(website(), page("/before"), page("/from-mail", context={"link": token}), marks=marks)


@pytest.mark.django_db
def test_a_token_says_for_whom_and_when_it_was_made_and_nothing_else() -> None:
    ann = make_contact("Ann Smit")
    token = links.sign(ann, "mail", NOW, sent_to=address_of(ann))
    assert links.read(token, "mail", NOW + HOUR) == links.Link(ann.key, NOW, address_of(ann).pk)
    assert "ann" not in token.lower()
    assert "@" not in token
    assert links.with_token("https://x.example/p?a=1#top", token) == f"https://x.example/p?a=1&rl={token}#top"
    # What the browser script looks for in an address.
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:")


@pytest.mark.django_db
def test_a_token_that_is_changed_too_old_or_for_something_else_says_nothing() -> None:
    ann, ben = make_contact("Ann Smit"), make_contact("Ben Bos")
    token = links.sign(ann, "mail", NOW)
    assert links.read(token.replace(ann.key, ben.key), "mail", NOW) is None
    assert links.read(token[:-1], "mail", NOW) is None
    assert links.read(token, "asset", NOW) is None
    assert links.read(token, "mail", NOW + links.KEPT_FOR + HOUR) is None
    assert links.read(token, "mail", NOW - HOUR) is None
    for odd in ("", ":", "a.b.c:d", "x" * 5000, "\0", "é:é"):
        assert links.read(odd, "mail", NOW) is None


@pytest.mark.django_db
def test_who_follows_a_link_is_recognised_with_all_they_did_before_and_has_proved_the_address() -> None:
    ann = make_contact("Ann Smit")
    follow(links.sign(ann, "mail", NOW - HOUR, sent_to=address_of(ann)))
    assert list(Touch.objects.order_by("pk").values_list("subject", "contact")) == [
        ("/before", ann.pk),
        ("/from-mail", ann.pk),
    ]
    assert Identification.objects.get().how == Identification.How.LINK
    assert address_of(ann).verified_at == NOW


@pytest.mark.django_db
def test_a_link_that_was_sent_to_no_address_proves_none() -> None:
    ann = make_contact("Ann Smit")
    follow(links.sign(ann, "mail", NOW))
    assert Visitor.objects.get(key=VISITOR).contact == ann
    assert address_of(ann).verified_at is None


@pytest.mark.django_db
def test_an_address_that_is_somebody_elses_by_now_is_not_proved() -> None:
    ann, ben = make_contact("Ann Smit"), make_contact("Ben Bos")
    follow(links.sign(ann, "mail", NOW, sent_to=address_of(ben)))
    assert Visitor.objects.get(key=VISITOR).contact == ann
    assert address_of(ben).verified_at is None


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["forged", "too old", "another purpose", "followed by a machine"])
def test_a_link_that_is_none_changes_nothing(what: str) -> None:
    ann = make_contact("Ann Smit")
    token = {
        "forged": links.sign(ann, "mail", NOW)[:-2] + "xx",
        "too old": links.sign(ann, "mail", NOW - links.KEPT_FOR - HOUR),
        "another purpose": links.sign(ann, "asset", NOW),
        "followed by a machine": links.sign(ann, "mail", NOW, sent_to=address_of(ann)),
    }[what]
    follow(token, marks=["webdriver"] if what == "followed by a machine" else [])
    assert list(Touch.objects.values_list("contact", flat=True)) == [None, None]
    assert not Identification.objects.exists()
    assert address_of(ann).verified_at is None
    told = Arrival.objects.order_by("pk").values_list("reason", flat=True)[1]
    assert "link" in told

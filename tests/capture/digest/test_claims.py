"""What websites say of people's ids and addresses never counts against what somebody knows who can be believed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ripeline.capture.digest.attending import attend_arrivals
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Contact, Identity
from ripeline.timeline.identities.claims import MOST_CLAIMS
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.identities.proving import prove_email
from ripeline.timeline.identities.suggesting import find_pairs
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import arrive, digested, event, identify, server, track, website
from tests.factories import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
EVIL, BOB, CAROL, VOLKER = (f"{name}@firm.example" for name in ("evil", "bob", "carol", "volker"))
SETTINGS = settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)


def holder(kind: str, value: str) -> Contact:
    """Whom an id or address leads to."""
    return Identity.objects.get(kind=kind, value=value).contact


def known_volker(how: str) -> Contact:
    """Somebody whom an import, or an answered mail, made known."""
    claims = frozenset({VOLKER} if how == "mail" else ())
    [volker] = add_contacts([ContactDraft(name="Volker", emails=(VOLKER,), claims=claims)], now=NOW)
    return prove_email(volker, VOLKER, now=NOW) if how == "mail" else volker


@pytest.mark.parametrize("is_known_before", [True, False])
def test_a_servers_address_is_written_to_whatever_a_website_claimed_before(*, is_known_before: bool) -> None:
    if is_known_before:
        digested(server(), identify("4711"))
    digested(website(), identify("4711", {"email": EVIL, "name": "Evil"}))
    digested(server(), identify("4711", {"email": BOB, "name": "Bob Big"}))
    bob = holder("external", "4711")
    assert (bob.email, bob.name) == (BOB, "Bob Big")
    assert holder("email", BOB) == bob
    assert list(bob.identities.filter(kind="email").values_list("value", "is_primary")) == [(BOB, True)]
    if not is_known_before:
        evil = holder("email", EVIL)
        assert (evil.name, evil == bob) == ("Evil", False)
        [pair] = find_pairs(10)
        assert ({pair.one, pair.other}, "4711" in pair.why) == ({bob.pk, evil.pk}, True)


def test_an_id_that_a_website_claimed_for_somebody_known_goes_to_whom_the_server_means() -> None:
    volker = known_volker("import")
    digested(website(), identify("4712", {"email": VOLKER}))
    assert holder("external", "4712") == volker, "it leads to him, until somebody knows better"
    digested(
        server(), track("Signed In", userId="4712"), identify("4712", {"email": CAROL, "name": "Carol Big"})
    )
    volker.refresh_from_db()
    carol = holder("external", "4712")
    assert (volker.name, volker.email, carol.name, carol.email) == ("Volker", VOLKER, "Carol Big", CAROL)
    assert Touch.objects.get(kind="signed_in").contact == carol


def test_a_website_and_a_server_that_say_the_same_tell_of_one_person() -> None:
    digested(website(), identify("7", {"email": BOB}), event("page", properties={"path": "/a"}, userId="7"))
    digested(server(), track("Order Completed", {"revenue": 5}, userId="7"))
    digested(server(), identify("7", {"email": BOB}))
    bob = Contact.objects.get()
    assert not bob.identities.filter(is_claim=True).exists()
    known_volker("import")
    digested(website(), identify("8", {"email": VOLKER}))
    digested(server(), identify("8", {"email": VOLKER}))
    assert not Identity.objects.filter(is_claim=True).exists()
    assert Contact.objects.count() == 2


def test_a_website_cannot_fill_somebody_up() -> None:
    volker = known_volker("import")
    key = website()
    digested(key, *(identify(f"junk {number}", {"email": VOLKER}) for number in range(MOST_CLAIMS + 5)))
    digested(key, identify(None, {"email": VOLKER} | {f"junk{number}": 1 for number in range(90)}))
    digested(server(), identify(None, {"email": VOLKER} | {f"own{number}": 1 for number in range(95)}))
    volker.refresh_from_db()
    assert volker.identities.count() == 1 + MOST_CLAIMS
    assert len([name for name in volker.traits if name.startswith("own")]) == 95


def test_what_was_claimed_of_one_who_was_merged_is_made_known_and_goes_back_with_them() -> None:
    digested(server(), identify("1", {"email": BOB}))
    digested(website(), identify("2"))
    one, two = holder("external", "1"), holder("external", "2")
    done = merge(one, two, by=None, why="", now=NOW)
    assert isinstance(done, Merged)
    digested(server(), identify("2"))
    undo(done.merge, by=None, now=NOW + MINUTE)
    other = holder("external", "2")
    assert Contact.objects.filter(merged_into=None).count() == 2 + (other.pk not in (one.pk, two.pk))
    assert holder("external", "1") == one


def test_a_servers_alias_of_an_id_that_a_website_claimed_for_somebody_does_not_make_them_one() -> None:
    known_volker("import")
    digested(website(), identify("before", {"email": VOLKER}))
    digested(server(), event("alias", userId="4711", previousId="before"))
    assert not Merge.objects.exists()
    assert holder("external", "before") == holder("external", "4711") != holder("email", VOLKER)


users = st.sampled_from([None, "4711", "4712", "junk", BOB, VOLKER, EVIL])
emails = st.sampled_from([None, EVIL, BOB, CAROL, VOLKER])
said_in_public = st.tuples(st.just("public"), users, emails)
said_by_servers = st.tuples(st.just("server"), st.sampled_from(["4711", "4712"]), st.booleans())
TRUTH = {"4711": (BOB, "Bob"), "4712": (CAROL, "Carol")}


@given(
    words=st.lists(st.one_of(said_in_public, said_in_public, said_by_servers), max_size=10),
    how=st.sampled_from(["import", "mail"]),
    data=st.data(),
)
@SETTINGS
def test_whatever_websites_say_in_any_order_who_is_known_stays_who_they_are(
    words: list[Any], how: str, data: st.DataObject
) -> None:
    with transaction.atomic():
        volker, keys, now = known_volker(how), {"public": website(), "server": server()}, NOW
        order = data.draw(st.permutations([*words, ("server", "4711", True), ("server", "4712", True)]))
        while order:
            many = data.draw(st.integers(1, 4))
            said, order, now = order[:many], order[many:], now + MINUTE
            _arrive(keys, said, now)
        digested(keys["server"], *(track(f"Ordered {user}", userId=user) for user in TRUTH), now=now + MINUTE)
        _everybody_is_who_they_are(volker)
        transaction.set_rollback(True)


def _arrive(keys: dict[str, Any], said: list[Any], now: Any) -> None:
    """Some words in one batch of the worker, whoever sends each."""
    for number, (whose, user, rest) in enumerate(said):
        if whose == "public":
            traits = {"name": "Evil", **({"email": rest} if rest else {})}
            arrive(keys["public"], identify(user, traits, anonymousId=f"anon {now} {number}"), at=now)
        else:
            traits = dict(zip(("email", "name"), TRUTH[user], strict=True)) if rest else {}
            arrive(keys["server"], event("identify", userId=user, traits=traits), at=now)
    while attend_arrivals(now):
        pass


def _everybody_is_who_they_are(volker: Contact) -> None:
    volker.refresh_from_db()
    assert (volker.name, volker.email) == ("Volker", VOLKER)
    assert set(volker.identities.filter(is_claim=False).values_list("value", flat=True)) == {VOLKER}
    for user, (email, name) in TRUTH.items():
        contact = holder("external", user)
        assert (contact.name, contact.email) == (name, email)
        assert holder("email", email) == contact
        assert set(contact.identities.filter(is_claim=False).values_list("value", flat=True)) == {user, email}
        assert Touch.objects.get(kind=f"ordered_{user}").contact == contact
    assert not Merge.objects.exists()

"""What people allow: the latest that counts, with its proof, whoever of those who are one said it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from ripeline.people.consent import (
    is_suppressed,
    keep_wording,
    may,
    note_consent,
    standpoints,
    suppress,
    suppressed_of,
    waiting,
)
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Consent, ConsentWording, Contact, Suppression
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.models import Touch
from tests.factories import NOW, make_contact, make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db
GIVEN, ASKED, WITHDRAWN = Consent.State.GIVEN, Consent.State.ASKED, Consent.State.WITHDRAWN
LATER = NOW + timedelta(days=1)


def say(contact: Contact, state: Consent.State, at: object = NOW, purpose: str = "newsletter") -> Consent:
    return note_consent(contact, purpose, state, how=Consent.How.MAIL, at=at)  # type: ignore[arg-type]


def test_the_latest_that_was_given_or_withdrawn_counts_and_what_was_only_asked_does_not() -> None:
    ann = make_contact("Ann")
    assert not may(ann, "newsletter", NOW)
    say(ann, ASKED)
    assert (may(ann, "newsletter", NOW), [each.purpose for each in waiting(ann)]) == (False, ["newsletter"])
    say(ann, GIVEN, NOW + timedelta(hours=1))
    assert (may(ann, "newsletter", LATER), may(ann, "calls", LATER), waiting(ann)) == (True, False, [])
    assert not may(ann, "newsletter", NOW), "not before it was given"
    say(ann, ASKED, NOW + timedelta(hours=2))
    assert may(ann, "newsletter", LATER), "who asks again has not withdrawn"
    say(ann, WITHDRAWN, NOW + timedelta(hours=3))
    assert not may(ann, "newsletter", LATER)
    [point] = standpoints(ann, LATER)
    assert [each.state for each in point.history] == ["withdrawn", "asked", "given", "asked"]
    assert (point.is_given, point.suppressed) == (False, "They do not want it")
    assert standpoints(ann, NOW + timedelta(minutes=90))[0].is_given


def test_an_address_closed_for_other_reasons_stays_closed_when_consent_is_given_anew() -> None:
    ann = make_contact("Ann")
    say(ann, WITHDRAWN)
    say(ann, GIVEN, LATER)
    assert may(ann, "newsletter", LATER)
    suppress(ann.email, Suppression.Why.COMPLAINED, now=LATER)
    say(ann, GIVEN, LATER)
    assert not may(ann, "newsletter", LATER)
    assert is_suppressed(ann.email, "offers")
    say(ann, GIVEN, LATER, "calls")
    assert may(ann, "calls", LATER), "calls go by no mail"
    assert suppressed_of([ann.email, "other@x.example"], "newsletter") == {ann.email}
    assert [each.title for each in standpoints(ann, LATER)] == ["All mail", "Calls", "Newsletter"]


@pytest.mark.parametrize("order", ["as it was said", "the other way round"])
def test_the_newer_word_closes_and_opens_all_their_addresses_in_whatever_order_it_is_heard(
    order: str,
) -> None:
    emails = ("ann@x.example", "ann@home.example")
    [ann] = add_contacts([ContactDraft(name="Ann", emails=emails)], now=NOW)
    for newer, closed in ((WITHDRAWN, set(emails)), (GIVEN, set())):
        Consent.objects.all().delete()
        words = [(GIVEN if newer == WITHDRAWN else WITHDRAWN, NOW), (newer, LATER)]
        for state, at in words if order == "as it was said" else reversed(words):
            say(ann, state, at)
        assert suppressed_of([*emails, "other@x.example"], "newsletter") == closed
        assert may(ann, "newsletter", LATER) == (newer == GIVEN)


def test_who_has_a_closed_address_next_opens_it_by_a_newer_word_alone() -> None:
    ann = make_contact("Ann")
    for at in (NOW, LATER):
        say(ann, WITHDRAWN, at)
    email = ann.email
    ann.delete()
    [bob] = add_contacts([ContactDraft(name="Bob", emails=(email,))], now=LATER)
    say(bob, GIVEN, NOW + timedelta(hours=1))
    assert is_suppressed(email, "newsletter")
    say(bob, GIVEN, LATER + timedelta(hours=1))
    assert not is_suppressed(email, "newsletter")


def test_those_who_are_one_are_asked_together_and_apart_again_each_alone() -> None:
    kept, gone = make_contact("Kit"), make_contact("Gus")
    say(kept, GIVEN)
    say(gone, WITHDRAWN, LATER)
    done = merge(kept, gone, by=None, why="one", now=LATER)
    assert isinstance(done, Merged)
    for each in Contact.objects.all():
        assert not may(each, "newsletter", LATER)
    undo(done.merge, by=None, now=LATER)
    assert may(Contact.objects.get(pk=kept.pk), "newsletter", LATER)


def test_the_same_words_are_kept_once_and_other_words_are_another_version() -> None:
    words = [
        keep_wording("newsletter", text, "en", now=NOW) for text in ("Yes, please", "Yes, please", "Yes!")
    ]
    assert (words[0], words[0] == words[2]) == (words[1], False)
    assert ConsentWording.objects.count() == 2


@pytest.mark.parametrize("state", [GIVEN, WITHDRAWN])
@pytest.mark.parametrize("closed", [None, NOW, "bounced"])
def test_a_word_noted_by_hand_is_undone_with_all_that_it_closed_or_opened(
    state: Consent.State, closed: object
) -> None:
    make_playbook()
    sam, admin = make_user("sales", "Sam Sales"), sign_in(make_user("admin", "Ada Admin"))
    ann = make_contact("Ann", key="ann", owner=sam)
    if closed == NOW:
        say(ann, WITHDRAWN)
    elif closed:
        suppress(ann.email, Suppression.Why.BOUNCED, purpose="newsletter", now=NOW)
    before = _all_kept()

    undo_it = _note(sign_in(sam), state)
    assert (Touch.objects.count(), Consent.objects.count()) == (1, len(before[0]) + 1)
    assert "Undone." in admin.post(undo_it, follow=True).content.decode()
    assert (_all_kept(), Touch.objects.count()) == (before, 0)
    assert "There is nothing to undo." in admin.post(undo_it, follow=True).content.decode()


def test_what_is_no_slip_of_ones_own_or_was_followed_by_more_is_not_undone() -> None:
    make_playbook()
    sam, mia = make_user("sales", "Sam Sales"), sign_in(make_user("marketing", "Mia Market"))
    ann, browser = make_contact("Ann", key="ann", owner=sam), sign_in(sam)
    undo_it = _note(browser, WITHDRAWN)
    assert "a colleague&#x27;s" in mia.post(undo_it, follow=True).content.decode()
    for reader, offers in ((mia, 0), (browser, 1)):
        assert reader.get("/contacts/ann").content.decode().count(f'action="{undo_it}"') == offers
    said = Consent.objects.get()
    say(ann, GIVEN, said.at)
    assert "more was said of it since" in browser.post(undo_it, follow=True).content.decode()
    assert undo_it not in browser.get("/contacts/ann").content.decode()
    Consent.objects.exclude(pk=said.pk).delete()
    Consent.objects.update(at=said.at - timedelta(minutes=16))
    assert "more than a quarter of an hour ago" in browser.post(undo_it, follow=True).content.decode()
    assert (Consent.objects.count(), Touch.objects.count()) == (1, 1)


def _note(browser: Client, state: Consent.State) -> str:
    """Notes it on Ann's page; the address by which the page offers to undo it."""
    said = {"consent-purpose": "newsletter", "consent-state": state.value, "consent-note": "On the phone"}
    page = browser.post("/contacts/ann/consent", {**said, "consent-once": "o"}, follow=True).content.decode()
    found = re.search(r'action="(/contacts/ann/consent/[^"]+/undo)"', page)
    assert found, page
    return found[1]


def _all_kept() -> tuple[list[object], list[object]]:
    return (
        list(Consent.objects.order_by("pk").values()),
        list(Suppression.objects.order_by("address").values("address", "purpose", "why", "at")),
    )


def test_a_colleague_notes_a_withdrawal_with_its_proof_and_the_contacts_page_shows_all_of_it() -> None:
    make_playbook()
    sam = make_user("sales", "Sam Sales")
    ann = make_contact("Ann", key="ann", owner=sam)
    wording = keep_wording("newsletter", "Send me <b>letters</b>", "en", now=NOW)
    place = {"form": "demo", "version": 3, "page": "https://firm.example/<script>"}
    note_consent(ann, "newsletter", GIVEN, how=Consent.How.FORM, at=NOW, wording=wording, place=place)
    browser = sign_in(sam)
    said = {"consent-purpose": "newsletter", "consent-state": "withdrawn", "consent-once": "o" * 32}

    wrong = browser.post("/contacts/ann/consent", {**said, "consent-note": " "})
    assert (wrong.status_code, "Say how we know" in wrong.content.decode()) == (422, True)
    assert Consent.objects.count() == 1
    for _ in range(2):
        assert (
            browser.post("/contacts/ann/consent", {**said, "consent-note": "On the phone"}).status_code == 302
        )
    assert not may(ann, "newsletter", LATER.replace(year=2030))
    assert Touch.objects.get(kind="unsubscribed").attrs["text"] == "On the phone"
    page = browser.get("/contacts/ann").content.decode()
    for words in (
        "Send me &lt;b&gt;letters&lt;/b&gt;",
        "form demo, version 3, on https://firm.example/&lt;script&gt;",
        "On the phone",
        "withdrawn",
    ):
        assert words in page, words
    other = sign_in(make_user("sales", "Olga Other"))
    assert other.post("/contacts/ann/consent", {**said, "consent-note": "x"}).status_code == 403
    assert Client().post("/contacts/ann/consent", said).status_code == 302
    assert Consent.objects.count() == 2

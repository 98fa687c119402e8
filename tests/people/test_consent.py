"""What people allow: the latest that counts, with its proof, whoever of those who are one said it."""

from __future__ import annotations

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
from ripeline.people.models import Consent, ConsentWording, Contact, Suppression
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.models import Touch
from tests.factories import NOW, make_contact, make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db
GIVEN, ASKED, WITHDRAWN = Consent.State.GIVEN, Consent.State.ASKED, Consent.State.WITHDRAWN
LATER = NOW + timedelta(days=1)


def say(contact: Contact, state: Consent.State, at: object = NOW, purpose: str = "newsletter") -> Consent:
    return note_consent(contact, purpose, state, how=Consent.How.FORM, at=at)  # type: ignore[arg-type]


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

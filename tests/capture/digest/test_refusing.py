"""Who another system says to have had enough of mail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ripeline.people.consent import is_suppressed, may, note_consent, suppressed_of
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Consent, Contact
from tests.capture.digest.arriving import digested, event, identify, server, website
from tests.factories import NOW, make_contact, make_playbook

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def test_a_servers_word_withdraws_what_they_allowed_by_mail_and_a_websites_does_not() -> None:
    make_playbook()
    ann, bo = make_contact("Ann"), make_contact("Bo")
    for each in (ann, bo):
        for purpose in ("newsletter", "offers", "calls"):
            note_consent(each, purpose, Consent.State.GIVEN, how=Consent.How.FORM, at=NOW - timedelta(days=1))
    public = event("track", event="Unsubscribed", properties={"email": ann.email}, userId=ann.email)
    digested(website(), public, now=NOW)
    assert may(ann, "newsletter", NOW)

    said = event("track", event="Unsubscribed", userId=ann.email, properties={"list_name": "newsletter"})
    all_mail = event(
        "track", event="Email Marked as Spam", userId=bo.email, properties={"campaign_name": "spring"}
    )
    digested(server(), said, all_mail, now=NOW)
    allowed = [
        [may(each, purpose, LATER) for purpose in ("newsletter", "offers", "calls")] for each in (ann, bo)
    ]
    assert allowed == [[False, True, True], [False, False, True]]
    assert (is_suppressed(ann.email, "offers"), is_suppressed(bo.email, "events")) == (False, True)
    assert Consent.objects.filter(state="withdrawn", how="unsubscribed").count() == 3


def test_a_complaint_closes_the_address_that_it_is_about_and_is_not_lost_where_none_is_known() -> None:
    make_playbook()
    emails = ("one@x.example", "two@x.example", "three@x.example")
    add_contacts([ContactDraft(name="Ann", emails=emails, external=("7",))], now=NOW)
    key = server()

    def complain(user: str, **said: str) -> None:
        digested(key, event("track", event="Email Marked as Spam", userId=user, properties=said), now=NOW)

    complain("two@x.example")
    assert suppressed_of(emails, "") == {"two@x.example"}
    complain("7", email="Three@x.example")
    assert suppressed_of(emails, "") == {"two@x.example", "three@x.example"}
    complain("7", email="gone@x.example")
    assert suppressed_of([*emails, "gone@x.example"], "") == {
        "two@x.example",
        "three@x.example",
        "gone@x.example",
    }
    complain("7")
    assert suppressed_of(emails, "") == set(emails)

    complain("8")
    digested(key, identify("8", {"email": "bo@x.example"}), now=NOW)
    bo = Contact.objects.get(email="bo@x.example")
    note_consent(bo, "newsletter", Consent.State.GIVEN, how=Consent.How.FORM, at=LATER)
    assert not may(bo, "newsletter", LATER)
    note_consent(bo, "newsletter", Consent.State.GIVEN, how=Consent.How.MAIL, at=LATER)
    assert may(bo, "newsletter", LATER)

"""Why somebody did not get a mail, and the page of the rules."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from ripeline.nurture.rules.force import rules_in_force
from ripeline.nurture.rules.models import Preference, SendingRules
from ripeline.nurture.rules.why import groups_of, why, why_not
from ripeline.nurture.sending.models import Delivery
from ripeline.people.consent import note_consent, suppress
from ripeline.people.models import Consent, Suppression
from tests.factories import make_user, sign_in
from tests.nurture.rules.people import hand, make_reader, make_version, post_to

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_there_is_one_answer_for_each_person_and_mail_with_until_when() -> None:
    version = make_version(NOW)
    capped, left, asleep, paused, fine = (
        make_reader("Capped", NOW),
        make_reader("Left", NOW),
        make_reader("Asleep", NOW, zone="Pacific/Auckland"),
        make_reader("Paused", NOW),
        make_reader("Fine", NOW),
    )
    for source in (2, 3, 4):
        hand(post_to(capped, version, NOW, source=source), NOW - source * DAY)
    note_consent(left, "offers", Consent.State.WITHDRAWN, how=Consent.How.UNSUBSCRIBED, at=NOW)
    Preference.objects.create(contact=paused, paused_until=NOW + 9 * DAY, at=NOW)
    rows = {each.name: post_to(each, version, NOW, source=9) for each in (capped, left, asleep, paused, fine)}
    found = {name: why(row, NOW) for name, row in rows.items()}
    assert {name: (each.said, each.until) for name, each in found.items()} == {
        "Capped": (
            "They got 3 mails in the last 30 days; at their stage (lead) 3 are the most.",
            NOW + 26 * DAY,
        ),
        "Left": ("They do not want this any more: offers by mail.", None),
        "Asleep": ("It is night where they are (Pacific/Auckland).", datetime(2026, 3, 3, 19, tzinfo=UTC)),
        "Paused": ("They asked for a pause.", NOW + 9 * DAY),
        "Fine": ("It is due, and goes out as soon as its turn comes.", NOW),
    }
    Delivery.objects.filter(pk=rows["Left"].pk).update(state="suppressed", reason="withdrawn", due_at=None)
    Delivery.objects.filter(pk=rows["Fine"].pk).update(state="uncertain", reason="crashed", due_at=None)
    assert why_not(left, version.email, NOW).said == "They do not want it."
    assert why_not(fine, version.email, NOW).said.startswith("Perhaps they did.")
    assert [(each.state, each.reason, each.number) for each in groups_of("broadcast", 9)] == [
        ("queued", "", 3),
        ("suppressed", "withdrawn", 1),
        ("uncertain", "crashed", 1),
    ]


def test_of_a_mail_that_nothing_sent_it_says_what_would_hold_now() -> None:
    version, contact = make_version(NOW), make_reader("Closed", NOW)
    assert why_not(contact, version.email, NOW).said == "Nothing sent it to them. It would go out now."
    suppress(contact.email, Suppression.Why.COMPLAINED, now=NOW)
    assert why_not(contact, version.email, NOW).said == (
        "Nothing sent it to them. If something did now: they called a mail spam."
    )


def test_the_pages_lead_from_a_contact_and_a_source_to_the_people_behind_each_reason() -> None:
    now = timezone.now()
    contact, version = make_reader("Cold", now, agreed=False), make_version(now)
    row = post_to(contact, version, now)
    browser = sign_in(make_user("sales"))
    said = browser.get(f"/sending/why/{contact.key}/?email=hello").content.decode()
    assert "They never agreed to this: offers by mail." in plain(said)
    assert f"/sending/{row.pk}/" in said
    Delivery.objects.filter(pk=row.pk).update(state="suppressed", reason="no_consent", due_at=None)
    listed = browser.get("/sending/why/broadcast/1/").content.decode()
    assert "0 taken, 1 not, or not yet" in plain(listed)
    link = re.search(r'href="(/sending/\?kind=[^"]+)"', listed)
    assert link
    assert "cold@reader.example" in browser.get(link[1].replace("&amp;", "&")).content.decode()


def test_rules_are_kept_by_administrators_with_every_mistake_named() -> None:
    admin = sign_in(make_user("admin"))
    wrong = admin.post("/sending/rules/keep", {"text": "talk_days: long\nquiet: {zone: Mars}"})
    assert wrong.status_code == 422
    assert "talk_days: " in wrong.content.decode()
    assert "quiet.zone: " in wrong.content.decode()
    admin.post("/sending/rules/keep", {"text": "talk_days: 3", "note": "Shorter"})
    admin.post("/sending/rules/keep", {"text": "talk_days: 5", "note": "Longer"})
    admin.post("/sending/rules/keep", {"text": "talk_days: 3 # again", "note": "Shorter again"})
    assert rules_in_force().talk_days == 3
    assert SendingRules.objects.count() == 2
    page = plain(admin.get("/sending/rules/").content.decode())
    assert "Shorter again" in page
    assert "talk_days: 3 # again" in page


def plain(html: str) -> str:
    """Its words, with single blanks."""
    return " ".join(strip_tags(html).replace("&#x27;", "'").split())

"""The pages of sending: the ledger, what is uncertain, the local mailbox, the settings."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.nurture.sending.guard import FEWEST, Tally, count
from ripeline.nurture.sending.mail import Mail
from ripeline.nurture.sending.mailbox import keep
from ripeline.nurture.sending.models import Delivery, SendingSettings
from ripeline.nurture.sending.ours import our_settings
from ripeline.nurture.sending.vault import unseal
from ripeline.timeline.models import Touch
from tests.factories import make_user, sign_in
from tests.nurture.sending.post import make_people, send_to

pytestmark = pytest.mark.django_db
SECRET = "correct-horse-battery"
SETTINGS = {
    "from_name": "Ann", "from_address": "ann@ours.example", "postal_address": "Ours, 1 Street", "transport": "smtp",
    "host": "smtp.ours.example", "port": "587", "security": "starttls", "user": "ann", "password": SECRET,
    "lines": "8", "domain_lines": "4", "per_minute": "0", "warm_up_first": "50",
}  # fmt: skip


@pytest.fixture
def uncertain() -> Delivery:
    """A mail of which nobody can say whether it arrived, and one that waits."""
    send_to(make_people("a.example", "b.example"))
    row = Delivery.objects.get(contact__email="person0@a.example")
    row.state, row.reason, row.due_at, row.handed_at = "uncertain", "crashed", None, timezone.now()
    row.address, row.claimed_by = row.contact.email, "token"
    row.save()
    return row


def test_what_is_uncertain_is_shown_first_with_what_can_be_done(uncertain: Delivery) -> None:
    browser = sign_in(make_user("marketing"))
    ledger = text_of(browser, "/sending/")
    assert "person0@a.example" in ledger
    assert "person0@b.example" not in ledger
    assert "Whoever handed it over ended in the middle" in ledger
    assert "person0@b.example" in text_of(browser, "/sending/?state=queued")
    assert "person0@b.example" in text_of(browser, "/sending/?state=all&q=b.exam")
    assert "Did it arrive?" in text_of(browser, f"/sending/{uncertain.pk}/")


def test_somebody_who_knows_says_that_it_arrived_once(uncertain: Delivery) -> None:
    browser = sign_in(make_user("marketing"))
    for _ in range(2):
        browser.post(f"/sending/{uncertain.pk}/arrived")
    uncertain.refresh_from_db()
    assert (uncertain.state, uncertain.accepted_at) == ("accepted", uncertain.handed_at)
    assert Touch.objects.filter(kind="email_sent", contact=uncertain.contact).count() == 1
    browser.post(f"/sending/{uncertain.pk}/again")
    uncertain.refresh_from_db()
    assert uncertain.state == "accepted", "what arrived is not sent again"


def test_sent_again_it_is_called_the_same_and_an_answer_that_comes_late_counts_no_more(
    uncertain: Delivery,
) -> None:
    called = uncertain.message_id
    sign_in(make_user("marketing")).post(f"/sending/{uncertain.pk}/again")
    uncertain.refresh_from_db()
    assert (uncertain.state, uncertain.claimed_by, uncertain.message_id) == ("queued", "", called)


def test_the_local_mailbox_shows_a_mail_whole_and_runs_nothing_of_it(uncertain: Delivery) -> None:
    odd = "<script>alert(1)</script>"
    headers = (
        ("From", "ann@ours.example"),
        ("Subject", f"Hello {odd}"),
        ("List-Unsubscribe", "<https://a/>"),
    )
    mail = Mail(
        uncertain.pk, uncertain.message_id, "bounces@ours.example", "p@a.example", headers, "Text", odd
    )
    kept = keep(mail, timezone.now())
    browser = sign_in(make_user("sales"))
    assert "Hello &lt;script&gt;" in text_of(browser, "/sending/mailbox/?q=hello")
    assert "Hello" not in text_of(browser, "/sending/mailbox/?q=nothing-such")
    page = text_of(browser, f"/sending/mailbox/{kept.pk}/")
    assert 'sandbox src="/sending/mailbox/' in page
    assert "List-Unsubscribe" in page
    assert odd not in page
    shown = browser.get(f"/sending/mailbox/{kept.pk}/shown")
    assert "default-src 'none'" in shown["Content-Security-Policy"]
    assert " sandbox;" in shown["Content-Security-Policy"]


def test_a_password_is_written_and_never_shown_and_not_given_to_another_server() -> None:
    browser = sign_in(make_user("admin"))
    assert browser.post("/sending/settings/keep", SETTINGS).status_code == 302
    row = SendingSettings.objects.get()
    assert unseal(row.secrets) == {"password": SECRET}
    assert SECRET not in str(list(SendingSettings.objects.values()))
    assert SECRET not in text_of(browser, "/sending/settings/")
    browser.post("/sending/settings/keep", {**SETTINGS, "password": "", "lines": "4"})
    row.refresh_from_db()
    assert (unseal(row.secrets), row.lines, row.revision) == ({"password": SECRET}, 4, 2)
    browser.post("/sending/settings/keep", {**SETTINGS, "password": "", "host": "smtp.evil.example"})
    row.refresh_from_db()
    assert unseal(row.secrets) == {}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"postal_address": ""}, "need a postal address"),
        ({"from_address": ""}, "need an address that they come from"),
        ({"from_address": "ann"}, "is no address"),
        ({"host": ""}, "Which mail server?"),
        ({"port": "5432"}, "valid choice"),
        ({"dkim_key": "no key"}, "no private key"),
        ({"lines": "0"}, "from 1 to 50"),
        ({"from_name": "a\nBcc: eve@evil.example"}, "line break"),
    ],
)
def test_settings_that_would_not_work_are_refused_with_a_sentence(change: dict[str, str], why: str) -> None:
    browser = sign_in(make_user("admin"))
    answer = browser.post("/sending/settings/keep", {**SETTINGS, **change})
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert our_settings().transport == "local"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.5", "169.254.169.254", "0x7f.1", "::ffff:127.0.0.1"]
)
def test_the_line_is_tried_only_out_into_the_world(host: str) -> None:
    browser = sign_in(make_user("admin"))
    browser.post("/sending/settings/keep", {**SETTINGS, "host": host.strip("[]")})
    said = browser.post("/sending/settings/try", follow=True).content.decode()
    assert "inside your own network" in said


def test_sending_stops_by_itself_at_three_complaints_in_a_thousand_and_goes_on_with_a_clean_sheet() -> None:
    now = timezone.now()
    count(Tally(accepted=FEWEST - 1, complained=40), now)
    assert our_settings().paused_at is None, "of few mails, shares tell nothing"
    count(Tally(accepted=10_000), now)
    count(Tally(complained=1), now)
    assert our_settings().paused_at
    browser = sign_in(make_user("admin"))
    assert "Sending is stopped" in text_of(browser, "/sending/")
    browser.post("/sending/settings/go-on")
    count(Tally(accepted=1000, complained=2, bounced=49), now)
    assert our_settings().paused_at is None
    assert "came back" in text_of(browser, "/sending/settings/"), "a warning at one in a thousand"
    count(Tally(bounced=100), now)
    assert our_settings().paused_at, "a tenth came back"


def text_of(browser: Client, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, answer
    return answer.content.decode()


@pytest.mark.parametrize(("role", "doors"), [("sales", 0), ("marketing", 2)])
def test_nobody_is_shown_a_way_that_is_closed_to_them(role: str, doors: int) -> None:
    page = sign_in(make_user(role)).get("/sending/").content.decode()
    ways = ('href="/sending/rules/"', 'href="/sending/settings/"')
    assert sum(page.count(way) > 0 for way in ways) == doors

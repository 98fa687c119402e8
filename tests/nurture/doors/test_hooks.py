"""What mail providers report."""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from ripeline.nurture.doors.hooks import hook_address
from ripeline.nurture.doors.reports import Report, take_report
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import Suppression
from ripeline.timeline.models import Touch
from tests.nurture.rules.people import hand, make_reader, make_version, post_to

pytestmark = pytest.mark.django_db
KEY = "a-signing-key"


@pytest.fixture
def delivery() -> Delivery:
    now = timezone.now()
    row = post_to(make_reader("Jo", now), make_version(now), now)
    hand(row, now - timedelta(hours=1))
    return row


@pytest.fixture
def keyed(settings: LazySettings) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"mail_hook_keys": f"mailgun:{KEY}"})


@pytest.mark.usefixtures("keyed")
def test_a_signed_complaint_closes_the_address_at_once_and_counts_once(delivery: Delivery) -> None:
    for _ in range(2):
        assert report(mailgun("complained", delivery)).status_code == 200
    assert Suppression.objects.get(purpose="").why == "complained"
    assert Touch.objects.filter(kind="complained", contact=delivery.contact).count() == 1


@pytest.mark.usefixtures("keyed")
def test_what_is_not_signed_as_it_should_be_is_refused(delivery: Delivery) -> None:
    said = mailgun("complained", delivery)
    said["signature"]["timestamp"] = "1"
    assert report(said).status_code == 403
    where = urlsplit(hook_address("mailgun")).path
    assert Client().post(where, b"{", content_type="application/json").status_code in (400, 403)
    assert Client().post(where, b"x" * 3_000_000, content_type="application/json").status_code == 413
    assert Client().post(f"{where[:-3]}00/", said, content_type="application/json").status_code == 404
    assert Client().post("/hooks/mail/nobody/x/", {}).status_code == 404
    # Whose key nobody set is not believed.
    assert (
        Client()
        .post(urlsplit(hook_address("sendgrid")).path, [], content_type="application/json")
        .status_code
        == 403
    )
    assert not Suppression.objects.exists()


def test_a_provider_without_signatures_is_known_by_its_address(delivery: Delivery) -> None:
    said = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "MessageID": "theirs",
        "Email": delivery.contact.email,
        "BouncedAt": timezone.now().isoformat(),
        "Details": "smtp;550 5.1.1 No such user",
    }
    assert report(said, "postmark").status_code == 200
    assert Suppression.objects.get(purpose="").why == "bounced"
    assert Touch.objects.get(kind="email_bounced").attrs["type"] == "hard"


def test_mail_that_comes_back_for_a_while_closes_an_address_only_after_many_days(delivery: Delivery) -> None:
    begun = timezone.now() - timedelta(days=40)
    version = delivery.version
    rows = [post_to(delivery.contact, version, begun, source=10 + n) for n in range(6)]
    for row, day in zip(rows, (0, 1, 2, 3, 4, 15), strict=True):
        at = begun + timedelta(days=day)
        hand(row, at)
        told = Report("put_off", at, message_id=f"<{row.message_id}>", said="452 4.2.2 Full")
        assert take_report(told, now=at)
        assert not take_report(told, now=at)
        assert Suppression.objects.exists() == (day == 15)


def test_a_report_that_tells_no_mail_of_ours_changes_nothing(delivery: Delivery) -> None:
    now = timezone.now()
    assert not take_report(Report("complained", now, said_to="nobody@reader.example"), now=now)
    assert not take_report(Report("opened", now, said_to=delivery.contact.email), now=now)
    assert not Touch.objects.exclude(kind="subscribed").exists()


def mailgun(event: str, delivery: Delivery) -> dict[str, Any]:
    """As it comes, signed."""
    timestamp, token = "1700000000", "t" * 50
    signature = hmac.new(KEY.encode(), f"{timestamp}{token}".encode(), sha256).hexdigest()
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {
            "event": event,
            "id": "one",
            "timestamp": timezone.now().timestamp(),
            "recipient": delivery.contact.email,
            "message": {"headers": {"message-id": delivery.message_id}},
        },
    }


def report(said: dict[str, Any], provider: str = "mailgun") -> Any:
    return Client().post(urlsplit(hook_address(provider)).path, said, content_type="application/json")

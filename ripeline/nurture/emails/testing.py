"""A test: the mail that somebody would get, sent to the colleague who asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ripeline.kit.ids import new_key
from ripeline.nurture.emails.content import read_content
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.models import Email, EmailVersion
from ripeline.nurture.emails.versions import add_version
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.posting import Wanted, post
from ripeline.people.models import Contact, User

WAITS = timedelta(hours=1)
"""A test that could not be sent by then is wanted no more."""


def send_test(
    email: Email, version: EmailVersion | None, contact: Contact, *, to: User, now: datetime
) -> EmailVersion | Mistakes:
    """Posts the email as `contact` would get it to a colleague: of this version, or (None) as it is being written,
    which is kept as a version then, since what is sent never changes."""
    with transaction.atomic():
        held = Email.objects.select_for_update(no_key=True).get(pk=email.pk)
        chosen = version or _as_written(held, to, now)
        if isinstance(chosen, Mistakes):
            return chosen
        wanted = Wanted(
            contact.pk,
            contact.key,
            chosen.pk,
            held.purpose,
            Delivery.Source.TEST.value,
            held.pk,
            f"{to.pk}-{new_key()}",
            now,
            now + WAITS,
            to.email,
        )
        post([wanted], now=now)
    return chosen


def _as_written(email: Email, by: User, now: datetime) -> EmailVersion | Mistakes:
    return add_version(email, read_content(email.draft), by=by, now=now)

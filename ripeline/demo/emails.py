"""The demo company's emails: those that come along, published by who writes them there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from ripeline.nurture.emails.models import Email, EmailVersion
from ripeline.nurture.emails.shipping import shipped_emails
from ripeline.nurture.emails.versions import make_email, publish
from ripeline.people.models import User


def load_emails(users: Mapping[str, User], *, now: datetime) -> None:
    """Makes them, in one transaction; nothing where there are emails already."""
    with transaction.atomic():
        if Email.objects.exists():
            return
        by, since = users["jonas"], now - timedelta(days=200)
        for each in shipped_emails():
            email = make_email(each.key, each.title, each.content, purpose=each.purpose, by=by, now=since)
            done = publish(email, by, since)
            if not isinstance(done, EmailVersion):
                raise ValueError(f"{each.key}: {done}")

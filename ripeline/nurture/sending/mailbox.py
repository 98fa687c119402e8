"""The local mailbox: where mails are kept to be looked at as long as nobody has said how they should go out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from ripeline.nurture.sending.mail import Accepted, Fate, Mail, Unsure
from ripeline.nurture.sending.models import LocalMail

log = logging.getLogger(__name__)
KEPT_FOR = timedelta(days=90)
SAID = "Kept in the local mailbox: nothing left this installation."


class MailboxLine:
    """A line into the local mailbox; it is always open."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock

    @property
    def is_open(self) -> bool:
        """Always."""
        return True

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""

    async def hand_over(self, mail: Mail) -> Fate:
        """Keeps one mail."""
        try:
            await asyncio.to_thread(_keep_alone, mail, self.clock())
        except DatabaseError as trouble:
            log.warning("A mail may be missing from the local mailbox: %s", trouble)
            return Unsure(str(trouble))
        return Accepted(SAID)


def keep(mail: Mail, now: datetime) -> LocalMail:
    """Puts a mail into the local mailbox."""
    return LocalMail.objects.create(
        delivery_id=mail.delivery,
        message_id=mail.message_id,
        at=now,
        sender=mail.sender,
        to=mail.to,
        subject=next((value for name, value in mail.headers if name == "Subject"), ""),
        headers=[list(each) for each in mail.headers],
        text=mail.text,
        html=mail.html,
    )


def _keep_alone(mail: Mail, now: datetime) -> None:
    try:
        keep(mail, now)
    finally:
        # The threads that lines are given come and go.
        connection.close()


def prune_mailbox(now: datetime) -> int:
    """Deletes what has lain there for long."""
    old = LocalMail.objects.filter(at__lt=now - KEPT_FOR)
    return old.delete()[0] if old.exists() else 0

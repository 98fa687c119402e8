"""Letters that are to be sent by mail: posted as rows in the transaction that wants them, sent by the worker.

Each is sent once. Where nobody can say whether the mail server took one (the worker died, or the line broke, while it
was handed over), it is named as uncertain and not sent again: two of one letter are worse than a link asked for anew.
"""

from __future__ import annotations

import logging
import re
import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import models

from ripeline.work.claims import Claim, claim_due, fail, finish
from ripeline.work.models import DueRow

log = logging.getLogger(__name__)

MOST_TRIES = 12
KEPT_FOR = timedelta(days=90)
PERMANENT = 500
"""Answers of mail servers from here on are final (RFC 5321, 4.2.1)."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class Letter(DueRow):
    """One letter to one address. `key` says what it is for: posted again under the same key, it is the same letter."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to be sent"
        SENDING = "sending", "Being handed over"
        SENT = "sent", "Taken by the mail server"
        UNCERTAIN = "uncertain", "Perhaps sent: the line broke while it was handed over"
        FAILED = "failed", "Refused by the mail server"
        WITHHELD = "withheld", "Not sent: the address was closed before"

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta(DueRow.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.kind} ({self.get_state_display().lower()})"


def post_letter(key: str, *, kind: str, to: str, subject: str, text: str, now: datetime) -> None:
    """Posts a letter, in the caller's transaction: without it there is no letter, with it there is one."""
    line = _CONTROLS.sub(" ", subject).strip()[:200]
    row = Letter(key=key, kind=kind, to=to, subject=line, text=text, created_at=now, due_at=now)
    Letter.objects.bulk_create([row], ignore_conflicts=True)


def attend_letters(now: datetime, *, is_closed: Callable[[str], bool]) -> int:
    """Sends one letter that is due, unless its address `is_closed` by now; returns how many it was done with."""
    # One at a time: a server that answers slowly must not outlast the leases of others.
    claims = claim_due(Letter, now, limit=1)
    for claim in claims:
        _send(claim, now, is_closed)
    return len(claims)


def prune_letters(now: datetime) -> int:
    """Deletes letters that were sent long ago; what was refused, withheld or is uncertain stays."""
    old = Letter.objects.filter(state=Letter.State.SENT, sent_at__lt=now - KEPT_FOR)
    return old.delete()[0] if old.exists() else 0


def _send(claim: Claim, now: datetime, is_closed: Callable[[str], bool]) -> None:
    letter = Letter.objects.get(pk=claim.pk)
    if letter.state == Letter.State.SENDING:
        # Whoever had it before us died with it in hand.
        finish(Letter, claim, None, state=Letter.State.UNCERTAIN)
        return
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as trouble:
        _later(claim, trouble, now)
        return
    ours = Letter.objects.filter(pk=claim.pk, claimed_by=claim.token, state=Letter.State.WAITING)
    try:
        # It may have been posted days ago: a mail server that is away is tried again and again.
        if is_closed(letter.to):
            finish(Letter, claim, None, state=Letter.State.WITHHELD)
        elif ours.update(state=Letter.State.SENDING):
            _hand_over(letter, claim, connection, now)
    finally:
        _close(connection)


def _hand_over(letter: Letter, claim: Claim, connection: BaseEmailBackend, now: datetime) -> None:
    try:
        _message(letter, connection).send()
    except smtplib.SMTPRecipientsRefused as refused:
        code, why = next(iter(refused.recipients.values()), (PERMANENT, b""))
        _refused(claim, code, why, now)
    except smtplib.SMTPResponseException as refused:
        _refused(claim, refused.smtp_code, refused.smtp_error, now)
    except (OSError, smtplib.SMTPException) as trouble:
        log.warning("Nobody can say whether letter %s was sent: %s", claim.pk, trouble)
        finish(Letter, claim, None, state=Letter.State.UNCERTAIN)
    else:
        finish(Letter, claim, None, state=Letter.State.SENT, sent_at=now)


def _message(letter: Letter, connection: BaseEmailBackend) -> EmailMessage:
    site = settings.CONFIG.site_name
    return EmailMessage(
        letter.subject,
        letter.text,
        to=[letter.to],
        connection=connection,
        # The same at every try: whoever gets it twice all the same sees one.
        headers={"Message-ID": f"<letter-{letter.pk}@{site}>", "Auto-Submitted": "auto-generated"},
    )


def _refused(claim: Claim, code: int, why: object, now: datetime) -> None:
    said = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
    if code < PERMANENT and claim.attempts < MOST_TRIES:
        _later(claim, Exception(f"{code} {said}"), now)
        return
    if finish(Letter, claim, None, state=Letter.State.FAILED):
        Letter.objects.filter(pk=claim.pk).update(error=f"{code} {said}"[:2000])


def _later(claim: Claim, trouble: Exception, now: datetime) -> None:
    """Back to those that wait, for a later try; after many the letter has failed."""
    Letter.objects.filter(pk=claim.pk, claimed_by=claim.token).update(state=Letter.State.WAITING)
    if claim.attempts >= MOST_TRIES:
        if finish(Letter, claim, None, state=Letter.State.FAILED):
            Letter.objects.filter(pk=claim.pk).update(error=str(trouble)[:2000])
        return
    log.warning("Letter %s could not be sent and is tried again: %s", claim.pk, trouble)
    fail(Letter, claim, error=str(trouble), now=now)


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        # It was said what became of the letter; how the line ended does not matter.
        log.debug("The line to the mail server broke at its end.")

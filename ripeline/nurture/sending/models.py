"""The ledger: one row for each mail that somebody is to get."""

from __future__ import annotations

from django.db import models

from ripeline.nurture.emails.models import EmailVersion
from ripeline.people.models import Contact
from ripeline.work.models import DueRow


class Delivery(DueRow):
    """One mail to one contact, for one reason: `send_key` names the three, and whoever asks again under the same key
    gets the same row.

    `reason` says by a word why it waits, was held back or failed, `said` what the mail server answered. `address` is
    where it was handed to; until then the contact's own counts. `message_id` follows from the send key alone. What is
    `handing` is in somebody's hand at this moment: whoever finds it so after a crash names it uncertain.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        HANDING = "handing", "Being handed over"
        ACCEPTED = "accepted", "Taken by the mail server"
        DEFERRED = "deferred", "Put off by the mail server"
        FAILED = "failed", "Refused by the mail server"
        SUPPRESSED = "suppressed", "Not sent"
        UNCERTAIN = "uncertain", "Perhaps sent: nobody can say"

    class Source(models.TextChoices):
        BROADCAST = "broadcast", "Broadcast"
        SEQUENCE = "sequence", "Sequence"
        TEST = "test", "Test"
        BY_HAND = "by_hand", "By hand"

    send_key = models.CharField(max_length=160, unique=True)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    version = models.ForeignKey(EmailVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    purpose = models.CharField(max_length=40)
    source_kind = models.CharField(max_length=10, choices=Source)
    source = models.BigIntegerField(default=0)
    step = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    said = models.TextField(blank=True)
    address = models.CharField(max_length=254, blank=True)
    domain = models.CharField(max_length=253, blank=True)
    message_id = models.CharField(max_length=200)
    transport = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    handed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta(DueRow.Meta):
        abstract = False
        indexes = (
            *DueRow.Meta.indexes,
            # What somebody got, and how much of it lately.
            models.Index(fields=["contact", "handed_at"], name="delivery_contact"),
            # How far a source has come.
            models.Index(fields=["source_kind", "source", "state", "id"], name="delivery_source"),
            models.Index(fields=["message_id"], name="delivery_message"),
        )

    def __str__(self) -> str:
        return f"{self.send_key} ({self.get_state_display().lower()})"

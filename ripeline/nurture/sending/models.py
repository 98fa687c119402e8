"""The ledger: one row for each mail that somebody is to get."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

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
        indexes = (  # type: ignore[assignment]
            *DueRow.Meta.indexes,
            # What somebody got, and how much of it lately.
            models.Index(fields=["contact", "handed_at"], name="delivery_contact"),
            # How far a source has come.
            models.Index(fields=["source_kind", "source", "state", "id"], name="delivery_source"),
            models.Index(fields=["message_id"], name="delivery_message"),
            # What somebody should look at, among the many that went well.
            models.Index(fields=["state", "-id"], condition=~Q(state="accepted"), name="delivery_state"),
        )

    def __str__(self) -> str:
        return f"{self.send_key} ({self.get_state_display().lower()})"


class SendingSettings(models.Model):
    """How this installation sends: one row. `secrets` are kept as nobody can read them without the installation's key
    (`sending.secrets`), and are never shown; `server` is the rest of what the transport must know.

    `stretch` counts up when somebody lets sending go on after it was stopped: what went wrong before counts no more.
    """

    class Transport(models.TextChoices):
        LOCAL = "local", "Nowhere: mails are kept here to look at"
        INSTALLED = "installed", "The mail server that the installation names"
        SMTP = "smtp", "A mail server (SMTP)"
        PROVIDER = "provider", "A mail provider"

    from_name = models.CharField(max_length=120, blank=True)
    from_address = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    postal_address = models.TextField(blank=True)
    transport = models.CharField(max_length=10, choices=Transport, default=Transport.LOCAL)
    server = models.JSONField(default=dict)
    secrets = models.TextField(blank=True)
    lines = models.PositiveSmallIntegerField(default=8)
    domain_lines = models.PositiveSmallIntegerField(default=4)
    per_minute = models.PositiveIntegerField(default=0)
    warm_up_from = models.DateField(null=True)
    warm_up_first = models.PositiveIntegerField(default=50)
    dkim_domain = models.CharField(max_length=253, blank=True)
    dkim_selector = models.CharField(max_length=63, blank=True)
    bounce_domain = models.CharField(max_length=253, blank=True)
    paused_at = models.DateTimeField(null=True)
    paused_why = models.TextField(blank=True)
    stretch = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.get_transport_display()}, from {self.from_address or 'nobody yet'}"


class SendingCount(models.Model):
    """What became of the mails of one day (UTC), for the limits of a day and for the guard."""

    day = models.DateField()
    stretch = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    complained = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["day", "stretch"], name="sending_count_once"),)

    def __str__(self) -> str:
        return f"{self.day}: {self.accepted} taken, {self.bounced} bounced, {self.complained} complained"


class LocalMail(models.Model):
    """A mail as it would have gone out, where none goes out: the local mailbox."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="local_mails", db_index=False
    )
    message_id = models.CharField(max_length=200)
    at = models.DateTimeField()
    sender = models.CharField(max_length=254, blank=True)
    to = models.CharField(max_length=254)
    subject = models.TextField(blank=True)
    headers = models.JSONField(default=list)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["-at", "-id"], name="local_mail_latest"),
            models.Index(fields=["delivery"], name="local_mail_delivery"),
        )

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"

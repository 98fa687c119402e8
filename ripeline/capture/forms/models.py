"""Forms, what they asked in each version, what was sent, and how often each was seen."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.kit.ids import new_key
from ripeline.people.models import Contact, User, Visitor


class Form(models.Model):
    """One form, by its key in addresses. `draft` is what is being written, `version` what is asked at present.

    `origins` are the sites that may show it in a frame, send to it and be led to afterwards, such as
    "https://www.example.com". `mapping` says of a form that a site had already which of its fields is which of ours.
    """

    key = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=160)
    is_open = models.BooleanField(default=False)
    is_adopted = models.BooleanField(default=False)
    draft = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    version = models.ForeignKey("FormVersion", null=True, on_delete=models.PROTECT, related_name="+")
    origins = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    def __str__(self) -> str:
        return self.title


class FormVersion(models.Model):
    """What a form asked from a moment on; it never changes. `digest` is the hash of it."""

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    definition = models.JSONField()
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["form", "number"], name="form_version_once"),)

    def __str__(self) -> str:
        return f"{self.form_id} version {self.number}"


class Submission(models.Model):
    """What somebody sent, as it came (`raw`: pairs of name and value) and as it was read (`answers`).

    `uid` is made of the page's token and of what was sent, so that it is kept once however often it comes; `nonce` is
    the page's. `reasons` say why it was held or not understood. A suspect's is kept as a machine's, and nothing follows
    from it until a colleague releases it.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", "Taken in"
        SUSPECTED = "suspected", "Held: it looks like a machine's"
        UNREAD = "unread", "Not understood"

    uid = models.CharField(max_length=32, unique=True, default=new_key)
    nonce = models.CharField(max_length=32)
    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="submissions", db_index=False)
    version = models.ForeignKey(
        FormVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    reasons = models.JSONField(default=list)
    actor = models.CharField(max_length=8, default="unknown")
    raw = models.JSONField(default=list)
    answers = models.JSONField(default=dict)
    language = models.CharField(max_length=12, blank=True)
    page = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    # The full address of the sender, only where whoever installed Ripeline wants it kept.
    address = models.CharField(max_length=64, blank=True)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="submissions")
    visitor = models.ForeignKey(Visitor, null=True, on_delete=models.SET_NULL, related_name="submissions")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        indexes = (
            models.Index(fields=["form", "outcome", "-id"], name="submission_listed"),
            models.Index(fields=["received_at"], condition=Q(outcome="suspected"), name="submission_held"),
            models.Index(fields=["nonce"], name="submission_nonce"),
        )

    def __str__(self) -> str:
        return f"{self.form_id} at {self.received_at:%Y-%m-%d %H:%M}"


class FormCount(models.Model):
    """How often a form was viewed, begun or sent on a day (UTC), by whom."""

    class What(models.TextChoices):
        VIEWED = "viewed", "Viewed"
        STARTED = "started", "Begun"
        SENT = "sent", "Sent"

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="counts", db_index=False)
    day = models.DateField()
    what = models.CharField(max_length=8, choices=What)
    actor = models.CharField(max_length=8)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["form", "day", "what", "actor"], name="form_count_once"),
        )

    def __str__(self) -> str:
        return f"{self.form_id} {self.what} {self.day}: {self.count}"


class Confirmation(models.Model):
    """A link that was sent to an address: whoever follows it and presses the button confirms what was asked there.

    `key` stands in the link. `asked_at` is when the letter was posted, to an address of a `mailbox`: for the limits.
    """

    key = models.CharField(max_length=32, unique=True, default=new_key)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="confirmations")
    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="+", db_index=False)
    address = models.CharField(max_length=254)
    mailbox = models.CharField(max_length=254, default="", db_default="")
    language = models.CharField(max_length=12, blank=True)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["mailbox", "-asked_at"], name="confirmation_mailbox"),
            models.Index(
                fields=["asked_at"], condition=Q(confirmed_at__isnull=True), name="confirmation_open"
            ),
        )

    def __str__(self) -> str:
        return f"confirmation asked {self.asked_at:%Y-%m-%d %H:%M}"

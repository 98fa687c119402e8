"""Emails, and what they were in each version."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.people.models import User


class Email(models.Model):
    """One email that may be sent to many, by its key. `draft` is what is being written, `version` what is sent (null:
    nothing yet); `purpose` is the consent that it needs (`people.consent`)."""

    key = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    purpose = models.CharField(max_length=40)
    draft = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    version = models.ForeignKey(
        "EmailVersion", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    def __str__(self) -> str:
        return self.title


class EmailVersion(models.Model):
    """What an email was from a moment on; it never changes.

    `content` is what was written, `html` and `text` what it compiles to with Liquid still in it, `links` the addresses
    that are followed through us, in order.
    """

    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    subject = models.TextField()
    html = models.TextField()
    text = models.TextField()
    links = models.JSONField(default=list)
    created_at = models.DateTimeField()
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["email", "number"], name="email_version_once"),)

    def __str__(self) -> str:
        return f"{self.email_id} version {self.number}"


class EmailSplit(models.Model):
    """Two versions of an email sent by turns, chosen by a hash of the contact's key; `salt` makes the hash this split's
    own. What is looked for is said beforehand: from the rate `base` of people who click to `wished`, for which about
    `planned` people are needed."""

    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="splits")
    one = models.ForeignKey(EmailVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    other = models.ForeignKey(EmailVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    salt = models.CharField(max_length=32)
    base = models.FloatField()
    wished = models.FloatField()
    planned = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    winner = models.ForeignKey(
        EmailVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["email"], condition=Q(ended_at__isnull=True), name="email_split_one_running"
            ),
        )

    def __str__(self) -> str:
        return f"{self.email_id} since {self.started_at:%Y-%m-%d}"

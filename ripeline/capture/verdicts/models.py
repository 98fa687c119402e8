"""What was judged of each touch, of which facts, under which rules."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.people.models import User


class VerdictRules(models.Model):
    """A document of rules that was used or kept; it never changes, and is named by its hash. One that somebody kept may
    be in force; where none is, those that come with Ripeline are."""

    version = models.CharField(max_length=64, primary_key=True)
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    first_used_at = models.DateTimeField()
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    note = models.TextField(blank=True, default="", db_default="")
    put_in_force_at = models.DateTimeField(null=True)
    is_in_force = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["is_in_force"], condition=Q(is_in_force=True), name="verdict_rules_one_in_force"
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.version[:8]})"


class RequestFacts(models.Model):
    """What was known of requests that were alike in it, once for all of them: `digest` is the hash of the rest."""

    digest = models.CharField(max_length=32, unique=True)
    agent = models.TextField(blank=True)
    method = models.CharField(max_length=16, blank=True)
    marks = models.JSONField(default=list)
    network = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return self.agent or "no agent"


class JudgingAgain(models.Model):
    """The past judged anew under the rules of a version, by the worker, in order of touch id, a few at a time.

    Of `total` verdicts at its beginning `looked_at` were looked at up to `cursor`, and `changed` became others.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    rules = models.ForeignKey(VerdictRules, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    is_open = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)
    total = models.BigIntegerField(default=0)
    looked_at = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    cursor = models.CharField(max_length=128, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["is_open"], condition=Q(is_open=True), name="judging_again_one_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.looked_at} of {self.total}"


class EngagementVerdict(models.Model):
    """The verdict on the touch with this id: whoever did it (`actor`), by which signals, under which rules.

    No references: touches are taken out by the thousand, and what is left here names nobody.
    """

    touch_uid = models.CharField(max_length=128, primary_key=True)
    facts_id = models.BigIntegerField()
    actor = models.CharField(max_length=8)
    signals = models.JSONField(default=list)
    rules = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.touch_uid}: {self.actor}"

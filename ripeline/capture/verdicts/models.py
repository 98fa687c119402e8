"""What was judged of each touch, of which facts, under which rules."""

from __future__ import annotations

from django.db import models


class VerdictRules(models.Model):
    """A document of rules that was used; it never changes, and is named by its hash."""

    version = models.CharField(max_length=64, primary_key=True)
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    first_used_at = models.DateTimeField()

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

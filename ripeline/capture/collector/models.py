"""Who may send events (WriteKey), what they sent, as it came (Arrival), and what was turned away (Refusal)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.kit.ids import new_key


class WriteKey(models.Model):
    """What a sender of events shows. A website's stands in its pages for all to read, so that what comes with it is
    unproven; a server's is a secret. It is ended, never deleted: its arrivals and touches go on naming it.

    `origins` are the sites whose pages may send with it, such as "https://www.example.com"; none: any.
    """

    class Purpose(models.TextChoices):
        WEBSITE = "website", "Website"
        SERVER = "server", "Server"

    name = models.CharField(max_length=80)
    key = models.CharField(max_length=32, unique=True, default=new_key)
    purpose = models.CharField(max_length=8, choices=Purpose, default=Purpose.WEBSITE)
    origins = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Arrival(models.Model):
    """One event as it came, until the digest has made of it what it means.

    `event` is the JSON of one Segment event: its type, messageId (ours where it had none) and what else was sent.
    `facts` is what verdicts want to know of the request: agent, method, marks, network; never the address. A
    sender that heard no answer sends again, so that several arrivals may be one event: the digest tells them apart
    by `touch_uid`, which is made of the write key and the messageId.
    """

    class Outcome(models.TextChoices):
        WAITING = "", "Waiting"
        RECORDED = "recorded", "Recorded"
        DROPPED = "dropped", "Dropped"
        FAILED = "failed", "Failed"

    # Keys are never deleted, so there is nothing that the database would have to look up for each event.
    write_key = models.ForeignKey(
        WriteKey, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    received_at = models.DateTimeField()
    event = models.TextField()
    facts = models.JSONField(default=dict)
    outcome = models.CharField(
        max_length=8, choices=Outcome, default=Outcome.WAITING, db_default="", blank=True
    )
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    touch_uid = models.CharField(max_length=128, blank=True, default="", db_default="")
    # Numbers, not references: an arrival outlives nobody, and is deleted after days.
    contact_id = models.BigIntegerField(null=True)
    visitor_id = models.BigIntegerField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["id"], condition=Q(outcome=""), name="arrival_waiting"),)

    def __str__(self) -> str:
        return f"arrival {self.pk} ({self.get_outcome_display().lower()})"


class Refusal(models.Model):
    """An event, or a request of events, that was turned away at the door, and the sentence that its sender was told.

    Written by the collector, at most once a second: `times` is how many alike came in that second. The latest few
    hundred are there, without anything of who sent them. The key is none where the one shown is none of ours; `event`
    is empty where a whole request was turned away.
    """

    at = models.DateTimeField(db_index=True)
    write_key = models.ForeignKey(
        WriteKey, on_delete=models.PROTECT, related_name="+", null=True, db_index=False, db_constraint=False
    )
    event = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=200)
    times = models.IntegerField()

    def __str__(self) -> str:
        return self.reason

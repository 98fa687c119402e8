"""A second definition kept running beside the one in force: what it says of everybody, and who was right."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.people.models import Contact, User
from ripeline.timeline.models import PlaybookVersion, Sweep


class Camp(Sweep):
    """The second definition: whose it is, since when, and until when (null: it runs; one at a time does)."""

    name = models.CharField(max_length=80)
    version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    is_running = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["is_running"], condition=Q(is_running=True), name="camp_one_running"
            ),
        )

    def __str__(self) -> str:
        return self.name


class CampStanding(models.Model):
    """What is true of a contact by the camp's definition, written with the Standing in one transaction.

    `ours` is the stage by the definition in force, always that of the Standing; `theirs` the camp's.
    """

    contact = models.OneToOneField(
        Contact, primary_key=True, on_delete=models.CASCADE, related_name="camp_standing"
    )
    camp = models.ForeignKey(Camp, on_delete=models.CASCADE, related_name="+", db_index=False)
    ours = models.CharField(max_length=64)
    theirs = models.CharField(max_length=64)
    entered_at = models.DateTimeField(null=True)
    score = models.FloatField(default=0)
    grade = models.CharField(max_length=8, null=True)
    persona = models.CharField(max_length=64, null=True)
    rating = models.CharField(max_length=64, null=True)
    status = models.CharField(max_length=16, default="active")
    suspended = models.BooleanField(default=False)
    last_inbound_at = models.DateTimeField(null=True)
    assessed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["camp", "ours", "theirs", "contact"], name="camp_pairs"),)

    def __str__(self) -> str:
        return f"{self.contact_id} {self.ours} / {self.theirs}"


class CampVerdict(models.Model):
    """What became of somebody (accepted, rejected, won, lost), and the stage each definition had them in just
    before: who called it right. `ours` is by the version that was in force then, whichever is now; of the time
    before the first was published, by the one in force when the verdict was received."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    camp = models.ForeignKey(Camp, on_delete=models.CASCADE, related_name="+", db_index=False)
    uid = models.CharField(max_length=128)
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    ours = models.CharField(max_length=64)
    theirs = models.CharField(max_length=64)

    class Meta:
        indexes = (models.Index(fields=["camp", "at", "kind", "ours", "theirs"], name="camp_verdict_at"),)
        constraints = (models.UniqueConstraint(fields=["contact", "uid"], name="camp_verdict_once"),)

    def __str__(self) -> str:
        return f"{self.contact_id} {self.kind} as {self.ours} / {self.theirs}"

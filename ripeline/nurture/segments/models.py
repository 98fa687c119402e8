"""Segments, what they asked in each revision, who is in them, and who came and went."""

from __future__ import annotations

from django.db import models

from ripeline.people.models import Contact, User
from ripeline.work.models import DueRow


class Segment(DueRow):
    """People who have something in common: those who fulfil `definition` (`definition.Definition`), or those put in by
    hand (`kind` list). It is due when it must be worked out anew for everybody; one at a time does (`claimed_by`).

    Of the last time that was done: when it began and ended, how long it took (`cost_ms`), and how many people were
    in it. `working_since` is when one began that has not ended; `size` follows every change. `last_change_at` is when
    somebody last came or went.
    """

    class Kind(models.TextChoices):
        CONDITIONS = "conditions", "By conditions"
        LIST = "list", "List by hand"

    key = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    note = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CONDITIONS)
    definition = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    worked_out = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField(default=0)
    working_since = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    cost_ms = models.PositiveIntegerField(null=True)
    last_change_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta(DueRow.Meta):
        abstract = False

    def __str__(self) -> str:
        return self.title


class SegmentRevision(models.Model):
    """What a segment asked from a moment on; it never changes."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    at = models.DateTimeField()
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["segment", "number"], name="segment_revision_once"),)

    def __str__(self) -> str:
        return f"{self.segment_id} revision {self.number}"


class SegmentEntry(models.Model):
    """Somebody put into a list by hand. It stays with the contact it was said of: who is in the list follows from who
    they are by now (`SegmentMember`), so that a merge undone leaves each as they were."""

    class How(models.TextChoices):
        BY_HAND = "by_hand", "By hand"
        SELECTION = "selection", "From the contacts list"
        IMPORT = "import", "From an import"

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="entries", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    how = models.CharField(max_length=10, choices=How)
    source = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["segment", "contact"], name="segment_entry_once"),)

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.segment_id} by hand"


class SegmentMember(models.Model):
    """Who is in a segment now, and since when."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    since = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["segment", "contact"], name="segment_member_once"),)
        indexes = (models.Index(fields=["contact", "segment"], name="segment_member_contact"),)

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.segment_id}"


class SegmentChange(models.Model):
    """Somebody came into a segment or left it; never rewritten.

    `held` says of each condition of `revision`, in reading order, whether it held then (1) or not (0); empty where
    everybody was worked out anew, since then the conditions themselves were new.
    """

    class Cause(models.TextChoices):
        CHANGED = "changed", "Something about them changed"
        TIME = "time", "Time passed"
        DEFINITION = "definition", "The segment was written or changed"
        BY_HAND = "by_hand", "A colleague"

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="changes", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    is_in = models.BooleanField()
    cause = models.CharField(max_length=10, choices=Cause)
    revision = models.PositiveIntegerField()
    held = models.CharField(max_length=100, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        indexes = (
            models.Index(fields=["contact", "segment", "-at"], name="segment_change_contact"),
            models.Index(fields=["segment", "-at"], name="segment_change_at"),
        )

    def __str__(self) -> str:
        return f"{self.contact_id} {'in' if self.is_in else 'out of'} {self.segment_id} at {self.at:%Y-%m-%d %H:%M}"

"""Definitions being written: drafts, and each state of them that was saved."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.people.models import User
from ripeline.timeline.models import PlaybookVersion


class Draft(models.Model):
    """A playbook that somebody is changing: its text as last saved, whether or not it is a playbook yet.

    `revision` counts the saves; whoever saves names the one they saw. `discarded_at` is set when nobody wants it.
    """

    based_on = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    title = models.CharField(max_length=120)
    note = models.TextField(blank=True)
    text = models.TextField()
    revision = models.PositiveIntegerField(default=1)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField()
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["-updated_at"], condition=Q(discarded_at__isnull=True), name="draft_updated"
            ),
        )

    def __str__(self) -> str:
        return self.title


class DraftSave(models.Model):
    """A state of a draft as it was saved: by whom, when, and what was being changed."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="saves", db_index=False)
    revision = models.PositiveIntegerField()
    text = models.TextField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    at = models.DateTimeField()
    what = models.CharField(max_length=120)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["draft", "revision"], name="draft_save_once"),)

    def __str__(self) -> str:
        return f"{self.draft_id} at {self.revision}"

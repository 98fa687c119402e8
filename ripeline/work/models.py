"""What a table needs so that its rows can be work: the table is the queue."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class DueRow(models.Model):
    """A row that somebody must attend to at `due_at` (null: nothing to do).

    `mark` counts the reasons it fell due: a worker's finish counts only for the mark it claimed, so a reason
    that arrives while it works is never lost. `claimed_by` fences: a worker that lost its lease changes nothing.
    """

    due_at = models.DateTimeField(null=True)
    mark = models.PositiveBigIntegerField(default=0)
    claimed_by = models.CharField(max_length=32, blank=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True
        indexes = (models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="%(class)s_due"),)

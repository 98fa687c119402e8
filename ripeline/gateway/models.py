"""Imports: what file was brought in how, how far it got, and what each step did, so that it can be undone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from ripeline.kit.ids import new_key
from ripeline.people.models import User
from ripeline.work.claims import LEASE
from ripeline.work.models import DueRow

QUIET = timedelta(seconds=15)
"""Whoever is at work on an import renews the lease every ten seconds or sooner."""


class Import(DueRow):
    """One file brought in. The table is the queue: a worker takes a due one and goes on where it stands.

    `position` is the number of rows of the file that are done with; each step moves it in the same transaction
    that writes what those rows say, so a killed import is known exactly. `started_at` is the moment of all its
    touches that the file does not date itself.
    """

    class State(models.TextChoices):
        LOOKING = "looking", "Being looked at"
        DRAFT = "draft", "Not started"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Stopped"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    class Form(models.TextChoices):
        ROWS = "rows", "Rows with a header (CSV)"
        TOUCHES = "touches", "Touches (JSON Lines)"

    UNDER_WAY = (State.RUNNING, State.UNDOING)

    key = models.CharField(max_length=32, unique=True, default=new_key)
    name = models.CharField(max_length=200)
    form = models.CharField(max_length=8, choices=Form, default=Form.ROWS)
    file = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)
    mapping = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    rows = models.PositiveIntegerField(null=True)
    position = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    preview = models.JSONField(default=dict)
    left_in_place = models.JSONField(default=list)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(DueRow.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.name} ({self.get_state_display().lower()})"

    def is_resting(self, now: datetime) -> bool:
        """Whether nobody is at work on it though it is under way: a worker will take it up, or whoever is asked to."""
        is_held = bool(self.claimed_by) and self.claimed_until is not None and self.claimed_until >= now
        return self.state in self.UNDER_WAY and not is_held

    def quiet_for(self, now: datetime) -> int:
        """The seconds for which nothing was heard of whoever is at work on it; 0 where there is nobody, or they were
        heard of just now. Once the lease has run out, it rests."""
        if self.state not in self.UNDER_WAY or self.claimed_until is None or self.is_resting(now):
            return 0
        silent = now - (self.claimed_until - LEASE)
        return int(silent.total_seconds()) if silent > QUIET else 0

    def say_state(self, now: datetime) -> str:
        """Its state in a word or two; one that is under way and rests was interrupted or is waiting for its turn."""
        if quiet := self.quiet_for(now):
            return f"Silent for {quiet} s"
        if not self.is_resting(now):
            return str(self.get_state_display())
        return "Interrupted" if self.position else "Waiting"


class ImportStep(models.Model):
    """What one transaction of an import did, in enough detail to take it back."""

    import_of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="steps", db_index=False)
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    counts = models.JSONField(default=dict)
    done = models.JSONField(default=dict)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = (
            models.UniqueConstraint(fields=["import_of", "number"], name="import_step_once"),
        )

    def __str__(self) -> str:
        return f"step {self.number} of import {self.import_of_id}"


class ImportRejection(models.Model):
    """A row left out, with its reason. `cells` is null where the row could not be taken apart: `raw` holds it."""

    import_of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rejections", db_index=False)
    line = models.PositiveIntegerField()
    why = models.CharField(max_length=60)
    reason = models.CharField(max_length=400)
    raw = models.TextField(blank=True)
    cells = models.JSONField(null=True)

    class Meta:
        indexes = (models.Index(fields=["import_of", "line"], name="import_rejection_line"),)

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"

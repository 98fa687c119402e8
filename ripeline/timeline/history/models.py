"""What the database keeps for the history parts: which generation is in force, and whose touches changed since."""

from __future__ import annotations

from django.db import models

from ripeline.kit.ids import new_key


class HistoryState(models.Model):
    """The one row about the parts: whose they are, which count, and who is writing new ones.

    `source` names this log in the parts. `generation` is in force; `pending` may be, if whoever wrote it died before
    saying so. Parts of any other generation are not of this database: it was restored, or they are another's.
    `damaged` names files that were found so and are not made anew yet.
    """

    source = models.CharField(max_length=32, default=new_key)
    generation = models.CharField(max_length=64, blank=True)
    pending = models.CharField(max_length=64, blank=True)
    claimed_by = models.CharField(max_length=32, blank=True)
    claimed_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    trouble = models.TextField(blank=True)
    damaged = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"history {self.generation or 'not made'}"


class HistoryChange(models.Model):
    """A contact some of whose touches were removed, changed or moved; written by triggers on the touch log.

    Whatever changes the log, by whatever way, writes its row in its own transaction. No key to the contact: they may
    be gone. Rows are taken away by id, when parts that know of them are in force.
    """

    contact_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"contact {self.contact_id}"

"""Previews: what was asked, how far it is, and what came out."""

from __future__ import annotations

from django.db import models

from ripeline.kit.ids import new_key
from ripeline.people.models import User
from ripeline.work.models import DueRow


class PreviewRun(DueRow):
    """Two definitions held beside each other over the whole history: asked by somebody, worked by the worker.

    `one` is what counts now (or is compared with), `other` what is proposed. Each is kept as its text, since a draft
    goes on changing; `..._ref` says where it came from ("version HASH", "draft 5", "shipped default"). `day` is the
    past day asked for, if any: it ends at `as_of` where its asker is. `done` and `total` are touches. `result` is empty
    until it is done.
    """

    class State(models.TextChoices):
        """`replaced` runs were taken back by a newer one of the same person: they are cancelled too."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    class View(models.TextChoices):
        """In which sense a past day is meant, as in `timeline.asof.View`."""

        KNOWN = "known", "As we knew it"
        WAS = "was", "As it had happened"

    key = models.CharField(max_length=32, default=new_key, unique=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    one_ref = models.CharField(max_length=80)
    one_name = models.CharField(max_length=200)
    one_version = models.CharField(max_length=64)
    one_text = models.TextField()
    other_ref = models.CharField(max_length=80)
    other_name = models.CharField(max_length=200)
    other_version = models.CharField(max_length=64)
    other_text = models.TextField()
    outcome = models.CharField(max_length=200)
    as_of = models.DateTimeField()
    day = models.DateField(null=True)
    view = models.CharField(max_length=5, choices=View.choices, default=View.WAS)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    note = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(DueRow.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.other_name} beside {self.one_name}"

    @property
    def is_past(self) -> bool:
        """Whether it was asked for up to a day that had passed."""
        return self.as_of < self.created_at

    @property
    def is_as_known(self) -> bool:
        """Whether only what we had heard of by then counts."""
        return self.view == self.View.KNOWN

    @property
    def is_busy(self) -> bool:
        """Whether somebody is still to work at it."""
        return self.state in (self.State.WAITING, self.State.RUNNING)


class PreviewMove(models.Model):
    """The people who stand in `from_stage` under the one definition and in `to_stage` under the other.

    `people` are their contacts' ids, ascending, packed (see `packing`): a million of them are a few megabytes.
    """

    run = models.ForeignKey(PreviewRun, on_delete=models.CASCADE, related_name="moves", db_index=False)
    from_stage = models.CharField(max_length=100)
    to_stage = models.CharField(max_length=100)
    count = models.PositiveIntegerField()
    people = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["run", "from_stage", "to_stage"], name="previewmove_run_pair"),
        )

    def __str__(self) -> str:
        return f"{self.from_stage} to {self.to_stage}: {self.count}"

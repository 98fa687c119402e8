"""Landing pages, what they were in each version, how often each was seen, and which of two does better."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.capture.collector.models import WriteKey
from ripeline.people.models import User


class LandingPage(models.Model):
    """One page, by its word in addresses. `draft` is what is being written, `version` what is served (null: nothing).

    `write_key` is the website's by whose name the browser script tells what happens on it (null: it tells nothing).
    """

    slug = models.CharField(max_length=80, unique=True)
    draft = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    version = models.ForeignKey(
        "PageVersion", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    split = models.ForeignKey(
        "PageSplit", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    write_key = models.ForeignKey(
        WriteKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    def __str__(self) -> str:
        return str(self.draft.get("title") or self.slug)


class PageVersion(models.Model):
    """What a page was from a moment on; it never changes. `html` is the whole page as it is sent, `etag` its hash."""

    page = models.ForeignKey(LandingPage, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    html = models.TextField()
    etag = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["page", "number"], name="page_version_once"),)

    def __str__(self) -> str:
        return f"{self.page_id} version {self.number}"


class Picture(models.Model):
    """A picture of landing pages, which lies among the files of the library by its hash."""

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class PageCount(models.Model):
    """How often a version was seen on a day (UTC), or did what it is for, by whom: each browser once a day."""

    class What(models.TextChoices):
        SEEN = "seen", "Seen"
        REACHED = "reached", "Reached what the page is for"

    page = models.ForeignKey(LandingPage, on_delete=models.CASCADE, related_name="counts", db_index=False)
    number = models.PositiveIntegerField()
    day = models.DateField()
    what = models.CharField(max_length=8, choices=What)
    actor = models.CharField(max_length=8)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["page", "number", "day", "what", "actor"], name="page_count_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.page_id} {self.what} {self.day}: {self.count}"


class PageSplit(models.Model):
    """Two versions shown by turns, chosen by a hash of the browser. What is looked for is said beforehand: from the
    rate `base` to `wished`, for which about `planned` people are needed. `salt` makes the hashes this split's own."""

    page = models.ForeignKey(LandingPage, on_delete=models.CASCADE, related_name="splits")
    one = models.ForeignKey(PageVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    other = models.ForeignKey(PageVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    salt = models.CharField(max_length=32)
    base = models.FloatField()
    wished = models.FloatField()
    planned = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    winner = models.ForeignKey(
        PageVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["page"], condition=Q(ended_at__isnull=True), name="page_split_one_running"
            ),
        )

    def __str__(self) -> str:
        return f"{self.page_id} since {self.started_at:%Y-%m-%d}"


class SplitVisit(models.Model):
    """A browser in a split, by a hash (`who`): which of the two it sees, since when, and when it reached what the page
    is for. A form's submission says so itself."""

    split = models.ForeignKey(PageSplit, on_delete=models.CASCADE, related_name="visits", db_index=False)
    who = models.CharField(max_length=32)
    is_other = models.BooleanField()
    actor = models.CharField(max_length=8)
    at = models.DateTimeField()
    reached_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["split", "who"], name="split_visit_once"),)
        indexes = (models.Index(fields=["split", "at", "id"], name="split_visit_at"),)

    def __str__(self) -> str:
        return f"{self.split_id}: {self.who}"

"""What there is to download (Asset), each file it has been (AssetVersion), and who came whom nobody can tell apart."""

from __future__ import annotations

from django.db import models

from ripeline.capture.forms.models import Form
from ripeline.people.models import User


class Asset(models.Model):
    """Something to read or watch: a file of ours (`version` is the present one) or an `address` elsewhere.

    `personas` are keys of the playbook's, none: for everybody. With a `form` it is gated: given to those who send
    that form, and by signed link.
    """

    class Kind(models.TextChoices):
        WHITE_PAPER = "white_paper", "White paper"
        EBOOK = "ebook", "E-book"
        CHECKLIST = "checklist", "Checklist"
        TEMPLATE = "template", "Template"
        CASE_STUDY = "case_study", "Case study"
        WEBINAR = "webinar", "Webinar"
        VIDEO = "video", "Video"
        PRICE_LIST = "price_list", "Price list"
        OTHER = "other", "Something else"

    class ContentStage(models.TextChoices):
        DISCOVERY = "discovery", "Discovery"
        EVALUATION = "evaluation", "Evaluation"
        DECISION = "decision", "Decision"

    key = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=Kind)
    content_stage = models.CharField(max_length=10, choices=ContentStage)
    personas = models.JSONField(default=list)
    language = models.CharField(max_length=12, blank=True)
    summary = models.TextField(blank=True)
    form = models.ForeignKey(Form, null=True, on_delete=models.PROTECT, related_name="assets")
    address = models.TextField(blank=True)
    version = models.ForeignKey(
        "AssetVersion", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    def __str__(self) -> str:
        return self.title


class AssetVersion(models.Model):
    """One file that an asset was, from a moment on. `digest` is the SHA-256 of it, by which it lies in the folder."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    media_type = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["asset", "number"], name="asset_version_once"),)

    def __str__(self) -> str:
        return f"{self.name} (version {self.number})"


class AssetCount(models.Model):
    """How often an asset was fetched on a day (UTC) by browsers of which nothing is known, by whom."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="counts", db_index=False)
    day = models.DateField()
    actor = models.CharField(max_length=8)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["asset", "day", "actor"], name="asset_count_once"),)

    def __str__(self) -> str:
        return f"{self.asset_id} {self.day}: {self.count}"

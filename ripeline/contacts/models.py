"""Views that people keep, and the columns each of them likes to see."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.people.models import User


class Room(models.TextChoices):
    """The lists that can be filtered, kept and arranged."""

    CONTACTS = "contacts", "Contacts"
    COMPANIES = "companies", "Companies"


class SavedView(models.Model):
    """A list as somebody arranged it, under a name: `query` is what follows the ? in its address."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    room = models.CharField(max_length=12, choices=Room, default=Room.CONTACTS)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "room", "name"], name="view_once_per_name"),)
        indexes = (models.Index(fields=["room"], condition=Q(is_shared=True), name="view_shared"),)

    def __str__(self) -> str:
        return self.name


class ColumnChoice(models.Model):
    """The columns somebody sees in a list, by key, in order."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    room = models.CharField(max_length=12, choices=Room)
    columns = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "room"], name="columns_once_per_list"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.room}: {', '.join(self.columns)}"

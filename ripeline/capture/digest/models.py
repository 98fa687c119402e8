"""What events of names of one's own mean (EventName), beside the standard names."""

from __future__ import annotations

from django.db import models

from ripeline.people.models import User


class EventName(models.Model):
    """What an event called `name` is: the kind of touch, its direction, the properties that say what it is about (or
    `about`, always the same) and which is its number. Goes before the standard name that is alike.

    `bare` is the name without case, signs and spaces, by which events are compared.
    """

    bare = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=64)
    direction = models.CharField(max_length=8)
    subject = models.JSONField(default=list)
    about = models.CharField(max_length=200, blank=True)
    value = models.JSONField(default=list)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

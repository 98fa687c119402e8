"""What every process of the site must know for a while: how often somebody tried to sign in.

Django's database cache keeps it in a table, so that a limit holds across server processes and restarts.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import models


class CacheEntry(models.Model):
    """One kept value. The names of columns, and of the table, are those that Django's database cache writes."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "ripeline_cache"

    def __str__(self) -> str:
        return self.cache_key


def forget_expired(now: datetime) -> int:
    """Deletes what has expired of the cache and of the sessions; returns how many rows that were."""
    # Looked at first: a DELETE takes SQLite's write lock even where there is nothing to delete.
    old_entries, old_sessions = (
        CacheEntry.objects.filter(expires__lt=now),
        Session.objects.filter(expire_date__lt=now),
    )
    return sum(old.delete()[0] for old in (old_entries, old_sessions) if old.exists())

"""Which definition is in force."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.db import connection, transaction

from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.people.models import User
from ripeline.timeline.models import PlaybookVersion

STAYS_ACTIVE = "SELECT 1 FROM ripeline_playbookversion WHERE version = %s AND is_active"


class NoPlaybook(LookupError):
    """No definition is active yet: `ripeline migrate` installs the default one."""


def active_playbook() -> Playbook:
    """The definition in force. Raises NoPlaybook where none was ever activated."""
    row = PlaybookVersion.objects.filter(is_active=True).values_list("version", "text").first()
    if row is None:
        raise NoPlaybook("No playbook is active. Run `ripeline migrate`, which installs the default one.")
    return _load(*row)


def playbook_version(version: str) -> Playbook:
    """The definition named by its hash. Raises PlaybookVersion.DoesNotExist."""
    return _load(version, PlaybookVersion.objects.values_list("text", flat=True).get(version=version))


def stays_active(version: str) -> bool:
    """Whether this definition is in force, and stays so until the caller's transaction ends.

    Whoever writes standings asks first: nobody is left standing under a definition that was just replaced.
    """
    sharing = " FOR SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(STAYS_ACTIVE + sharing, [version])
        return cursor.fetchone() is not None


def activate(text: str, *, now: datetime, author: User | None = None, note: str = "") -> Playbook:
    """Puts the playbook written in `text` in force and makes everybody due under it.

    Raises PlaybookMistakes. The same definition again changes nothing.
    """
    playbook = load_playbook(text)
    with transaction.atomic():
        row, _ = PlaybookVersion.objects.get_or_create(
            version=playbook.version,
            defaults={
                "key": playbook.key,
                "title": playbook.title,
                "text": text,
                "author": author,
                "note": note,
                "created_at": now,
            },
        )
        if not row.is_active:
            PlaybookVersion.objects.filter(is_active=True).update(is_active=False)
            PlaybookVersion.objects.filter(pk=row.pk).update(is_active=True, activated_at=now)
            _make_everybody_due(now)
    return playbook


def _make_everybody_due(now: datetime) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Rows taken one after another in no order would meet other writers' in a circle.
            cursor.execute("LOCK TABLE ripeline_reassessment IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            "UPDATE ripeline_reassessment SET due_at = %s, mark = mark + 1, attempts = 0",
            [connection.ops.adapt_datetimefield_value(now)],
        )


@lru_cache(maxsize=16)
def _load(version: str, text: str) -> Playbook:  # noqa: ARG001 - the version names the text in the cache
    return load_playbook(text)

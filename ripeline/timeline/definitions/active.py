"""Which definition is in force."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import User
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import (
    NoPlaybook,
    active_playbook,
    keep_version,
    playbook_version,
    read_new,
)

__all__ = ["NoPlaybook", "activate", "active_playbook", "playbook_version"]


def activate(text: str, *, now: datetime, author: User | None = None, note: str = "") -> Playbook:
    """Puts the playbook written in `text` in force, without any reaction to what that changes.

    For the command line, installations and tests; pages keep and publish. Raises PlaybookMistakes. The same
    definition again changes nothing.
    """
    playbook = read_new(text)
    with transaction.atomic():
        version = keep_version(text, now=now, author=author, note=note)
        publish(version.version, by=author, note=note, now=now)
    return playbook

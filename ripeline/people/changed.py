"""Whom segments must look at again: whoever changes what they ask about notes it in the same transaction.

Touches need no note of their own: each makes its people due, and whoever assesses them notes it then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ripeline.kit.bulk import insert_rows
from ripeline.people.models import ChangedContact


def note_changed(contact_ids: Iterable[int], *, now: datetime) -> None:
    """Notes that these contacts (by id) changed, in the caller's transaction."""
    insert_rows(ChangedContact, ("contact_id", "at"), [(pk, now) for pk in sorted(set(contact_ids))])

"""Writing drafts: begun from a version, saved by whoever saw the latest state, taken back to any state before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from ripeline.lifecycle.playbook import LONGEST_TEXT, say_too_long
from ripeline.people.models import User
from ripeline.playbooks.drafts.models import Draft, DraftSave
from ripeline.timeline.models import PlaybookVersion

KEPT_SAVES = 200


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Nothing was saved: somebody else saved `draft` (as it is now) after the state that was seen."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was saved, and the sentence says why."""

    why: str


class TooLong(ValueError):
    """No draft was begun: its text would be too long. The sentence says how long it may be."""


def start_draft(
    based_on: PlaybookVersion, *, by: User, now: datetime, text: str | None = None, title: str = ""
) -> Draft:
    """A new draft from a version's text, or from `text` where somebody's own must not be lost. Raises TooLong."""
    if text is not None and len(text) > LONGEST_TEXT:
        raise TooLong(say_too_long(text))
    with transaction.atomic():
        draft = Draft.objects.create(
            based_on=based_on,
            title=title[:120] or f"Draft of {based_on.title}"[:120],
            text=based_on.text if text is None else text,
            author=by,
            created_at=now,
            updated_by=by,
            updated_at=now,
        )
        _keep(draft, by=by, now=now, what="Begun")
    return draft


def save_draft(
    draft: Draft, text: str, *, seen: int, by: User, now: datetime, what: str
) -> Draft | Overtaken | Refused:
    """Saves the text over revision `seen`. The same text again is no new revision."""
    text = text.replace("\r\n", "\n").replace("\0", "")
    if len(text) > LONGEST_TEXT:
        return Refused(say_too_long(text))
    if text == draft.text and seen == draft.revision:
        return draft
    with transaction.atomic():
        saved = Draft.objects.filter(pk=draft.pk, revision=seen, discarded_at=None).update(
            text=text, revision=F("revision") + 1, updated_by=by, updated_at=now
        )
        latest = Draft.objects.select_related("based_on", "author", "updated_by").get(pk=draft.pk)
        if saved:
            _keep(latest, by=by, now=now, what=what)
            latest.saves.filter(revision__lte=latest.revision - KEPT_SAVES).delete()
    return latest if saved else Overtaken(latest)


def rename_draft(draft: Draft, *, title: str, note: str) -> None:
    """Gives the draft a name and a note; its text stays."""
    draft.title = title.replace("\0", "").strip()[:120] or draft.title
    draft.note = note.replace("\0", "").strip()[:2000]
    draft.save(update_fields=["title", "note"])


def discard_draft(draft: Draft, *, now: datetime) -> None:
    """Takes a draft off the list; `restore_draft` brings it back."""
    Draft.objects.filter(pk=draft.pk).update(discarded_at=now)


def restore_draft(draft: Draft) -> None:
    """Brings a discarded draft back."""
    Draft.objects.filter(pk=draft.pk).update(discarded_at=None)


def _keep(draft: Draft, *, by: User, now: datetime, what: str) -> None:
    DraftSave.objects.create(
        draft=draft, revision=draft.revision, text=draft.text, by=by, at=now, what=what[:120]
    )

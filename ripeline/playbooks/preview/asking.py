"""Asking for a preview: what can be held beside what, and the row that the worker takes up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from ripeline.kit.numbers import read_number
from ripeline.lifecycle.playbook import Mistake, Playbook
from ripeline.people.models import User
from ripeline.playbooks.drafts.checking import check_text
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.playbooks.preview.passing import outcomes_of
from ripeline.playbooks.shipped import shipped_keys, shipped_playbook
from ripeline.timeline.asof import View
from ripeline.timeline.camps.models import Camp
from ripeline.timeline.models import PlaybookVersion

KEPT: Final = 20
"""So many previews of one person are kept; older ones go."""
OFFERED: Final = 100
"""So many drafts and versions are offered, newest first."""
NO_SUCH: Final = "is not there any more. Choose another one."


@dataclass(frozen=True, slots=True)
class Choice:
    """A definition that can be previewed; `ref` is how an address or a form names it, `exact` how a form does that
    means just what it showed."""

    ref: str
    name: str
    revision: int | None = None

    @property
    def exact(self) -> str:
        return self.ref if self.revision is None else f"{self.ref} at {self.revision}"


@dataclass(frozen=True, slots=True)
class Text:
    """A definition as it is written now. `refused` says why it cannot be replayed, or is empty."""

    ref: str
    name: str
    text: str
    playbook: Playbook | None
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was started; the sentence says why, `mistakes` where the text is wrong."""

    why: str
    mistakes: tuple[Mistake, ...] = ()
    at: Text | None = None


def choices() -> Iterator[tuple[str, tuple[Choice, ...]]]:
    """What can be held beside what, under headings."""
    latest = F("activated_at").desc(nulls_last=True)
    versions = PlaybookVersion.objects.defer("text").order_by("-is_active", latest, "-created_at", "version")
    kept = list(versions[:OFFERED])
    drafts = Draft.objects.filter(discarded_at=None).only("title", "revision").order_by("-updated_at")
    groups = (
        ("In force", [_of_version(row) for row in kept if row.is_active]),
        ("Drafts", [Choice(f"draft {row.pk}", row.title, row.revision) for row in drafts[:OFFERED]]),
        ("Other versions", [_of_version(row) for row in kept if not row.is_active]),
        ("Shipped with Ripeline", [Choice(f"shipped {key}", _shipped_name(key)) for key in shipped_keys()]),
    )
    return ((title, tuple(those)) for title, those in groups if those)


def read_choice(ref: str) -> Text | Refused:
    """The definition a form named; "in force" is the one that counts now."""
    kind, _, name = ref.partition(" ")
    if kind == "draft" and (pk := read_number(name.partition(" at ")[0])):
        return _read_draft(pk, name.partition(" at ")[2])
    if kind == "shipped" and name in shipped_keys():
        return _written(ref, _shipped_name(name), shipped_playbook(name))
    if kind == "version":
        row = PlaybookVersion.objects.filter(version=name).first()
        if row is not None:
            return _written(ref, _of_version(row).name, row.text, is_kept=True)
        return Refused(f"That version {NO_SUCH}")
    if ref == "in force":
        row = PlaybookVersion.objects.filter(is_active=True).first()
        if row is None:
            return Refused("No playbook is in force yet, so there is nothing to compare with.")
        return _written(f"version {row.version}", _of_version(row).name, row.text, is_kept=True)
    return Refused("Choose two definitions from the list.")


def _read_draft(pk: int, revision: str) -> Text | Refused:
    """A draft; where a revision is named, that one."""
    draft = Draft.objects.filter(pk=pk).first()
    if draft is None:
        return Refused(f"That draft {NO_SUCH}")
    if draft.discarded_at is not None:
        return Refused(f"“{draft.title}” was discarded. Bring it back first, or choose another one.")
    if revision and revision != str(draft.revision):
        return Refused(
            f"Somebody saved “{draft.title}” meanwhile. Look at it as it is now, then choose it again."
        )
    return _written(f"draft {pk}", draft.title, draft.text)


def start_preview(
    one_ref: str,
    other_ref: str,
    *,
    outcome: str,
    as_of: datetime,
    by: User,
    now: datetime,
    view: View = "was",
    day: date | None = None,
    beside: bool = False,
) -> PreviewRun | Refused:
    """Asks for a preview, of a past `day` where one is named; one of the same person that is still under way is
    cancelled for it, unless the page of the camps asked for that. With `beside` only one that asks the same of a past
    day is."""
    pair = read_pair(one_ref, other_ref, outcome=outcome, as_of=as_of, now=now)
    if isinstance(pair, Refused):
        return pair
    (one, ours), (other, theirs) = pair
    with transaction.atomic():
        mine = PreviewRun.objects.filter(started_by=by)
        if beside:
            mine = mine.filter(one_ref=one.ref, other_ref=other.ref, day__isnull=False)
        elif camp := Camp.objects.filter(is_running=True).select_related("version").first():
            mine = mine.exclude(other_ref=f"version {camp.version.version}", day__isnull=False)
        cancel_previews(mine, now, note="A newer preview took its place.")
        run = PreviewRun.objects.create(
            one_ref=one.ref,
            one_name=one.name[:200],
            one_version=ours.version,
            one_text=one.text,
            other_ref=other.ref,
            other_name=other.name[:200],
            other_version=theirs.version,
            other_text=other.text,
            outcome=outcome,
            as_of=as_of,
            view=view,
            day=day,
            started_by=by,
            created_at=now,
            due_at=now,
        )
        _forget_old(by)
    return run


def read_pair(
    one_ref: str, other_ref: str, *, outcome: str, as_of: datetime, now: datetime
) -> list[tuple[Text, Playbook]] | Refused:
    """The two definitions named, where a preview of them can be made; nothing is begun."""
    texts = []
    for ref in (one_ref, other_ref):
        text = read_choice(ref)
        if isinstance(text, Refused):
            return text
        if text.playbook is None:
            return _mistaken(text)
        texts.append((text, text.playbook))
    if outcome not in outcomes_of(texts[0][1], texts[1][1]):
        return Refused(
            f"“{outcome[:100]}” is not a signal of both definitions, so it cannot be what they are measured by."
        )
    if as_of > now:
        return Refused("A preview looks back: the day may not lie in the future.")
    return texts


def cancel_previews(runs: QuerySet[PreviewRun], now: datetime, *, note: str = "") -> int:
    """Takes back what is waiting or under way; whoever works at it notices within a second."""
    busy = runs.filter(state__in=(PreviewRun.State.WAITING, PreviewRun.State.RUNNING))
    return busy.update(
        state=PreviewRun.State.CANCELLED,
        due_at=None,
        claimed_by="",
        claimed_until=None,
        finished_at=now,
        note=note,
    )


def _forget_old(by: User) -> None:
    mine = PreviewRun.objects.filter(started_by=by).order_by("-pk").values_list("pk", flat=True)
    PreviewRun.objects.filter(pk__in=list(mine[KEPT : KEPT + 100])).delete()


def _written(ref: str, name: str, text: str, *, is_kept: bool = False) -> Text:
    checked = check_text(text, is_kept=is_kept)
    return Text(ref, name, text, checked.playbook, checked.mistakes)


def _mistaken(text: Text) -> Refused:
    count = len(text.mistakes)
    some, them = ("a mistake", "it") if count == 1 else (f"{count} mistakes", "them")
    return Refused(
        f"“{text.name}” cannot be previewed yet: it has {some}, and with {them} nobody's stage could be told.",
        text.mistakes,
        text,
    )


def _of_version(row: PlaybookVersion) -> Choice:
    return Choice(f"version {row.version}", f"{row.title} ({row.version[:8]})")


def _shipped_name(key: str) -> str:
    playbook = check_text(shipped_playbook(key)).playbook
    return f"{playbook.title if playbook else key} ({key})"

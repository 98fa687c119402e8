"""Making and changing segments, and putting people into lists by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils.text import slugify

from ripeline.kit.bulk import insert_rows
from ripeline.kit.ids import new_key
from ripeline.lifecycle.words import listing
from ripeline.nurture.emails.models import Email
from ripeline.nurture.segments.applying import Why, applying, write_changes
from ripeline.nurture.segments.definition import Group, Known, SegmentIs, asked_segments, parts_of
from ripeline.nurture.segments.graph import asked_by, circle, followers
from ripeline.nurture.segments.models import (
    Segment,
    SegmentChange,
    SegmentEntry,
    SegmentMember,
    SegmentRevision,
)
from ripeline.nurture.segments.reading import DefinitionMistakes, Mistake, read_definition
from ripeline.nurture.segments.terms import read_known
from ripeline.people.changed import note_changed
from ripeline.people.models import Contact, User

LONGEST_KEY = 80
# What addresses of pages use already.
_NOT_KEYS = frozenset({"new", "count"})


@dataclass(frozen=True, slots=True)
class InUse:
    """A segment that cannot be archived: the segments that ask about it, and the emails that show parts by it."""

    by: tuple[Segment | Email, ...]

    @property
    def why(self) -> str:
        """The same as a sentence."""
        asks = "asks" if len(self.by) == 1 else "ask"
        return f"{listing(each.title for each in self.by)} {asks} about it; change that first."


def add_segment(
    title: str,
    definition: Any,
    *,
    by: User | None,
    now: datetime,
    kind: Segment.Kind = Segment.Kind.CONDITIONS,
) -> Segment:
    """A new segment by conditions, worked out as soon as the worker can; or, with no definition, a list. Raises
    DefinitionMistakes."""
    is_list = kind == Segment.Kind.LIST
    with applying():
        key = _free_key(title)
        if not is_list:
            check_definition(definition, key)
        segment = Segment.objects.create(
            key=key,
            title=title,
            kind=kind,
            definition={} if is_list else definition,
            created_at=now,
            created_by=by,
            due_at=now,
            worked_out=0,
        )
        _keep_revision(segment, by, now)
    return segment


def change_definition(segment: Segment, definition: Any, *, by: User | None, now: datetime) -> bool:
    """Lets a segment ask something else from now on; False where it is the same. Raises DefinitionMistakes."""
    with applying():
        segment.refresh_from_db()
        check_definition(definition, segment.key)
        if segment.definition == definition:
            return False
        segment.definition, segment.revision = definition, segment.revision + 1
        segment.save(update_fields=["definition", "revision"])
        _make_due(segment, now)
        _keep_revision(segment, by, now)
    return True


def check_definition(definition: Any, key: str = "") -> Group:
    """What the definition of the segment with this key asks. Raises DefinitionMistakes: of what there is not, and of
    circles, with the way round."""
    known = read_known()
    others = tuple(each for each in known.segments or () if each != key)
    read = read_definition(
        definition, Known(known.stages, known.ratings, known.personas, known.owners, others)
    )
    rows = Segment.objects.filter(archived_at=None).exclude(key=key)
    asks = {each.key: asked_by(each) for each in rows}
    if way := circle(key, asked_segments(read), asks):
        where = next(path for path, leaf in _places(read) if leaf.segment == way[1])
        raise DefinitionMistakes((Mistake(where, f"segments may not ask in a circle: {' asks '.join(way)}"),))
    return read


def rename(segment: Segment, title: str, note: str) -> None:
    """Another title and note; the key stays, since others name it."""
    Segment.objects.filter(pk=segment.pk).update(title=title, note=note)


def archive(segment: Segment, *, now: datetime) -> InUse | None:
    """Takes a segment out of use: it is kept up no more, and nobody counts as in it. Not while others ask about it."""
    with applying():
        if used := uses_of(segment):
            return InUse(used)
        Segment.objects.filter(pk=segment.pk).update(archived_at=now, due_at=None, working_since=None)
    return None


def restore(segment: Segment, *, now: datetime) -> None:
    """Puts a segment back into use; it is worked out anew."""
    with applying():
        Segment.objects.filter(pk=segment.pk).update(archived_at=None)
        _make_due(segment, now)


def uses_of(segment: Segment) -> tuple[Segment | Email, ...]:
    """The segments that ask about one, and the emails in which parts are shown by it."""
    others = Segment.objects.filter(archived_at=None).order_by("title", "pk")
    emails = Email.objects.filter(archived_at=None).select_related("version").order_by("title", "pk")
    return (*followers(others, segment.key), *(each for each in emails if _shows_by(each, segment.key)))


def put_in(
    segment: Segment,
    contact_ids: Collection[int],
    *,
    how: SegmentEntry.How,
    by: User | None,
    now: datetime,
    source: str = "",
) -> set[int]:
    """Puts contacts into a list; returns those who were not in it (of whom was merged, who they are)."""
    with applying():
        known = Contact.objects.filter(pk__in=contact_ids).values_list("pk", "merged_into_id")
        roots = {pk: merged or pk for pk, merged in known}
        columns = ("segment_id", "contact_id", "how", "source", "at", "by_id")
        who = by.pk if by else None
        insert_rows(
            SegmentEntry,
            columns,
            [(segment.pk, pk, how, source, now, who) for pk in sorted(roots)],
            skip_known=True,
        )
        members = SegmentMember.objects.filter(segment=segment, contact__in=set(roots.values()))
        coming = set(roots.values()) - set(members.values_list("contact_id", flat=True))
        write_changes(segment, coming, (), Why(SegmentChange.Cause.BY_HAND, now, segment.revision, who))
        note_changed(coming, now=now)
    return coming


def take_out(segment: Segment, contact_ids: Collection[int], *, by: User | None, now: datetime) -> set[int]:
    """Takes contacts out of a list, and with them all who are one with them; returns those who were in it."""
    with applying():
        theirs = Q(contact__in=contact_ids) | Q(contact__merged_into__in=contact_ids)
        SegmentEntry.objects.filter(theirs, segment=segment).delete()
        members = SegmentMember.objects.filter(segment=segment, contact__in=contact_ids)
        leaving = set(members.values_list("contact_id", flat=True))
        why = Why(SegmentChange.Cause.BY_HAND, now, segment.revision, by.pk if by else None)
        write_changes(segment, (), leaving, why)
        note_changed(leaving, now=now)
    return leaving


def _shows_by(email: Email, key: str) -> bool:
    """Whether a part of an email is for those in a segment, in the draft or in what is sent: as Liquid, or as
    `segment is one, other`."""
    written = json.dumps([email.draft, email.version.content if email.version else None])
    word = rf"(?<![\w-]){re.escape(key)}(?![\w-])"
    return re.search(rf'segments contains \\"{word}|segment is [^"\\]*{word}', written) is not None


def _make_due(segment: Segment, now: datetime) -> None:
    Segment.objects.filter(pk=segment.pk).update(due_at=now, mark=F("mark") + 1, error="", attempts=0)


def _keep_revision(segment: Segment, by: User | None, now: datetime) -> None:
    SegmentRevision.objects.create(
        segment=segment, number=segment.revision, definition=segment.definition, at=now, author=by
    )


def _free_key(title: str) -> str:
    wanted = slugify(title)[: LONGEST_KEY - 9].strip("-") or "segment"
    taken = Segment.objects.filter(key__startswith=wanted).values_list("key", flat=True)
    return wanted if wanted not in {*taken, *_NOT_KEYS} else f"{wanted}-{new_key()[:8]}"


def _places(group: Group, path: str = "") -> list[tuple[str, SegmentIs]]:
    """The conditions about segments with where they stand."""
    word = next(iter(type(group).model_fields))
    found: list[tuple[str, SegmentIs]] = []
    for position, part in enumerate(parts_of(group)):
        where = f"{path}{word}[{position}]"
        if parts_of(part):
            found += _places(part, f"{where}.")
        elif isinstance(part, SegmentIs):
            found.append((f"{where}.segment", part))
    return found

"""Which version an address means, and what is read of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from django.db.models import F, Prefetch, QuerySet
from django.http import Http404

from ripeline.lifecycle.playbook import Mistake, Playbook, PlaybookMistakes, load_kept
from ripeline.playbooks.changes.differing import Change, compare_playbooks
from ripeline.playbooks.changes.lines import DiffLine, compare_lines
from ripeline.timeline.models import PlaybookVersion, Publication

SHORTEST = 8
READ = 32
"""So many texts are not read again at each look at them: a long one takes a second or more."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What changed from one text to another: sentences by part of the playbook, and lines. `mistakes` are why there
    are no sentences: one of the two is no playbook."""

    parts: tuple[tuple[str, tuple[Change, ...]], ...]
    lines: tuple[DiffLine, ...]
    mistakes: tuple[Mistake, ...] = ()

    @property
    def count(self) -> int:
        """How many sentences there are."""
        return sum(len(changes) for _, changes in self.parts)


def find_version(name: str) -> PlaybookVersion:
    """The version whose hash is, or alone begins with, `name`. Raises Http404."""
    found = list(versions().filter(version__startswith=name.lower())[:2]) if len(name) >= SHORTEST else []
    if len(found) != 1:
        raise Http404(
            "No version has this address." if not found else "Several versions begin like this; write more."
        )
    return found[0]


def versions() -> QuerySet[PlaybookVersion]:
    """Versions with their authors and when they were in force, newest first."""
    spans = Publication.objects.select_related("author").order_by("-at", "-pk")
    return (
        PlaybookVersion.objects.select_related("author")
        .prefetch_related(Prefetch("publications", spans, to_attr="spans"))
        # Those never in force come last: unless told so, one database puts them first.
        .order_by("-is_active", F("activated_at").desc(nulls_last=True), "-created_at", "version")
    )


def compare_texts(old: str, new: str) -> Differences:
    """What changed between two texts, as far as they are playbooks."""
    lines = compare_lines(old, new)
    try:
        before, after = _read(old), _read(new)
    except PlaybookMistakes as wrong:
        return Differences((), lines, wrong.mistakes)
    return Differences(by_part(compare_playbooks(before, after)), lines)


def by_part(changes: Sequence[Change]) -> tuple[tuple[str, tuple[Change, ...]], ...]:
    """Changes under the headings of the parts they belong to."""
    return tuple((part, tuple(those)) for part, those in groupby(changes, lambda change: change.part))


def read_or_none(text: str) -> Playbook | None:
    """The playbook, or None where it is none."""
    try:
        return _read(text)
    except PlaybookMistakes:
        return None


@lru_cache(maxsize=READ)
def _read(text: str) -> Playbook:
    return load_kept(text)

"""The sentence of a stored transition, told under the playbook that made it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.explain import say_transition
from ripeline.lifecycle.fold import Transition as Moved
from ripeline.lifecycle.instant import say_day_beside
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.definitions.versions import readable_version
from ripeline.timeline.models import Publication, Transition


class Teller:
    """Says why somebody moved; remembers the playbooks it met, so that a list costs no query a row. Days of another
    year than that of `now` have their year."""

    def __init__(self, playbook: Playbook, now: datetime) -> None:
        self._present = playbook
        self._now = to_instant(now)
        self._known: dict[str, Playbook | None] = {playbook.version: playbook}
        self._publications: dict[int, Publication] = {}

    def say(self, row: Transition) -> str:
        """What a salesperson believes, from the evidence kept with the transition; as it stands in a sentence."""
        cause = None if row.publication_id is None else self._publication(row.publication_id)
        return self.tell(as_moved(row), cause)

    def tell(self, moved: Moved, cause: Publication | None) -> str:
        """The same of a move, which `cause` made where not the person did."""
        playbook = self._playbook(moved.playbook_version)
        if playbook is None:
            # Without its condition the rule is named, which needs no definition.
            playbook, moved = self._present, replace(moved, evidence={**moved.evidence, "condition": None})
        if cause is None:
            return say_transition(playbook, moved, now=self._now)
        return say_by_definition(playbook, moved, cause, now=self._now)

    def _playbook(self, version: str) -> Playbook | None:
        if version not in self._known:
            self._known[version] = readable_version(version)
        return self._known[version]

    def _publication(self, pk: int) -> Publication:
        if pk not in self._publications:
            self._publications[pk] = Publication.objects.get(pk=pk)
        return self._publications[pk]


def say_by_definition(playbook: Playbook, moved: Moved, publication: Publication, *, now: int) -> str:
    """Why somebody stands elsewhere though they did nothing: what they had done before counts differently now.

    "MQL since 10 February because the definition changed on 3 March (forms are worth more); what counts now: the
    score reached 34 of 30 needed: ..."
    """
    title = moved.evidence.get("to_title") or moved.to_stage
    start = title if moved.evidence.get("up", True) else f"back to {title}"
    note = f" ({publication.note.rstrip('.')})" if publication.note else ""
    said = say_transition(playbook, moved, now=now)
    _, because, reasons = said.partition(" because ")
    since, changed = (say_day_beside(at, now) for at in (moved.at, to_instant(publication.at)))
    why = f"the definition changed on {changed}{note}; what counts now: {reasons if because else said}"
    return f"{start} since {since} because {why}"


def as_moved(row: Transition) -> Moved:
    """The lifecycle's view of a stored transition."""
    return Moved(
        person=str(row.contact_id),
        at=to_instant(row.at),
        from_stage=row.from_stage,
        to_stage=row.to_stage,
        cause=row.cause,
        rule=row.rule,
        score=row.score,
        grade=row.grade,
        playbook_version=row.playbook_id,
        evidence=row.evidence,
    )


def as_sentence(said: str) -> str:
    """The same words as a sentence of their own: with a capital and a full stop."""
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")

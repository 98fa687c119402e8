"""What the pages of publishing show: what the last preview said, the history, and whom a publication moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Contact
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.playbooks.preview.words import say_change
from ripeline.timeline.consequences import Consequence
from ripeline.timeline.definitions.versions import active_playbook, readable_version
from ripeline.timeline.models import Publication, Transition
from ripeline.timeline.moved import Move, read_moved
from ripeline.timeline.sentences import Teller, as_sentence
from ripeline.web.words import say_number

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Previewed:
    """What the last preview of just this text said: when, beside what (`is_beside` what is in force now), its address
    and its sentence."""

    key: str
    at: datetime
    beside: str
    is_beside: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody whom a publication moved, from which stage to which, and why."""

    contact: Contact
    before: str
    after: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Page:
    """People whom a publication moved, under the definition before and the one it put in force; `after` is the
    cursor of the next page, None at the end."""

    people: tuple[Moved, ...]
    was: Playbook
    now: Playbook
    after: int | None


def last_preview(version: str, in_force: str) -> Previewed | None:
    """What the last preview of a version said of today, first of all beside what is in force; None where there was
    none. What one of a past day said is not what publishing would do."""
    runs = PreviewRun.objects.filter(other_version=version, state=PreviewRun.State.DONE)
    runs = runs.filter(as_of__gte=F("created_at"))
    runs = runs.defer("one_text", "other_text").order_by("-pk")
    run = runs.filter(one_version=in_force).first() or runs.first()
    if run is None or run.finished_at is None:
        return None
    found = run.result
    said = say_change(found["one"], found["other"], found["differ"], found["people"])
    return Previewed(run.key, run.finished_at, run.one_name, run.one_version == in_force, said)


def publications() -> QuerySet[Publication]:
    """Every publication with its versions and author, newest first."""
    rows = Publication.objects.select_related("version", "previous", "author")
    return rows.defer("version__text", "previous__text").order_by("-at", "-pk")


def say_firing(publication: Publication) -> str:
    """What could follow for those whom the publication moved."""
    labels = ", ".join(each.label for each in Consequence if each.key in publication.reactions)
    if publication.reach != Publication.Reach.ALL or not labels:
        return "Nothing: it was silent"
    if is_cut_short(publication):
        told, people = say_number(publication.swept), say_number(publication.total)
        return f"{labels}: for those it had moved when {told} of {people} people were assessed; then another took over"
    return f"{labels}: for everybody it moved"


def is_cut_short(publication: Publication) -> bool:
    """Whether another definition took over before everybody had been assessed by this one."""
    return not publication.is_in_force and not publication.is_swept


def read_page(publication: Publication, *, after: int) -> Page:
    """The next people whom a publication moved. Seven queries at most, however many there are."""
    moves, cursor = read_moved(publication, after=after, limit=PER_PAGE)
    # Of what an earlier release wrote and this one cannot read, the stages are shown by their keys.
    now = readable_version(publication.version_id) or active_playbook()
    was = now if publication.previous_id is None else readable_version(publication.previous_id) or now
    return Page(tuple(_people(moves, was, now, at=publication.at)), was, now, cursor)


def _people(moves: Sequence[Move], was: Playbook, now: Playbook, *, at: datetime) -> list[Moved]:
    people = Contact.objects.select_related("company", "owner").in_bulk([it.contact_id for it in moves])
    rows = Transition.objects.in_bulk([it.row for it in moves if it.row is not None])
    teller = Teller(now, at)
    titles = {stage.key: stage.title for stage in was.stages}
    return [
        Moved(
            people[move.contact_id],
            move.before,
            move.after,
            as_sentence(teller.say(rows[move.row]))
            if move.row in rows
            else f"What had made them {titles.get(move.before, move.before)} does not count any more.",
        )
        for move in moves
        if move.contact_id in people
    ]

"""The one door into the touch log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import NamedTuple

from django.db import connection, transaction

from ripeline.kit.bulk import insert_rows
from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.instant import FIRST_INSTANT
from ripeline.lifecycle.touch import Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.timeline.camps.models import CampStanding, CampVerdict
from ripeline.timeline.heat import NO_HEAT
from ripeline.timeline.identities.living import (
    Home,
    MergedMeanwhile,
    again_if_merged,
    hold_homes,
    homes_by_id,
    homes_by_key,
)
from ripeline.timeline.models import Reassessment, SavedFold, Standing, Touch

# Rows per statement and per transaction: below SQLite's limit on variables, and short enough not to hold its lock.
CHUNK = 1000
_STANDING_COLUMNS = ("contact_id", "stage", "score", "heat", "status", "suspended")

_MARK_COLUMNS = ("contact_id", "due_at", "since", "mark", "claimed_by", "attempts", "error")

# In the statement that inserts, so that a mark raised while a worker finishes is either seen by it or comes after it.
MARK_AGAIN = """
ON CONFLICT (contact_id) DO UPDATE SET
    mark = ripeline_reassessment.mark + 1,
    attempts = 0,
    due_at = CASE
        WHEN ripeline_reassessment.due_at < excluded.due_at THEN ripeline_reassessment.due_at
        ELSE excluded.due_at
    END,
    since = CASE
        WHEN ripeline_reassessment.since < excluded.since THEN ripeline_reassessment.since
        ELSE excluded.since
    END
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the touches given: `new` were added, `known` were there already, and those of people
    nobody knows were refused (`strangers`: their person keys, in order of appearance). `added` are the ids of
    the new."""

    new: int
    known: int
    strangers: tuple[str, ...]
    added: frozenset[str] = frozenset()


def record(
    touches: Sequence[Fact],
    *,
    now: datetime,
    heard: Mapping[str, datetime] | None = None,
    contacts: Mapping[str, int] | None = None,
) -> Recorded:
    """Adds touches to the log, once by id, and marks their people due; all that was accepted is on disk on return.

    `Touch.person` is a contact's key; one that was merged counts as the contact it lives on as, and remains the
    touch's home. `heard` gives, by touch id, when we heard of it where that is not `now`
    (a history brought in with its own dates of receipt); `contacts` the ids by key of all these people, where the
    caller knows them and holds them, none merged. Within a chunk of 1,000 either everything counts or
    nothing; the same touches given again change nothing.
    """
    known, added, strangers = 0, set[str](), dict[str, None]()
    for chunk in _chunks(touches):
        # No savepoint: inside a caller's transaction one makes each SQLite insert dearer the more came before it.
        with transaction.atomic(savepoint=False):
            people = _homes({touch.person for touch in chunk}, contacts)
            ours = [touch for touch in chunk if touch.person in people]
            if len(ours) < len(chunk):
                strangers.update(dict.fromkeys(touch.person for touch in chunk if touch.person not in people))
            lines = [Line(touch, people[touch.person]) for touch in ours]
            fresh, gone = _write(lines, now=now, heard=heard or {})
            if gone:
                ours = [touch for touch in ours if people[touch.person].pk not in gone]
                strangers.update(dict.fromkeys(key for key, home in people.items() if home.pk in gone))
        added |= fresh
        known += len(ours) - len(fresh)
    return Recorded(len(added), known, tuple(strangers), frozenset(added))


def mark_due(due: Mapping[int, datetime], *, since: Mapping[int, int] | None = None) -> None:
    """Makes contacts (by id) due for reassessment at a moment, or earlier if they were due earlier already.

    `since` gives the earliest instant (microseconds) that anything new in their log is about; of those it does not
    name anything may have changed, and their log is folded from its beginning.
    """
    earliest = since or {}
    # In order of id, so that two writers never wait for each other in a circle.
    marks = [(pk, at, earliest.get(pk, FIRST_INSTANT), 1, "", 0, "") for pk, at in sorted(due.items())]
    insert_rows(Reassessment, _MARK_COLUMNS, marks, on_conflict=MARK_AGAIN)


def mark_withdrawn(contact_ids: Iterable[int], *, now: datetime) -> None:
    """Notes of contacts who are marked due that something was taken out of their log: what is true instead is known
    from now on, though nothing new was heard."""
    Reassessment.objects.filter(pk__in=sorted(contact_ids)).update(withdrawn_at=now)


def _chunks(touches: Sequence[Fact]) -> Iterator[Sequence[Fact]]:
    for start in range(0, len(touches), CHUNK):
        yield touches[start : start + CHUNK]


def _homes(keys: set[str], contacts: Mapping[str, int] | None) -> Mapping[str, Home]:
    if contacts is None:
        return homes_by_key(keys)
    return {key: Home(contacts[key], contacts[key], None) for key in keys if key in contacts}


@dataclass(frozen=True, slots=True)
class Line:
    """A touch that is to be written, and whose it is: of the contact whose `home` this is, and made on the browser
    `visitor` (by id). With `is_of_visitor` the browser is its home, and `home` only says who used it then, if we know.
    """

    fact: Fact
    home: Home | None
    visitor: int | None = None
    is_of_visitor: bool = False


def write_lines(lines: Sequence[Line], *, now: datetime, heard: Mapping[str, datetime]) -> set[str]:
    """Writes what the log does not have yet and marks its people due, in the caller's transaction; the ids of that."""
    added, _ = _write(lines, now=now, heard=heard)
    return added


def _write(
    lines: Sequence[Line], *, now: datetime, heard: Mapping[str, datetime]
) -> tuple[set[str], set[int]]:
    """As `write_lines`; and which homes were removed meanwhile, so that nothing was written of them."""
    if connection.vendor != "postgresql":
        return _write_once(lines, now=now, heard=heard), set()

    turns = count()

    def write() -> tuple[set[str], set[int]]:
        written = _homed(lines) if next(turns) else lines
        return _keep_living(written, _write_once(written, now=now, heard=heard))

    return again_if_merged(write)


def _homed(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines with everybody as they are by now; those who were removed as they were."""
    homes = homes_by_id({line.home.pk for line in lines if line.home})
    return [_rehome(line, homes.get(line.home.pk)) if line.home else line for line in lines]


def _rehome(line: Line, home: Home | None) -> Line:
    if home is None or line.home is None or home.contact == line.home.contact:
        return line
    since = max((at for at in (home.since, line.home.since) if at), default=None)
    return replace(line, home=home._replace(since=since))


def _write_once(lines: Sequence[Line], *, now: datetime, heard: Mapping[str, datetime]) -> set[str]:
    first_wins = {line.fact.id: line for line in reversed(lines)}
    # In order of id, and the log itself says what was new to it: so it is with two writers at once.
    rows = [_row(first_wins[uid], heard.get(uid, now)) for uid in sorted(first_wins)]
    added = set(insert_rows(Touch, _Row._fields, rows, skip_known=True, returning="uid"))
    _make_due([row for row in rows if row.uid in added], now)
    return added


def _keep_living(lines: Sequence[Line], added: set[str]) -> tuple[set[str], set[int]]:
    """What of the touches just written stays, since their people are there, and the homes that are not.

    Raises MergedMeanwhile where somebody is another by now. Whoever merges makes all concerned due first, as we just
    did: one of us waited there for the other, so either they saw our touches, or we see what they did. Only after the
    places in the queue are people held: whoever removes some takes those first (`gateway.imports.holding`).
    """
    first_wins = {line.fact.id: line for line in reversed(lines)}
    fresh = [first_wins[uid] for uid in sorted(added)]
    homes = hold_homes({line.home.pk for line in fresh if line.home})
    if any(
        homes[line.home.pk].contact != line.home.contact
        for line in fresh
        if line.home and line.home.pk in homes
    ):
        raise MergedMeanwhile
    lost = [line for line in fresh if line.home and line.home.pk not in homes]
    return added - _forget_lost(lost), {line.home.pk for line in lost if line.home}


class _Row(NamedTuple):
    """A line of the log as it is written."""

    uid: str
    contact_id: int | None
    at: datetime
    received_at: datetime
    kind: str
    direction: str
    actor: str
    subject: str | None
    value: float | None
    attrs: Mapping[str, Scalar]
    visitor_id: int | None
    home_id: int | None
    known_at: datetime | None


def _row(line: Line, received_at: datetime) -> _Row:
    touch, home = line.fact, line.home
    since = home.since if home else None
    return _Row(
        uid=touch.id,
        contact_id=home.contact if home else None,
        at=to_datetime(touch.at),
        received_at=received_at,
        kind=touch.kind,
        direction=touch.direction,
        actor=touch.actor,
        subject=touch.subject,
        value=touch.value,
        attrs=dict(touch.attrs),
        visitor_id=line.visitor,
        home_id=_home_column(line, home),
        known_at=since if since and since > received_at else None,
    )


def _home_column(line: Line, home: Home | None) -> int | None:
    """What is kept of a touch's home: see `Touch`."""
    if home is None or line.is_of_visitor or (line.visitor is None and home.pk == home.contact):
        return None
    return home.pk


def _make_due(rows: Sequence[_Row], now: datetime) -> None:
    due: dict[int, datetime] = {}
    since: dict[int, int] = {}
    for row in rows:
        if row.contact_id is None:
            continue
        # A touch dated in the future counts when its time comes.
        when, at = max(row.at, now), to_instant(row.at)
        due[row.contact_id] = min(due.get(row.contact_id, when), when)
        since[row.contact_id] = min(since.get(row.contact_id, at), at)
    # First, as all do: who holds somebody's place in the queue may write what stands of them.
    mark_due(due, since=since)
    give_standing(due)


def _forget_lost(lines: Sequence[Line]) -> set[str]:
    """Takes back what was just written of people who were removed since we looked; the ids of what went.

    What was made on a browser stays with the browser, as of nobody we know.
    """
    if not lines:
        return set()
    browsers = [line.fact.id for line in lines if line.is_of_visitor]
    Touch.objects.filter(uid__in=browsers).update(contact=None)
    gone = {line.fact.id for line in lines if not line.is_of_visitor}
    Touch.objects.filter(uid__in=gone).delete()
    people = {line.home.contact for line in lines if line.home}
    forget_standing(people - homes_by_id(people).keys())
    return gone


def give_standing(contact_ids: Iterable[int]) -> None:
    """Puts contacts in the lists who are in none yet; where they stand is found at their first assessment."""
    standings = [(pk, "", 0.0, NO_HEAT, "active", False) for pk in sorted(contact_ids)]
    insert_rows(Standing, _STANDING_COLUMNS, standings, skip_known=True)


def forget_standing(contact_ids: Iterable[int]) -> None:
    """Takes contacts that were merged out of the queue, and what was found of them out of the lists."""
    pks = sorted(contact_ids)
    for model in (CampVerdict, CampStanding, SavedFold, Standing, Reassessment):
        model._default_manager.filter(contact__in=pks).delete()

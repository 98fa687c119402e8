"""How many people stood where at a past moment as we knew it then, and how they had moved until then.

The same numbers as `flows`, out of what stood in our books at the moment: moves that we heard of later, or that were
put right since, are as they were to us. It is asked of everybody one by one, so it costs more than the present.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection

from ripeline.insights.period import Step
from ripeline.timeline.asof import AsOf
from ripeline.timeline.past import first_touch_then, holds_then, last_move_then

Row = tuple[str, int, str, str, int]
"""What is counted (now, moved, came), in which step, from which stage, to which, and how many people."""


def read_known(steps: Sequence[Step], *, stages: Sequence[str], owner: int | None, as_of: AsOf) -> list[Row]:
    """The counts as `flows` takes them, read in one statement. `stages` are those of the definition of then."""
    counts: Counter[tuple[str, int, str, str]] = Counter()
    begins = [step.since for step in steps]
    for what, origin, target, at, people in _ask(steps, stages[0], owner, as_of):
        step = -1 if at is None else bisect_right(begins, _moment(at)) - 1
        counts[what, step, origin, target] += people
    return [(*key, people) for key, people in counts.items()]


def _ask(
    steps: Sequence[Step], first_stage: str, owner: int | None, as_of: AsOf
) -> list[tuple[str, str, str, datetime | str | None, int]]:
    """Who stood where, and each move and each arrival since the first step began: to compare each of them with each
    step would cost the database more than to hand them over."""
    last, when_moved = last_move_then(as_of, "c.id", "m.to_stage")
    first, when_heard = first_touch_then(as_of, "c.id")
    holds, when_held = holds_then(as_of, "t")
    mine, owners = ("", []) if owner is None else (" WHERE c.owner_id = %s", [owner])
    movers = "" if owner is None else " JOIN known c ON c.id = t.contact_id"
    question = (
        f"WITH known AS MATERIALIZED (SELECT c.id AS id, {first} AS came FROM ripeline_contact c{mine})"  # noqa: S608
        f" SELECT 'now', COALESCE({last}, %s) AS stage, '', NULL AS at, count(*) FROM known c"
        " WHERE c.came IS NOT NULL GROUP BY stage"
        f" UNION ALL SELECT 'moved', t.from_stage, t.to_stage, t.at, 1 FROM ripeline_transition t{movers}"
        f" WHERE {holds} AND t.at >= %s"
        " UNION ALL SELECT 'came', '', '', c.came, 1 FROM known c WHERE c.came >= %s"
    )
    since = steps[0].since
    given: list[int | str | datetime] = [
        *when_heard,
        *owners,
        *when_moved,
        first_stage,
        *when_held,
        since,
        since,
    ]
    with connection.cursor() as cursor:
        cursor.execute(question, [_stored(value) for value in given])
        return list(cursor.fetchall())


def _stored(value: int | str | datetime) -> int | str | datetime | None:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _moment(value: datetime | str) -> datetime:
    """SQLite keeps moments as text, in UTC and without saying so."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)

"""How many people stood where at a past moment as we knew it then, and how they had moved until then.

The same numbers as `flows`, out of what stood in our books at the moment: moves that we heard of later, or that were
put right since, are as they were to us. It is asked of everybody one by one, so it costs more than the present.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from ripeline.insights.period import Step
from ripeline.timeline.asof import AsOf
from ripeline.timeline.past import first_touch_then, holds_then, last_move_then

Row = tuple[str, int, str, str, int]
"""What is counted (now, moved, came), in which step, from which stage, to which, and how many people."""


def read_known(steps: Sequence[Step], *, stages: Sequence[str], owner: int | None, as_of: AsOf) -> list[Row]:
    """The counts as `flows` takes them, in one statement. `stages` are those of the definition of then."""
    last, when_moved = last_move_then(as_of, "c.id", "m.to_stage")
    first, when_heard = first_touch_then(as_of, "c.id")
    holds, when_held = holds_then(as_of, "t")
    places = ", ".join(["(%s, %s, %s)"] * len(steps))
    mine, owners = ("", []) if owner is None else (" WHERE c.owner_id = %s", [owner])
    question = (
        f"WITH steps(number, since, until) AS (VALUES {places}),"  # noqa: S608 - names of ours and placeholders
        f" known AS MATERIALIZED (SELECT c.id AS id, {first} AS came FROM ripeline_contact c{mine})"
        f" SELECT 'now', -1, COALESCE({last}, %s) AS stage, '', count(*) FROM known c"
        " WHERE c.came IS NOT NULL GROUP BY stage"
        " UNION ALL SELECT 'moved', p.number, t.from_stage, t.to_stage, count(*)"
        " FROM known c JOIN ripeline_transition t ON t.contact_id = c.id"
        " JOIN steps p ON t.at >= p.since AND t.at < p.until"
        f" WHERE {holds} GROUP BY p.number, t.from_stage, t.to_stage"
        " UNION ALL SELECT 'came', p.number, '', '', count(*) FROM steps p"
        " JOIN known c ON c.came >= p.since AND c.came < p.until GROUP BY p.number"
    )
    spans = [value for number, step in enumerate(steps) for value in (number, step.since, step.until)]
    given: list[int | str | datetime] = [*spans, *when_heard, *owners, *when_moved, stages[0], *when_held]
    with connection.cursor() as cursor:
        cursor.execute(question, [_stored(value) for value in given])
        return list(cursor.fetchall())


def _stored(value: int | str | datetime) -> int | str | datetime | None:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value

"""How many people stood where at a past moment as we knew it then, and how they had moved until then.

The same numbers as `flows`, out of what stood in our books at the moment: moves that we heard of later, or that were
put right since, are as they were to us. It is asked of everybody one by one, so it costs more than the present.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from ripeline.insights.counted import Counts, tally
from ripeline.insights.period import Step
from ripeline.timeline.asof import AsOf
from ripeline.timeline.past import first_touch_then, last_move_then, tells_then


def read_known(steps: Sequence[Step], *, stages: Sequence[str], owner: int | None, as_of: AsOf) -> Counts:
    """The counts as `flows` takes them, read in one statement. `stages` are those of the definition of then.

    Each move and each arrival is handed over: to compare each with each step would cost the database more.
    """
    last, when_moved = last_move_then(as_of, "c.id", "m.to_stage")
    first, when_heard = first_touch_then(as_of, "c.id")
    tells, when_told = tells_then(as_of, "t")
    mine, owners = ("", []) if owner is None else (" WHERE c.owner_id = %s", [owner])
    question = (
        f"WITH known AS MATERIALIZED (SELECT c.id AS id, {first} AS came FROM ripeline_contact c{mine})"  # noqa: S608
        f" SELECT 'now', COALESCE({last}, %s) AS stage, '', CASE WHEN c.came >= %s THEN c.came END AS at,"
        " count(*) FROM known c WHERE c.came IS NOT NULL GROUP BY stage, at"
        " UNION ALL SELECT 'moved', t.from_stage, t.to_stage, t.at, 1"
        " FROM ripeline_transition t JOIN known c ON c.id = t.contact_id"
        f" WHERE c.came IS NOT NULL AND t.at >= %s AND {tells}"
    )
    since = steps[0].since
    given: list[int | str | datetime] = [
        *when_heard,
        *owners,
        *when_moved,
        stages[0],
        since,
        since,
        *when_told,
    ]
    with connection.cursor() as cursor:
        cursor.execute(question, [_stored(value) for value in given])
        return tally(cursor.fetchall(), steps, stages)


def _stored(value: int | str | datetime) -> int | str | datetime | None:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value

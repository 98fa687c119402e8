"""From what a segment asks to the one statement that finds everybody in it, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ripeline.kit.sql import Sql, Value, is_sqlite, joined, one_of
from ripeline.nurture.segments import definition as d
from ripeline.nurture.segments.checks import or_null, row_checks, score_checks
from ripeline.nurture.segments.pieces import Find, Piece, either, every, neither, select
from ripeline.nurture.segments.testing import json_passes, like
from ripeline.people.consent import BY_MAIL


@dataclass(frozen=True, slots=True)
class Terms:
    """What a definition is asked under: the moment, how scores fade and the most that is shown, segments and colleagues
    by what definitions call them."""

    now: datetime
    half_life: int | None = None
    most: float | None = None
    segments: Mapping[str, int] = field(default_factory=dict)
    owners: Mapping[str, int] = field(default_factory=dict)


def compile(definition: d.Group, terms: Terms, *, within: Sql | None = None) -> tuple[str, tuple[Value, ...]]:
    """The statement that finds everybody who fulfils a definition, as a select of `id`, and its parameters."""
    found = find(definition, terms, within=within)
    return found.text, found.params


def find(condition: Any, terms: Terms, *, within: Sql | None = None) -> Sql:
    """The same as `Sql`; of one condition as well; with a select of ids only of those among them."""
    return select(piece_of(condition, terms), within)


def these(ids: Iterable[int]) -> Sql:
    """A select of these ids, however many, as one parameter."""
    said = ",".join(map(str, sorted(set(ids))))
    if is_sqlite():
        return Sql("SELECT value FROM json_each(%s)", (f"[{said}]",))
    return Sql("SELECT unnest(%s::bigint[])", (f"{{{said}}}",))


def piece_of(condition: Any, terms: Terms) -> Piece:
    """A condition or a group as a piece of a statement."""
    if isinstance(condition, d.AllOf):
        return every([piece_of(part, terms) for part in condition.all])
    if isinstance(condition, d.AnyOf):
        return either([piece_of(part, terms) for part in condition.any])
    if isinstance(condition, d.NoneOf):
        return neither([piece_of(part, terms) for part in condition.none])
    return _leaf(condition, terms)


def _leaf(condition: Any, terms: Terms) -> Piece:
    match condition:
        case d.ScoreIs(score=asked):
            return Piece(
                checks=score_checks(
                    asked.gte, asked.lt, now=terms.now, half_life=terms.half_life, most=terms.most
                )
            )
        case d.OwnerIs(owner=names):
            ids = [terms.owners.get(each.lower(), 0) for each in names if each != d.NONE]
            return Piece(checks=(or_null("c.owner_id", ids, d.NONE in names),))
        case d.TouchIs(touch=touches):
            return Piece(sets=(_toucher(touches, terms.now),))
        case d.ConsentIs():
            return _consent(condition, terms)
        case d.SegmentIs(segment=key):
            return Piece(sets=(members_of(terms.segments.get(key, 0)),))
    return Piece(checks=row_checks(condition))


def _toucher(touches: d.Touches, now: datetime) -> Find:
    def find(within: Sql | None) -> Sql:
        where = touch_checks(touches, now)
        # Touches of browsers nobody is known to use are nobody's.
        where.append(
            Sql(f"t.contact_id IN ({within.text})", within.params)
            if within
            else Sql("t.contact_id IS NOT NULL")
        )
        checks = joined(" AND ", where)
        having = Sql(" HAVING COUNT(*) >= %s", (touches.count,)) if touches.count > 1 else Sql("")
        return Sql(
            f"SELECT t.contact_id AS id FROM ripeline_touch t WHERE {checks.text}"  # noqa: S608
            f" GROUP BY t.contact_id{having.text}",
            (*checks.params, *having.params),
        )

    return find


def touch_checks(touches: d.Touches, now: datetime) -> list[Sql]:
    """What a touch must pass to count, over the alias t. One dated in the future counts when its time comes."""
    found = [] if touches.kind is None else [one_of("t.kind", touches.kind)]
    found.append(one_of("t.actor", touches.actor))
    if touches.within is not None:
        found.append(Sql("t.at > %s", (now - timedelta(microseconds=touches.within),)))
    found.append(Sql("t.at <= %s", (now,)))
    if touches.subject is not None:
        ways = joined(" OR ", [like("t.subject", pattern) for pattern in touches.subject])
        found.append(Sql(f"({ways.text})", ways.params))
    return [*found, *(json_passes("t.attrs", name, test) for name, test in touches.attrs.items())]


def _consent(condition: d.ConsentIs, terms: Terms) -> Piece:
    purpose = condition.consent

    def said(state: str) -> Find:
        return lambda within: _last_word(purpose, state, terms.now, within)

    if condition.is_ == "unknown":
        return Piece(without=(said(""),))
    found = Piece(sets=(said(condition.is_),))
    if condition.is_ == "given" and purpose in BY_MAIL:
        closed = (
            "NOT EXISTS (SELECT 1 FROM ripeline_suppression u WHERE u.address = c.email"
            " AND c.email <> '' AND u.purpose IN ('', %s))"
        )
        return every([found, Piece(checks=(Sql(closed, (purpose,)),))])
    return found


def members_of(segment: int) -> Find:
    """Who is in a segment, by its id."""

    def find(within: Sql | None) -> Sql:
        among = Sql(f" AND m.contact_id IN ({within.text})", within.params) if within else Sql("")
        return Sql(
            "SELECT m.contact_id AS id FROM ripeline_segmentmember m"  # noqa: S608
            " JOIN ripeline_contact l ON l.id = m.contact_id AND l.merged_into_id IS NULL"
            f" WHERE m.segment_id = %s{among.text}",
            (segment, *among.params),
        )

    return find


def entries_of(segment: int) -> Find:
    """Who was put into a list by hand, as they are by now."""

    def find(within: Sql | None) -> Sql:
        root = "COALESCE(h.merged_into_id, h.id)"
        among = Sql(f" AND {root} IN ({within.text})", within.params) if within else Sql("")
        return Sql(
            f"SELECT DISTINCT {root} AS id FROM ripeline_segmententry e"  # noqa: S608
            f" JOIN ripeline_contact h ON h.id = e.contact_id WHERE e.segment_id = %s{among.text}",
            (segment, *among.params),
        )

    return find


def _last_word(purpose: str, state: str, now: datetime, within: Sql | None) -> Sql:
    """Who said so last of a purpose, of all who are one contact; with no state, who said anything that counts."""
    root = "COALESCE(h.merged_into_id, h.id)"
    among = Sql(f" AND {root} IN ({within.text})", within.params) if within else Sql("")
    rows = (
        f"SELECT {root} AS id, k.state AS state,"  # noqa: S608
        f" ROW_NUMBER() OVER (PARTITION BY {root} ORDER BY k.at DESC, k.id DESC) AS place"
        " FROM ripeline_consent k JOIN ripeline_contact h ON h.id = k.contact_id"
        f" WHERE k.purpose = %s AND k.state <> 'asked' AND k.at <= %s{among.text}"
    )
    chosen = Sql(" AND w.state = %s", (state,)) if state else Sql("")
    return Sql(
        f"SELECT w.id AS id FROM ({rows}) w WHERE w.place = 1{chosen.text}",  # noqa: S608
        (purpose, now, *among.params, *chosen.params),
    )

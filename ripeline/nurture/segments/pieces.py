"""How conditions become one statement: each is a check of a contact's own row, or a set of contacts to be found.

Checks narrow what the sets look at: of 20 million touches only those of the people who pass the checks are counted, and
the database chooses whether to look them up person by person or to go through all of them once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ripeline.kit.sql import Sql, is_sqlite, joined

Find = Callable[[Sql | None], Sql]
"""A select of the ids (as `id`, each once) of a set of living contacts; given a select of ids, only of those there."""

# The aliases that checks speak of: c the contact, s their standing, which everybody alive has.
_EVERYBODY = (
    "SELECT c.id AS id FROM ripeline_contact c JOIN ripeline_standing s ON s.contact_id = c.id"
    " WHERE c.merged_into_id IS NULL"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Everything of it must hold: the checks (never null), being in the sets, being in none of `without`."""

    checks: tuple[Sql, ...] = ()
    sets: tuple[Find, ...] = ()
    without: tuple[Find, ...] = ()

    @property
    def is_check(self) -> bool:
        """Whether a look at the contact's own row is enough."""
        return not self.sets and not self.without


def every(pieces: Sequence[Piece]) -> Piece:
    """What all of the pieces ask."""
    return Piece(
        tuple(check for piece in pieces for check in piece.checks),
        tuple(find for piece in pieces for find in piece.sets),
        tuple(find for piece in pieces for find in piece.without),
    )


def either(pieces: Sequence[Piece]) -> Piece:
    """What at least one of the pieces asks."""
    if all(piece.is_check for piece in pieces):
        found = joined(" OR ", [_in_brackets(piece) for piece in pieces])
        return Piece(checks=(Sql(f"({found.text})", found.params),))
    # One look at all contacts does for all that such a look can answer.
    checks = [piece for piece in pieces if piece.is_check]
    rest = [piece for piece in pieces if not piece.is_check]
    ways = [*([either(checks)] if checks else []), *rest]

    def find(within: Sql | None) -> Sql:
        return joined(" UNION ", [select(way, within) for way in ways])

    return Piece(sets=(find,))


def neither(pieces: Sequence[Piece]) -> Piece:
    """What holds where none of the pieces does."""
    checks = [_in_brackets(piece) for piece in pieces if piece.is_check]
    return Piece(
        checks=tuple(Sql(f"NOT {each.text}", each.params) for each in checks),
        without=tuple(_finder(piece) for piece in pieces if not piece.is_check),
    )


def select(piece: Piece, within: Sql | None) -> Sql:
    """A select of the ids of everybody for whom the piece holds; given a select of ids, of those among them."""
    if not piece.sets:
        found = _everybody(piece.checks, within)
        return _leave_out(found, piece.without, within) if piece.without else found
    inner = _everybody(piece.checks, within) if piece.checks else within
    first, *others = piece.sets
    found = first(inner)
    if not others and not piece.without:
        return found
    parts = [find(inner) for find in others]
    checks = [Sql(f"x.id IN ({part.text})", part.params) for part in parts]
    where = joined(" AND ", checks) if checks else Sql("1 = 1")
    found = Sql(
        f"SELECT x.id AS id FROM ({found.text}) x WHERE {where.text}",  # noqa: S608 - names of ours
        (*found.params, *where.params),
    )
    return _leave_out(found, piece.without, inner) if piece.without else found


def _leave_out(found: Sql, without: Sequence[Find], within: Sql | None) -> Sql:
    parts = [find(within) for find in without]
    if is_sqlite():
        # Worked out once; what is set against each row singly would be worked out for each.
        checks = [Sql(f"y.id NOT IN ({part.text})", part.params) for part in parts]
    else:
        # So PostgreSQL may join, however many there are; NOT IN it cannot once they do not fit its memory.
        checks = [
            Sql(f"NOT EXISTS (SELECT 1 FROM ({part.text}) z WHERE z.id = y.id)", part.params)  # noqa: S608
            for part in parts
        ]
    where = joined(" AND ", checks)
    return Sql(
        f"SELECT y.id AS id FROM ({found.text}) y WHERE {where.text}",  # noqa: S608
        (*found.params, *where.params),
    )


def _everybody(checks: Sequence[Sql], within: Sql | None) -> Sql:
    parts = [*checks, *([Sql(f"c.id IN ({within.text})", within.params)] if within else [])]
    where = joined("", [Sql(f" AND {part.text}", part.params) for part in parts])
    return Sql(f"{_EVERYBODY}{where.text}", where.params)


def _finder(piece: Piece) -> Find:
    return lambda within: select(piece, within)


def _in_brackets(piece: Piece) -> Sql:
    found = joined(" AND ", piece.checks or (Sql("1 = 1"),))
    return Sql(f"({found.text})", found.params)

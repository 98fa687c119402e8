"""Where people stood at a moment of the past, out of what is stored: for lists and counts of many.

A moment is asked for in one of two meanings (`AsOf.view`):

- `known`: what stood in our books then, by the definition in force then. A transition counts from `known_at` until
  it was superseded: what we heard of later, and what we later found to be wrong, is as it was to us.
- `was`: what had happened by then, by all we know today and by the definition in force today.

Whoever was known and had not moved stood in the first stage. The pieces of SQL have `%s` for each parameter and are
about the contact whose id is the expression given, which is a name of ours, never input.
"""

from __future__ import annotations

from datetime import datetime

from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.versions import active_playbook, readable_version
from ripeline.timeline.models import Publication, Transition

Piece = tuple[str, tuple[datetime, ...]]
"""A piece of SQL and its parameters."""


def playbook_as_of(as_of: AsOf) -> Playbook:
    """The definition people are judged by in this view: that of today, or for what was known the one in force then.

    That of today stands in for one that this release cannot read any more. Before anything was published people are
    judged by what was published first. Raises NoPlaybook.
    """
    if as_of.is_now or as_of.view == "was":
        return active_playbook()
    then = Publication.objects.filter(at__lte=as_of.at).order_by("-at", "-pk").values_list("version_id")
    first = Publication.objects.order_by("at", "pk").values_list("version_id")
    found = then.first() or first.first()
    return (None if found is None else readable_version(found[0])) or active_playbook()


def holds_then(as_of: AsOf, alias: str) -> Piece:
    """Whether the transition called `alias` counts at the moment."""
    at = as_of.at
    if as_of.view == "was":
        return f"{alias}.superseded_at IS NULL AND {alias}.at <= %s", (at,)
    until = f"({alias}.superseded_at IS NULL OR {alias}.superseded_at > %s)"
    return f"{alias}.known_at <= %s AND {until}", (at, at)


def last_move_then(as_of: AsOf, contact: str, wanted: str) -> Piece:
    """`wanted` (over the alias m) of the contact's last transition that counts at the moment; null where none does.

    Where the record was put right since, what it said before comes first: it was what we held for true.
    """
    holds, params = holds_then(as_of, "m")
    order = "m.position DESC, m.id DESC"
    if as_of.view == "known":
        order = f"(m.superseded_at IS NULL), m.superseded_at, {order}"
    rows = f"ripeline_transition m WHERE m.contact_id = {contact} AND {holds}"
    return f"(SELECT {wanted} FROM {rows} ORDER BY {order} LIMIT 1)", params  # noqa: S608 - names of ours


def moves_known(contact_id: int, at: datetime) -> list[Transition]:
    """The contact's transitions as they stood in our books at a moment, in order; the last is `last_move_then`."""
    rows = Transition.objects.filter(contact_id=contact_id, known_at__lte=at).exclude(superseded_at__lte=at)
    rows = rows.select_related("publication__version", "publication__previous", "publication__author")
    first_said = sorted(
        rows, key=lambda row: (row.superseded_at is None, row.superseded_at or at, -row.position, -row.pk)
    )
    found: dict[int, Transition] = {}
    for row in first_said:
        if row.position <= first_said[0].position:
            found.setdefault(row.position, row)
    return [found[position] for position in sorted(found)]


def tells_then(as_of: AsOf, alias: str) -> Piece:
    """Whether the transition called `alias` is among its contact's as they stood at the moment: `moves_known`, of many.

    Between the moment something is heard and that of the assessment the old and the new telling both count: of those
    few contacts each place is looked at, what was held for true comes first.
    """
    holds, params = holds_then(as_of, alias)
    if as_of.view == "was":
        return holds, params
    last, _ = last_move_then(as_of, f"{alias}.contact_id", "m.position")
    here, _ = holds_then(as_of, "f")
    first = (
        f"SELECT f.id FROM ripeline_transition f WHERE f.contact_id = {alias}.contact_id"  # noqa: S608
        f" AND f.position = {alias}.position AND {here}"
        " ORDER BY (f.superseded_at IS NULL), f.superseded_at, f.id DESC LIMIT 1"
    )
    undecided = (
        "SELECT u.contact_id FROM ripeline_transition u WHERE u.known_at <= %s AND u.superseded_at > %s"
    )
    rank = f"{alias}.position <= {last} AND {alias}.id = ({first})"
    return f"{holds} AND ({alias}.contact_id NOT IN ({undecided}) OR ({rank}))", params * 4


def is_known_then(as_of: AsOf, contact: str) -> Piece:
    """Whether the log had anything of the contact by the moment."""
    touches, params = _touches_then(as_of, contact)
    return f"EXISTS (SELECT 1 FROM {touches})", params  # noqa: S608 - names of ours


def first_touch_then(as_of: AsOf, contact: str) -> Piece:
    """When the first of the contact's touches happened that the log had by the moment; null for none."""
    touches, params = _touches_then(as_of, contact)
    return f"(SELECT k.at FROM {touches} ORDER BY k.at LIMIT 1)", params  # noqa: S608 - names of ours


def _touches_then(as_of: AsOf, contact: str) -> Piece:
    heard, params = (
        ("", (as_of.at,))
        if as_of.view == "was"
        else (" AND coalesce(k.known_at, k.received_at) <= %s", (as_of.at,) * 2)
    )
    return f"ripeline_touch k WHERE k.contact_id = {contact} AND k.at <= %s{heard}", params

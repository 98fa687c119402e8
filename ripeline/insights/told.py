"""What a user was told: a contact of theirs moved up, when, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Notification, User
from ripeline.timeline.models import Transition
from ripeline.timeline.sentences import Teller

SIZE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """One notification with its sentence; "" where a touch that came late has shown that it was otherwise.

    `is_by_definition`: not the contact changed but what is asked of them.
    """

    notification: Notification
    sentence: str
    is_by_definition: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Notifications, latest first. `older` is the cursor of the next page, "" where there is none."""

    lines: tuple[Told, ...]
    unread: int
    older: str


def read_told(user: User, playbook: Playbook, *, now: datetime, before: str = "") -> Page:
    """A page of what the user was told by `now`; `before` is a cursor from an earlier page."""
    rows = Notification.objects.filter(user=user).select_related("contact__company")
    if cursor := _cursor(before):
        moment, pk = cursor
        rows = rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=pk))
    rows = rows.order_by("-created_at", "-pk")
    found = list(rows[: SIZE + 1])
    shown = found[:SIZE]
    moves, teller = _moves(shown), Teller(playbook, now)
    lines = tuple(
        Told(row, teller.say(move), move.publication_id is not None)
        if (move := moves.get(row.pk))
        else Told(row, "")
        for row in shown
    )
    unread = Notification.objects.filter(user=user, read_at=None).count()
    return Page(lines, unread, _place(shown[-1]) if len(found) > SIZE else "")


def mark_read(user: User, pk: int | None, *, now: datetime) -> int:
    """Marks one (or, with None, every) unread notification of the user; returns how many."""
    rows = Notification.objects.filter(user=user, read_at=None)
    return (rows if pk is None else rows.filter(pk=pk)).update(read_at=now)


def mark_unread(user: User, read_at: datetime) -> int:
    """Takes back what was marked at that moment; returns how many."""
    return Notification.objects.filter(user=user, read_at=read_at).update(read_at=None)


def _place(row: Notification) -> str:
    return f"{to_instant(row.created_at)}-{row.pk}"


def _cursor(text: str) -> tuple[datetime, int] | None:
    """When and which row a page begins after; None for an address nobody here wrote."""
    found = re.fullmatch(r"(\d{1,17})-(\d{1,18})", text, re.ASCII)
    return (to_datetime(int(found[1])), int(found[2])) if found else None


def _moves(rows: Sequence[Notification]) -> Mapping[int, Transition]:
    """The transition that rang the bell for each, even if it was superseded later."""
    moments = {row.created_at for row in rows}
    by_definition = Q(publication__isnull=False, known_at__in=moments)
    moves = Transition.objects.filter(
        Q(at__in=moments) | by_definition, contact__in={row.contact_id for row in rows}
    ).order_by(F("superseded_at").desc(nulls_last=True))  # what holds today comes last and wins
    by_move = {
        (move.contact_id, move.to_stage, move.known_at if move.publication_id else move.at): move
        for move in moves
    }
    return {
        row.pk: move for row in rows if (move := by_move.get((row.contact_id, row.stage, row.created_at)))
    }

"""Arrivals that could not be digested: kept with the reason, until somebody lets them be tried again."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from ripeline.capture.collector.models import Arrival


def failed_arrivals() -> QuerySet[Arrival]:
    """Those that failed, the oldest first."""
    return Arrival.objects.filter(outcome=Arrival.Outcome.FAILED).order_by("pk")


def try_again(pks: Collection[int] | None = None) -> int:
    """Lets these wait for the worker again, of those that failed (None: all of them); returns how many there were."""
    wanted = failed_arrivals() if pks is None else failed_arrivals().filter(pk__in=pks)
    return wanted.order_by().update(outcome=Arrival.Outcome.WAITING, reason="", done_at=None)

"""Keeping hold of an import while its file is looked through, which takes longer than a lease lasts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.db import OperationalError
from django.db.models import QuerySet

from ripeline.gateway.imports.survey import Progress
from ripeline.gateway.models import Import
from ripeline.work.claims import LEASE


def held(import_of: Import) -> QuerySet[Import]:
    """The import's row, as long as whoever read `import_of` holds it and it is in the same state."""
    return Import.objects.filter(pk=import_of.pk, claimed_by=import_of.claimed_by, state=import_of.state)


def renewing(import_of: Import, clock: Callable[[], datetime]) -> Progress:
    """A progress that renews the lease, so that no other worker begins the same look anew."""
    renewed = clock()

    def renew(_: int) -> None:
        nonlocal renewed
        now = clock()
        if now - renewed < LEASE / 6:
            return
        renewed = now
        # Where the database is busy, the next call tries again.
        with suppress(OperationalError):
            held(import_of).update(claimed_until=now + LEASE)

    return renew

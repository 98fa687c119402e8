"""Files nobody goes on with: they hold personal data, and are cleared away after a week."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from ripeline.gateway.models import Import

KEPT = timedelta(days=7)
"""How long the file of an import that was not started, or stopped, is kept after somebody last used it."""
_RESTING = (Import.State.DRAFT, Import.State.FAILED)


def clear_abandoned(now: datetime) -> None:
    """Removes such files. Imports that have done nothing go with them; what others did can still be taken back."""
    until = now - KEPT
    resting = Import.objects.filter(state__in=_RESTING, created_at__lt=until)
    for pk in resting.values_list("pk", flat=True):
        with transaction.atomic():
            import_of = resting.select_for_update().filter(pk=pk).first()
            if import_of is None or _last_used(import_of) >= until.timestamp():
                continue
            if not import_of.position:
                import_of.delete()
            Path(import_of.file).unlink(missing_ok=True)


def _last_used(import_of: Import) -> float:
    file = Path(import_of.file)
    return file.stat().st_mtime if file.exists() else 0


def note_use(import_of: Import) -> None:
    """Keeps the file for another week."""
    file = Path(import_of.file)
    if file.exists():
        file.touch()

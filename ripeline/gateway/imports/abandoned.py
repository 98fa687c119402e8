"""Files nobody goes on with: they hold personal data, and are cleared away."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from ripeline.gateway.models import Import

KEPT = timedelta(days=7)
"""How long the file of an import that was not started, or stopped, is kept after somebody last used it."""
STRAY = timedelta(days=1)
"""How long a file is left alone that no import needs: one that is being taken in has no row yet."""
_RESTING = (Import.State.DRAFT, Import.State.FAILED)


_OVER = (Import.State.DONE, Import.State.UNDONE)
_KEY = re.compile(r"[0-9a-f]{32}\Z")
_AT_ONCE = 500


def folder() -> Path:
    """Where copies of files are kept until their imports are done, each called by its import's key."""
    return Path(settings.CONFIG.data_dir) / "imports"


def clear_abandoned(now: datetime) -> None:
    """Removes files of imports that rest, after a week, and files that no import needs, after a day."""
    _clear_resting(now)
    _clear_strays(now)


def _clear_strays(now: datetime) -> None:
    """What a crash left of a file that was being taken in, or was just done with."""
    if not folder().is_dir():
        return
    old = (now - STRAY).timestamp()
    strays = [each for each in folder().iterdir() if _KEY.match(each.name) and 0 < _written(each) < old]
    for start in range(0, len(strays), _AT_ONCE):
        part = {each.name: each for each in strays[start : start + _AT_ONCE]}
        needed = Import.objects.filter(key__in=part).exclude(state__in=_OVER)
        for key in part.keys() - set(needed.values_list("key", flat=True)):
            part[key].unlink(missing_ok=True)


def _clear_resting(now: datetime) -> None:
    """Imports that have done nothing go with their files; what others did can still be taken back."""
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
    return _written(Path(import_of.file))


def _written(file: Path) -> float:
    """When a file was last written, in seconds; 0 where it is no longer there."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0


def note_use(import_of: Import) -> None:
    """Keeps the file for another week."""
    file = Path(import_of.file)
    if file.exists():
        file.touch()

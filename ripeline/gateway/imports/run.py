"""An import from file to result: taken in, previewed, started, gone on with, undone; by a command or a worker."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.db import IntegrityError, OperationalError
from django.db.models import Q, QuerySet

from ripeline.gateway.imports.abandoned import KEPT, folder, note_use
from ripeline.gateway.imports.apply import run_steps
from ripeline.gateway.imports.lease import held, renewing
from ripeline.gateway.imports.mapping import MappingMistakes
from ripeline.gateway.imports.preview import Preview, preview
from ripeline.gateway.imports.sniff import NotATable
from ripeline.gateway.imports.source import Source, open_source
from ripeline.gateway.imports.survey import Progress
from ripeline.gateway.imports.undo import undo_steps
from ripeline.gateway.models import Import
from ripeline.kit.collecting import collecting_rarely
from ripeline.kit.ids import new_key
from ripeline.people.models import User
from ripeline.work.claims import Claim, claim_due, claim_these

Stop = Callable[[], bool]
Clock = Callable[[], datetime]
Told = Callable[[Import], None]
UNREADABLE = (NotATable, MappingMistakes, OSError)
"""What comes of a file or a mapping that cannot be read; its text says why and what to do."""
_TRIES = 5
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something cannot be done with an import, as a sentence."""

    why: str


def take_in(
    file: BinaryIO, name: str, *, form: Import.Form, mapping: str, by: User | None, now: datetime
) -> Import:
    """Keeps a copy of the file, so that an import killed half-way goes on with the same rows, and its row."""
    key = new_key()
    kept = _keep(file, key)
    return Import.objects.create(
        key=key,
        name=Path(name).name[:200] or "upload",
        form=form,
        file=str(kept.resolve()),
        digest=_digest(kept),
        mapping=mapping,
        by=by,
        created_at=now,
    )


def _keep(file: BinaryIO, key: str) -> Path:
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = folder() / key
    with kept.open("wb") as out:
        shutil.copyfileobj(file, out, 1 << 20)
    return kept


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def unfinished(file: Path, form: Import.Form) -> Import | None:
    """The latest import of a file of this very content that did something and came to no end."""
    return unfinished_of(_digest(file)).filter(form=form).first()


def unfinished_of(digest: str) -> QuerySet[Import]:
    """The imports of files with this digest that did something and came to no end, the latest first."""
    began = Q(state__in=Import.UNDER_WAY) | Q(state=Import.State.FAILED, position__gt=0)
    return Import.objects.filter(began, digest=digest).order_by("-pk")


def give_again(import_of: Import, file: Path) -> None:
    """Keeps a copy of the file once more, where the one that was kept has been cleared away."""
    if not Path(import_of.file).exists():
        with file.open("rb") as opened:
            import_of.file = str(_keep(opened, import_of.key).resolve())
        import_of.save(update_fields=["file"])


def look_at(import_of: Import, progress: Progress | None = None) -> tuple[Source, Preview]:
    """Reads the whole file, says what would happen, and keeps that with the import.

    Raises NotATable, MappingMistakes, OSError.
    """
    note_use(import_of)
    with collecting_rarely():
        source = open_source(import_of, progress)
        seen = preview(source, progress)
    import_of.rows, import_of.preview = seen.rows, seen.as_json()
    Import.objects.filter(pk=import_of.pk).update(rows=import_of.rows, preview=import_of.preview)
    return source, seen


def is_unseen(import_of: Import) -> bool:
    """Whether nobody has seen what it would do, and nothing was done."""
    return import_of.rows is None and not import_of.position


def ask_to_look(import_of: Import, now: datetime) -> None:
    """Leaves the look to a worker: a large file takes longer than a page may."""
    import_of.state = Import.State.LOOKING
    Import.objects.filter(pk=import_of.pk).update(state=import_of.state, due_at=now, preview={}, error="")


def start(import_of: Import, now: datetime) -> Refused | None:
    """Makes a looked-at import due, for a worker or for `go_on`; one that stopped goes on with what it was about."""
    if import_of.is_resting(now):
        _wake(import_of, now)
        return None
    if is_half_undone(import_of):
        return start_undo(import_of, now)
    if import_of.state not in (Import.State.DRAFT, Import.State.FAILED):
        return Refused(f"This import is {import_of.get_state_display().lower()} and cannot be started.")
    if not Path(import_of.file).exists():
        return Refused(
            f"The file of this import is gone: it is kept for {KEPT.days} days. Bring it in anew; what was done"
            " already is recognised."
        )
    note_use(import_of)
    ready = Import.objects.filter(pk=import_of.pk, state__in=(Import.State.DRAFT, Import.State.FAILED))
    started = import_of.started_at or now
    if not ready.update(state=Import.State.RUNNING, started_at=started, due_at=now, error=""):
        import_of.refresh_from_db()
        return Refused(f"This import is {import_of.get_state_display().lower()} and cannot be started.")
    import_of.refresh_from_db()
    return None


def _wake(import_of: Import, now: datetime) -> None:
    """Lets the next worker that is free take up an import that was interrupted."""
    interrupted = Import.objects.filter(
        pk=import_of.pk, state=import_of.state, claimed_by=import_of.claimed_by
    )
    interrupted.update(due_at=now, claimed_by="", claimed_until=None)
    import_of.refresh_from_db()


def is_half_undone(import_of: Import) -> bool:
    """Whether an import is being taken back, or stopped while it was."""
    if import_of.state != Import.State.FAILED:
        return import_of.state == Import.State.UNDOING
    # There is nothing left to bring in: it had come to its end, or some steps are undone.
    return bool(import_of.finished_at) or import_of.steps.exclude(undone_at=None).exists()


def start_undo(import_of: Import, now: datetime) -> Refused | None:
    """Makes the undoing of an import due; what it had not reached yet it will not reach."""
    states = (Import.State.RUNNING, Import.State.DONE, Import.State.FAILED)
    stopped = Import.objects.filter(pk=import_of.pk, state__in=states)
    if not stopped.update(
        state=Import.State.UNDOING, due_at=now, claimed_by="", claimed_until=None, error=""
    ):
        import_of.refresh_from_db()
        return Refused(f"This import is {import_of.get_state_display().lower()}: there is nothing to undo.")
    import_of.refresh_from_db()
    return None


def attend_imports(now: datetime, *, clock: Clock, stop: Stop) -> int:
    """Worker's task: goes on with one import that is due, to its end; returns how many it took."""
    claims = claim_due(Import, now, limit=1)
    for claim in claims:
        _attend(claim, clock=clock, stop=stop)
    return len(claims)


def go_on(
    import_of: Import,
    *,
    clock: Clock,
    stop: Stop,
    told: Told | None = None,
    source: Source | None = None,
) -> Import:
    """Goes on with this import here and now, from where it stands, even if a worker held it; returns it.

    `source` saves a look through the file where somebody has just taken one.
    """
    for claim in claim_these(Import, [import_of.pk], clock()):
        _attend(claim, clock=clock, stop=stop, told=told, source=source)
    return Import.objects.get(pk=import_of.pk)


def _attend(
    claim: Claim, *, clock: Clock, stop: Stop, told: Told | None = None, source: Source | None = None
) -> None:
    import_of = Import.objects.get(pk=claim.pk)
    if import_of.claimed_by != claim.token:
        return
    if import_of.state == Import.State.LOOKING:
        _look(import_of, clock)
        return
    try:
        if import_of.state == Import.State.UNDOING:
            after, is_over = Import.State.UNDONE, _undo(import_of, clock=clock, stop=stop, told=told)
        else:
            with collecting_rarely():
                is_over = _run(import_of, source, clock=clock, stop=stop, told=told)
            after = Import.State.DONE
    except Exception as trouble:  # whatever it is, it would be so again after every lease, for ever
        _put_down(import_of, Import.State.FAILED, _said(trouble))
        return
    _finish(import_of, after, clock(), is_over=is_over)


def _look(import_of: Import, clock: Clock) -> None:
    """A look that a page asked for: ends as a draft with its preview, or with what is wrong."""
    try:
        look_at(import_of, renewing(import_of, clock))
    except Exception as trouble:  # as in _attend
        _put_down(import_of, Import.State.FAILED, _said(trouble))
        return
    _put_down(import_of, Import.State.DRAFT, "")


def _put_down(import_of: Import, state: Import.State, error: str) -> None:
    note_use(import_of)
    held(import_of).update(state=state, error=error, due_at=None, claimed_by="", claimed_until=None)


def _said(trouble: Exception) -> str:
    """What went wrong, for the import's page; what nobody foresaw is logged with its trace too."""
    if isinstance(trouble, UNREADABLE):
        return str(trouble)[:2000]
    log.error("an import stopped", exc_info=trouble)
    return f"{type(trouble).__name__}: {trouble}".replace("\0", "")[:2000]


def _undo(import_of: Import, *, clock: Clock, stop: Stop, told: Told | None) -> bool:
    for attempt in range(_TRIES):
        try:
            for _ in undo_steps(import_of, clock=clock, stop=stop):
                if told:
                    told(import_of)
        except OperationalError:
            if attempt + 1 == _TRIES:
                raise
            continue
        return not stop()
    return False


def _run(import_of: Import, source: Source | None, *, clock: Clock, stop: Stop, told: Told | None) -> bool:
    if import_of.state != Import.State.RUNNING:
        return False
    _check_file(import_of)
    for attempt in range(_TRIES):
        source = source or open_source(import_of, renewing(import_of, clock))
        if import_of.rows is None:
            import_of.rows = source.rows
            Import.objects.filter(pk=import_of.pk).update(rows=source.rows)
        try:
            for _ in run_steps(import_of, source, clock=clock, stop=stop):
                if told:
                    told(import_of)
        except (IntegrityError, OperationalError):
            # Somebody else made the same contact, or the database was busy for too long: from where it stands.
            if attempt + 1 == _TRIES:
                raise
            continue
        return not stop() and import_of.position >= source.rows
    return False


def _check_file(import_of: Import) -> None:
    """The rows still to come must be those that were previewed."""
    if _digest(Path(import_of.file)) != import_of.digest:
        raise NotATable(
            "The file kept for this import has been changed since; undo it and import the file anew."
        )


def _finish(import_of: Import, state: Import.State, now: datetime, *, is_over: bool) -> None:
    """Puts the import down: at its end, or still due where it was only stopped."""
    if not is_over:
        held(import_of).update(claimed_by="", claimed_until=None)
        return
    done = held(import_of).update(
        state=state, finished_at=now, due_at=None, claimed_by="", claimed_until=None, error=""
    )
    if done:
        Path(import_of.file).unlink(missing_ok=True)


def discard(import_of: Import) -> None:
    """Drops an import that has done nothing, with its copy of the file."""
    states = (Import.State.DRAFT, Import.State.FAILED, Import.State.LOOKING)
    if Import.objects.filter(pk=import_of.pk, state__in=states, position=0).delete()[0]:
        Path(import_of.file).unlink(missing_ok=True)

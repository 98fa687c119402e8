"""The history parts of this database: the touch log as columns, for replays, brought up to date as it grows.

What always holds: for every contact not named in HistoryChange, the parts in force hold exactly the touches of the log
with ids up to their position. An update first reads who changed, then a place in the log below which nothing new will
appear, then the touches; whoever changes after that is named for the next one. So nothing is locked, and no snapshot
is held while millions of rows are read. The names go in the transaction that says the new parts are in force.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import Final

import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from ripeline.kit.instants import to_instant
from ripeline.replay.parts.building import NO_OLDER, OLD_STAY, UNUSABLE, Progress, Wanted, write_generation
from ripeline.replay.parts.folder import Folder
from ripeline.replay.parts.manifest import Manifest, read_manifest
from ripeline.replay.parts.opening import Parts, wrong_files
from ripeline.replay.parts.problems import (
    CannotWrite,
    DamagedParts,
    MissingParts,
    PartsProblem,
    StaleParts,
    UnreachableParts,
)
from ripeline.replay.parts.updating import put_in_force, readable_manifest, sweep
from ripeline.timeline.history.models import HistoryChange, HistoryState
from ripeline.timeline.history.source import contacts_in, count_after, read_new, read_people, safe_horizon
from ripeline.timeline.history.triggers import triggers_ready

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

LEASE: Final = timedelta(minutes=2)
"""A writer that died keeps others waiting so long; one that lives renews it."""
RENEW_AFTER: Final = 15.0
ROUNDS: Final = 3
"""Who changes during an update is taken up by another round, so often at most; then by the next update."""
MOST_AT_ONCE: Final = 200_000
"""More new touches than this are not waited for by a page; the worker hands them to a process of their own."""


@dataclass(frozen=True, slots=True)
class OpenHistory:
    """The parts, open, and how fresh they are: `waiting` touches at most came after, `changed` people changed since.

    `updated_at` is when they were last brought up to date; `trouble` says why they could not be since, or is empty.
    `is_damaged`: files of them were found damaged, and not made anew yet.
    """

    parts: Parts
    waiting: int
    changed: int
    updated_at: datetime | None
    trouble: str
    is_damaged: bool = False

    @property
    def is_fresh(self) -> bool:
        """Whether they hold everything in the log."""
        return not (self.waiting or self.changed)


@dataclass(frozen=True, slots=True)
class NotReady:
    """Why there are no parts to open, as a sentence, and whether that is because their folder is out of reach.

    `trouble` says why the last try to make them came to nothing, or is empty.
    """

    why: str
    is_unreachable: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the parts were not brought up to date, as a sentence; those in force stay as they are."""

    why: str


class _LostLease(Exception):
    """Another process writes the parts now."""


class _TooBusy(Exception):
    """Somebody has been writing touches for too long to say what is in the log for good."""


def history_url() -> str:
    """Where the parts lie, as fsspec has it: RIPELINE_HISTORY, else in the data folder."""
    place = str(settings.CONFIG.history) or str(Path(settings.CONFIG.data_dir) / "history")
    return place if "://" in place else str(Path(place).resolve())


def open_history(
    now: datetime, *, clock: Clock | None = None, patience: float = 10.0, progress: Progress | None = None
) -> OpenHistory | NotReady:
    """The parts, brought up to date first where that takes little (else the worker is at it: see `OpenHistory`).

    Waits `patience` seconds at most for another process that is writing them. For `progress` see `update_history`.
    """
    until = monotonic() + patience
    while True:
        found = look_at_history()
        if isinstance(found, OpenHistory) and (found.is_fresh or found.waiting > MOST_AT_ONCE):
            return found
        if isinstance(found, NotReady) and count_after(0) > MOST_AT_ONCE:
            return found
        done = update_history(clock=clock or (lambda: now), progress=progress)
        if isinstance(done, Parts) or monotonic() > until or not is_being_written(now):
            return look_at_history()
        sleep(0.1)


def look_at_history() -> OpenHistory | NotReady:
    """The parts as they are, nothing being written; whatever is not of this log, or damaged, is not opened."""
    state = _state()
    try:
        parts = _open(state)
    except PartsProblem as problem:
        return NotReady(str(problem), isinstance(problem, UnreachableParts), state.trouble)
    waiting = count_after(parts.manifest.position)
    if waiting and not parts.manifest.position:
        return NotReady("The history parts hold nothing of the touch log yet.", trouble=state.trouble)
    return OpenHistory(
        parts=parts,
        waiting=waiting,
        changed=HistoryChange.objects.values("contact_id").distinct().count(),
        updated_at=state.updated_at,
        trouble=state.trouble,
        is_damaged=bool(_damaged(state, parts.manifest)),
    )


def update_history(
    *,
    clock: Clock,
    anew: bool = False,
    progress: Progress | None = None,
) -> Parts | Refused:
    """Brings the parts up to date, or makes them; `anew` uses nothing of those that are there.

    One process at a time. What is damaged (as far as that is known) or not of this log is made anew.
    `progress` is told (touches done, touches in all), and (0, 1) again and again while the log is read; what it raises
    ends the work, and nothing changes.
    """
    if not triggers_ready(connection):
        return Refused(
            "The touch log has lost its triggers, so changes of it were not noted. Run `ripeline migrate`."
        )
    token = token_hex(16)
    if not _claim(token, clock()):
        return Refused("Another process is writing the history parts.")
    try:
        return _rounds(_Turn(token, clock, progress), _Old(None) if anew else _usable())
    except _LostLease:
        return Refused("Another process has taken over writing the history parts.")
    except _TooBusy:
        return Refused(
            "Touches are being written by a transaction that has been open for a while, so the history parts "
            "cannot be made now; those in force stay. Try again when it has ended."
        )
    except (CannotWrite, UnreachableParts) as trouble:
        HistoryState.objects.filter(claimed_by=token).update(trouble=str(trouble))
        return Refused(str(trouble))
    finally:
        HistoryState.objects.filter(claimed_by=token).update(claimed_by="", claimed_until=None)


class _Turn:
    """One process's turn at writing, its lease renewed as the work goes on."""

    def __init__(self, token: str, clock: Clock, progress: Progress | None) -> None:
        self.token, self.clock = token, clock
        self._progress, self._renewed = progress, monotonic()

    def goes_on(self, done: int, total: int) -> None:
        """Told of progress; renews the lease now and then. Raises _LostLease."""
        if self._progress:
            self._progress(done, total)
        self.renew()

    def renew(self, after: float = RENEW_AFTER) -> None:
        """Raises _LostLease where another process holds it."""
        if monotonic() - self._renewed < after:
            return
        held = HistoryState.objects.filter(claimed_by=self.token)
        if not held.update(claimed_until=self.clock() + LEASE):
            raise _LostLease
        self._renewed = monotonic()


@dataclass(frozen=True, slots=True)
class _Old:
    """The parts that an update begins from: None is to be made from nothing; the buckets `lost` were damaged."""

    manifest: Manifest | None
    lost: frozenset[int] = frozenset()

    def without(self, names: Collection[str]) -> _Old:
        """The same, with what these files hold lost too. Where most is, all is sooner read in one go."""
        more = self.manifest.buckets_with(names) if self.manifest else frozenset()
        if not self.manifest or not more:
            return _Old(None, self.lost)
        lost = self.lost | more
        left, whole = self.manifest.emptied(lost).touches, self.manifest.touches
        return _Old(None if 2 * left < whole else self.manifest, lost)


def _rounds(turn: _Turn, old: _Old) -> Parts:
    parts = _round(turn, old)
    for _ in range(ROUNDS - 1):
        if not HistoryChange.objects.exists():
            break
        parts = _round(turn, _Old(parts.manifest))
    return parts


def _usable() -> _Old:
    state = _state()
    try:
        manifest = _manifest(state)
        wrong = wrong_files(Folder(history_url()), manifest)
    except MissingParts:
        return _Old(None)
    except UnreachableParts:
        raise
    except PartsProblem as problem:
        log.warning("The history parts are made anew: %s", problem)
        return _Old(None)
    for why in wrong.values():
        log.warning("A bucket of the history parts is made anew: %s", why)
    names = {*wrong, *_damaged(state, manifest)}
    return _Old(manifest).without(names) if names else _Old(manifest)


def _round(turn: _Turn, old: _Old) -> Parts:
    """One update. Raises CannotWrite, _LostLease, _TooBusy."""
    while True:
        try:
            return _write_round(turn, old)
        except DamagedParts as problem:
            if old.manifest is None:
                raise
            log.warning("A bucket of the history parts is made anew: %s", problem)
            old = old.without([problem.name])
        except StaleParts as problem:
            log.warning("The history parts are made anew: %s", problem)
            old = _Old(None)


def _write_round(turn: _Turn, base: _Old) -> Parts:
    folder, old = Folder(history_url()), base.manifest
    # In this order: see the top of the file.
    changes = list(HistoryChange.objects.values_list("pk", "contact_id"))
    changed = frozenset(str(contact) for _, contact in changes) if old else frozenset()
    position = old.position if old else 0
    horizon = _horizon(position)
    if old and not changes and not base.lost and horizon == position:
        state = _state()
        if state.trouble or state.damaged:
            left = _damaged(state, old)
            HistoryState.objects.filter(claimed_by=turn.token).update(trouble="", damaged=left)
        return Parts(folder, old)
    there = old or readable_manifest(folder)
    sweep(folder, there)
    again = changed
    if old and base.lost:
        again |= contacts_in(base.lost, old.bucket_count)
        old = old.emptied(base.lost)
    wanted = Wanted(
        _watched(turn, _batches(position, horizon, again)),
        source=_state().source,
        position=horizon,
        replaced=changed,
        vouched=True,  # the log has each id once
        expected=horizon,
    )
    now, kept = to_instant(turn.clock()), partial(_say_kept, is_damaged=bool(base.lost))
    new = write_generation(folder, old, wanted, now=now, progress=turn.goes_on, kept=kept)
    return _commit(turn, there, new, [pk for pk, _ in changes], kept)


def _say_kept(*, is_damaged: bool) -> str:
    """What previews go on with when no new parts can be written."""
    try:
        _open(_state())
    except MissingParts:
        return NO_OLDER
    except PartsProblem:
        return UNUSABLE
    return UNUSABLE if is_damaged else OLD_STAY


def _horizon(position: int) -> int:
    """How far to read; as far as before where that cannot be said now. Raises _TooBusy where nothing was read yet."""
    found = safe_horizon()
    if found is None and not position:
        raise _TooBusy
    return max(found or position, position)


def _batches(position: int, horizon: int, people: frozenset[str]) -> Iterator[pa.Table]:
    yield from read_new(position, horizon, but=people)
    yield from read_people(sorted(people, key=int), horizon)


def _watched(turn: _Turn, batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for batch in batches:
        turn.goes_on(0, 1)
        yield batch


def _commit(
    turn: _Turn, there: Manifest | None, new: Manifest, changes: list[int], kept: Callable[[], str]
) -> Parts:
    """Puts new parts in force; the database first says that they may be, then that they are.

    A crash before the list of files is written leaves the old parts in force, one after it the new. Whoever slept
    through the end of the lease in between may still have written the list: its parts count only if nobody has put
    others in force since, and the changes stay noted, for the other may not have read them.
    """
    folder, mine = Folder(history_url()), HistoryState.objects.filter(claimed_by=turn.token)
    if not mine.update(pending=new.generation, claimed_until=turn.clock() + LEASE):
        left = {file.name for file in there.files} if there else set()
        folder.remove(file.name for file in new.files if file.name not in left)
        raise _LostLease
    parts = put_in_force(folder, there, new, now=new.written_at, kept=kept)
    with transaction.atomic():
        # What was found damaged since this turn began is another's to make anew.
        damaged = _damaged(HistoryState.objects.select_for_update().get(pk=1), new)
        over = {"pending": "", "trouble": "", "damaged": damaged}
        if not mine.update(generation=new.generation, updated_at=turn.clock(), **over):
            raise _LostLease
        for start in range(0, len(changes), 500):
            HistoryChange.objects.filter(pk__in=changes[start : start + 500]).delete()
    return parts


def _open(state: HistoryState) -> Parts:
    """The parts in force. Raises PartsProblem."""
    folder, manifest = Folder(history_url()), _manifest(state)
    for name, why in wrong_files(folder, manifest).items():
        raise DamagedParts(why, name)
    return Parts(folder, manifest)


def _manifest(state: HistoryState) -> Manifest:
    """The list of the parts in force. Raises PartsProblem."""
    folder = Folder(history_url())
    manifest = read_manifest(folder)
    if manifest.source != state.source:
        raise StaleParts(f"The history parts in {folder} were made from another log.")
    if manifest.generation not in {state.generation, state.pending} - {""}:
        raise StaleParts(
            f"The history parts in {folder} are not those this database made last; it may have been restored."
        )
    return manifest


def _damaged(state: HistoryState, manifest: Manifest) -> list[str]:
    """The files of these parts that were found damaged, and not made anew since."""
    names = {file.name for file in manifest.files}
    return [name for name in state.damaged if name in names]


def _state() -> HistoryState:
    return HistoryState.objects.get_or_create(pk=1)[0]


def _claim(token: str, now: datetime) -> bool:
    _state()
    free = HistoryState.objects.filter(Q(claimed_until=None) | Q(claimed_until__lt=now), pk=1)
    return bool(free.update(claimed_by=token, claimed_until=now + LEASE))


def is_being_written(now: datetime) -> bool:
    """Whether a process is bringing the parts up to date, or making them."""
    return HistoryState.objects.filter(pk=1, claimed_until__gte=now).exists()

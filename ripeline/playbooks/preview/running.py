"""The worker's part in previews: one at a time, cancelled at will, begun anew where a worker died."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.playbook import PlaybookMistakes, load_kept
from ripeline.playbooks.preview.models import PreviewMove, PreviewRun
from ripeline.playbooks.preview.passing import Found, Pair, compare_all
from ripeline.playbooks.preview.results import moves_of, result_of
from ripeline.replay.bulk import compile_program
from ripeline.replay.executors import open_executor
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.parts.problems import DamagedParts, PartsProblem
from ripeline.replay.wanted import ReplayCancelled
from ripeline.timeline.history.mending import mend_history
from ripeline.timeline.history.opening import (
    MOST_AT_ONCE,
    NotReady,
    OpenHistory,
    is_being_written,
    look_at_history,
    open_history,
)
from ripeline.work.claims import Claim, claim_due

Clock = Callable[[], datetime]
Stop = Callable[[], bool]

LEASE: Final = timedelta(seconds=15)
"""A worker that died keeps a preview so long; one that lives renews it."""
RENEW_AFTER: Final = 3.0
LOOK_AFTER: Final = 0.25
"""Seconds between two looks at whether it is still wanted, and between two words on how far it is."""
AGAIN_AFTER: Final = timedelta(seconds=2)
"""When to look again for a history that is being prepared."""
RETRY_AFTER: Final = timedelta(seconds=5)
"""When to try again to prepare one that could not be."""
PATIENCE: Final = 1.0
"""Seconds to wait for another process that is writing the history, before looking again later."""
MOST_TRIES: Final = 3
log = logging.getLogger(__name__)


def attend_previews(now: datetime, *, clock: Clock, stop: Stop) -> int:
    """Worker's task: works one preview that is due, to its end; returns how many it took."""
    claims = claim_due(PreviewRun, now, limit=1)
    for claim in claims:
        _attend(_Turn(claim, clock, stop))
    return len(claims)


class _Turn:
    """One worker's turn at a preview: its lease, and how far it is."""

    def __init__(self, claim: Claim, clock: Clock, stop: Stop) -> None:
        self.claim, self.clock, self._stop = claim, clock, stop
        self.done = 0
        self._looked = self._renewed = monotonic()
        self._is_over = False

    @property
    def row(self) -> QuerySet[PreviewRun]:
        """The preview, as long as it is ours."""
        return PreviewRun.objects.filter(pk=self.claim.pk, claimed_by=self.claim.token)

    def begin(self, total: int) -> bool:
        """Says that it runs; False where it is not wanted any more."""
        return bool(
            self.row.update(
                state=PreviewRun.State.RUNNING,
                started_at=self.clock(),
                claimed_until=self.clock() + LEASE,
                done=0,
                total=total,
                note="",
            )
        )

    def advance(self, done: int, _: int) -> None:
        """Told how many touches are folded."""
        self.done = done

    def is_over(self) -> bool:
        """Whether nobody wants the result, or this worker is to end; keeps the lease and the progress meanwhile."""
        if self._stop():
            return True
        at = monotonic()
        if self._is_over or at - self._looked < LOOK_AFTER:
            return self._is_over
        self._looked = at
        if self.done or at - self._renewed > RENEW_AFTER:
            self._renewed = at
            self._is_over = not self.row.update(done=self.done, claimed_until=self.clock() + LEASE)
        else:
            self._is_over = not self.row.exists()
        return self._is_over

    def goes_on(self, *_: int) -> None:
        """Told that something the preview needs goes on; keeps the lease. Raises ReplayCancelled."""
        if self.is_over():
            raise ReplayCancelled

    def put_back(self, note: str, *, after: timedelta = timedelta(0)) -> None:
        """Leaves it to be begun anew."""
        self.row.update(
            state=PreviewRun.State.WAITING,
            note=note,
            due_at=self.clock() + after,
            claimed_by="",
            claimed_until=None,
        )

    def fail(self, why: str) -> None:
        """Ends it with a sentence."""
        self.row.update(
            state=PreviewRun.State.FAILED,
            error=why[:2000],
            due_at=None,
            claimed_by="",
            claimed_until=None,
            finished_at=self.clock(),
        )


def _attend(turn: _Turn) -> None:
    run = turn.row.first()
    if run is None:
        return
    if run.attempts >= MOST_TRIES:
        turn.fail(
            "The preview was begun several times and never came to its end. The worker's log may say why."
        )
        return
    turn.row.update(attempts=run.attempts + 1)
    try:
        _work_or_mend(turn, run)
    except ReplayCancelled:
        # Ended with its worker: another begins it anew at once. Cancelled: it is not ours, and nothing is written.
        turn.row.update(attempts=run.attempts)
        turn.put_back("")
    except (ReplayMistake, PartsProblem, PlaybookMistakes, OSError) as trouble:
        turn.fail(str(trouble))
    except Exception as trouble:
        log.exception("A preview stopped.")
        turn.fail(f"{type(trouble).__name__}: {trouble}".replace("\0", ""))


def _work_or_mend(turn: _Turn, run: PreviewRun) -> None:
    """Works it to its end; damaged parts are made anew, however long that takes, and it is begun anew with them."""
    try:
        _work(turn, run)
    except DamagedParts as damage:
        log.warning("A preview met damaged history parts, which are made anew: %s", damage)
        turn.row.update(note="The history was found damaged and is made anew.")
        _, why = mend_history(clock=turn.clock, progress=turn.goes_on)
        found = look_at_history()
        if why and found.trouble:
            _wait(turn, run, found)
        elif why:
            # Another process is at it, or holds it up: that is no try of ours.
            turn.row.update(attempts=run.attempts)
            turn.put_back(f"The history was found damaged. {why}", after=AGAIN_AFTER)
        else:
            turn.put_back("The history was found damaged and is made anew.")


def _work(turn: _Turn, run: PreviewRun) -> None:
    history = open_history(turn.clock(), clock=turn.clock, patience=PATIENCE, progress=turn.goes_on)
    if isinstance(history, NotReady) or (history.waiting > MOST_AT_ONCE and not history.trouble):
        _wait(turn, run, history)
        return
    pair = _pair(turn, run)
    if not turn.begin(history.parts.touches):
        return
    with open_executor(settings.CONFIG.cluster) as executor:
        found = compare_all(
            pair, history.parts, executor=executor, progress=turn.advance, cancelled=turn.is_over
        )
    _keep(turn, run, pair, history, found)


def _wait(turn: _Turn, run: PreviewRun, history: NotReady | OpenHistory) -> None:
    """Leaves it until the history is prepared. What stands in the way of that is said at once, and ends it after some
    tries; while somebody is preparing it, the last word is not spoken."""
    trouble = history.trouble
    if isinstance(history, NotReady) and history.is_unreachable:
        trouble = history.why
    if trouble and not is_being_written(turn.clock()):
        if run.attempts + 1 >= MOST_TRIES:
            turn.fail(f"The history cannot be prepared for replays. {trouble}")
        else:
            turn.put_back(
                f"The history cannot be prepared for replays; that is tried again. {trouble}",
                after=RETRY_AFTER,
            )
        return
    turn.row.update(attempts=run.attempts)
    said = "The history is being prepared for replays; the preview begins by itself."
    turn.put_back(f"{said} The last try came to nothing: {trouble}" if trouble else said, after=AGAIN_AFTER)


def _pair(turn: _Turn, run: PreviewRun) -> Pair:
    one = compile_program(load_kept(run.one_text))
    same = run.one_version == run.other_version
    return Pair(
        one=one,
        other=one if same else compile_program(load_kept(run.other_text)),
        as_of=to_instant(run.as_of),
        now=to_instant(turn.clock()),
        outcome=run.outcome or None,
        received_by=to_instant(run.as_of) if run.is_as_known else None,
    )


def _keep(turn: _Turn, run: PreviewRun, pair: Pair, history: OpenHistory, found: Found) -> None:
    """The result and the people of it, all or nothing; nothing where the preview is not ours any more."""
    result = result_of(pair, found, history)
    moves = [PreviewMove(run_id=run.pk, **each) for each in moves_of(pair, found)]
    with transaction.atomic():
        held = turn.row.update(
            state=PreviewRun.State.DONE,
            result=result,
            done=found.touches,
            total=found.touches,
            due_at=None,
            claimed_by="",
            claimed_until=None,
            error="",
            note="",
            finished_at=turn.clock(),
        )
        if held:
            PreviewMove.objects.filter(run_id=run.pk).delete()
            PreviewMove.objects.bulk_create(moves, batch_size=100)

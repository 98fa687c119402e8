"""Taking in what was sent: kept once, as it came and as it was read; and what follows for the person who sent it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError

from ripeline.capture.forms.becoming import email_of
from ripeline.capture.forms.counting import count_page
from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.following import follow
from ripeline.capture.forms.models import Form, FormCount, FormVersion, Submission
from ripeline.capture.forms.reading import Answer
from ripeline.capture.verdicts.judging import Facts, Verdict
from ripeline.people.models import User
from ripeline.timeline.identities.living import again_if_merged

TRIES = 4
HELD_FOR = timedelta(days=90)
DEADLOCK = "40P01"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came: `raw` as it came, `answers` as they were read, from which `page` in which `language`; the browser's
    key (`visitor`, "" for none), the `facts` of the request and the `verdict` on it, and the key of the `asset` it is
    sent for ("" for none). `signals` make it a suspect, `unread` says why it could not be understood, `notes` what of
    it was left out."""

    uid: str
    nonce: str
    raw: Sequence[tuple[str, str]]
    answers: Mapping[str, Answer]
    facts: Facts
    verdict: Verdict
    language: str = ""
    page: str = ""
    referrer: str = ""
    visitor: str = ""
    address: str = ""
    asset: str = ""
    signals: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of it: its row, whether it is new, and whether a mail has to be answered before consents count."""

    submission: Submission
    is_new: bool
    waits: bool = False


def keep(form: Form, version: FormVersion, sent: Sent, *, now: datetime) -> Kept:
    """Takes in what was sent, once however often it comes, with all that follows, in one transaction."""
    for turn in range(1, TRIES + 1):
        try:
            kept = again_if_merged(lambda: _keep(form, version, sent, now))
            break
        except IntegrityError:
            # Sent twice at once, or somebody with this address was added meanwhile: now that is seen.
            if turn == TRIES:
                raise
        except OperationalError as trouble:
            if turn == TRIES or getattr(trouble.__cause__, "sqlstate", "") != DEADLOCK:
                raise
    if kept.is_new:
        count_page(form, sent.nonce, FormCount.What.SENT, kept.submission.actor, now=now)
    return kept


def release(submission: Submission, *, by: User | None, now: datetime) -> bool:
    """What was held is taken in after all, as a person's; False where somebody was quicker."""

    def do() -> bool:
        held = Submission.objects.select_for_update(no_key=True, of=("self",))
        row = held.select_related("form", "version").get(pk=submission.pk)
        if row.outcome != Submission.Outcome.SUSPECTED or row.version is None:
            return False
        row.outcome, row.actor = Submission.Outcome.ACCEPTED, "human"
        row.released_at, row.released_by = now, by
        follow(row, Definition.model_validate(row.version.definition), None, now=now)
        row.save()
        return True

    return again_if_merged(do)


def prune_suspects(now: datetime) -> int:
    """Deletes what was held and that nobody released in long: it is somebody's data, or nobody's; returns how many."""
    old = Submission.objects.filter(outcome=Submission.Outcome.SUSPECTED, received_at__lt=now - HELD_FOR)
    return old.delete()[0] if old.exists() else 0


def _keep(form: Form, version: FormVersion, sent: Sent, now: datetime) -> Kept:
    definition = Definition.model_validate(version.definition)
    known = Submission.objects.filter(uid=sent.uid).first()
    if known is not None:
        return Kept(known, is_new=False, waits=_waits(definition, known))
    row = _row(form, version, sent, now)
    # First: who sends the same at the same time waits here, and finds it kept.
    row.save(force_insert=True)
    if row.outcome == Submission.Outcome.ACCEPTED:
        follow(
            row,
            definition,
            sent.verdict,
            now=now,
            facts=sent.facts,
            visitor=sent.visitor,
            referrer=sent.referrer,
        )
        row.save()
    return Kept(row, is_new=True, waits=_waits(definition, row))


def _row(form: Form, version: FormVersion, sent: Sent, now: datetime) -> Submission:
    outcome, actor = Submission.Outcome.ACCEPTED, str(sent.verdict.actor)
    if sent.signals:
        outcome, actor = Submission.Outcome.SUSPECTED, "machine"
    elif sent.unread:
        outcome = Submission.Outcome.UNREAD
    facts = sent.facts
    return Submission(
        uid=sent.uid,
        nonce=sent.nonce,
        form=form,
        version=version,
        received_at=now,
        outcome=outcome,
        reasons=[*sent.signals, *sent.unread, *sent.notes],
        actor=actor,
        raw=[list(pair) for pair in sent.raw],
        answers=dict(sent.answers),
        language=sent.language,
        page=sent.page,
        facts={
            "agent": facts.agent,
            "marks": list(facts.marks),
            "network": facts.network,
            "referrer": sent.referrer,
            "visitor": sent.visitor,
            "asset": sent.asset,
        },
        address=sent.address,
    )


def _waits(definition: Definition, row: Submission) -> bool:
    """Whether whoever sent it is told to look at their mail. A suspect is told the same: it learns nothing."""
    if not definition.confirm or not email_of(definition, row.answers):
        return False
    return any(each.type == "consent" and each.name in row.answers for each in definition.fields)

"""The past judged again: every touch whose facts were kept, under the rules in force now, each once.

The facts of a request never change, so a verdict is found again from them. Where it becomes another, the touch says so
too, and whoever's it is is assessed anew; the history parts notice by themselves. What nobody judged stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from ripeline.capture.verdicts.force import keep_rules, rules_in_force
from ripeline.capture.verdicts.judging import Facts, Verdict, judge
from ripeline.capture.verdicts.models import EngagementVerdict, JudgingAgain, RequestFacts
from ripeline.capture.verdicts.rules import known_rules
from ripeline.kit.instants import to_instant
from ripeline.people.models import User
from ripeline.timeline.identities.living import MergedMeanwhile, again_if_merged
from ripeline.timeline.models import Touch
from ripeline.timeline.record import mark_due, mark_withdrawn

AT_ONCE = 500
State = JudgingAgain.State


def begin_judging(*, by: User | None, now: datetime) -> JudgingAgain | None:
    """Asks for the past to be judged under the rules in force; None where that is being done already."""
    try:
        with transaction.atomic():
            rules = keep_rules(rules_in_force(), now=now)
            total = EngagementVerdict.objects.count()
            return JudgingAgain.objects.create(rules=rules, by=by, asked_at=now, total=total)
    except IntegrityError:
        return None


def cancel_judging(judging: JudgingAgain, *, now: datetime) -> bool:
    """Ends it where it stands: what was judged again stays so. False where it has ended."""
    running = JudgingAgain.objects.filter(pk=judging.pk, is_open=True)
    return bool(running.update(state=State.CANCELLED, is_open=False, ended_at=now))


def attend_judging(now: datetime, *, most: int = AT_ONCE) -> int:
    """Judges some of the past again, if that is asked for; returns how many verdicts were looked at. For the worker."""
    if not JudgingAgain.objects.filter(is_open=True).exists():
        return 0
    return again_if_merged(lambda: _judge_some(now, most))


def _judge_some(now: datetime, most: int) -> int:
    """One transaction: held by its row, so that of two workers each takes other touches."""
    held = JudgingAgain.objects.select_for_update(no_key=True, of=("self",)).select_related("rules")
    judging = held.filter(is_open=True).first()
    if judging is None:
        return 0
    rows = list(EngagementVerdict.objects.filter(pk__gt=judging.cursor).order_by("pk")[:most])
    if not rows:
        return _end(judging, now)
    rules = known_rules(judging.rules.text)
    facts = read_facts_of({row.facts_id for row in rows})
    found = {row.touch_uid: judge(facts[row.facts_id], rules) for row in rows if row.facts_id in facts}
    changed = _write(rows, found, judging.rules_id, now)
    JudgingAgain.objects.filter(pk=judging.pk).update(
        state=State.RUNNING,
        cursor=rows[-1].pk,
        looked_at=F("looked_at") + len(rows),
        changed=F("changed") + changed,
    )
    return len(rows)


def _write(
    rows: Sequence[EngagementVerdict], found: Mapping[str, Verdict], version: str, now: datetime
) -> int:
    """Writes new verdicts; how many are of another than before."""
    others = {
        row.touch_uid: found[row.touch_uid].actor
        for row in rows
        if row.touch_uid in found and found[row.touch_uid].actor != row.actor
    }
    say_on_touches(others, now)
    renewed = []
    for row in rows:
        verdict = found.get(row.touch_uid)
        if verdict is not None and row.rules != version:
            row.actor, row.signals, row.rules = verdict.actor, list(verdict.signals), version
            renewed.append(row)
    EngagementVerdict.objects.bulk_update(renewed, ["actor", "signals", "rules"])
    return len(others)


def say_on_touches(actors: Mapping[str, str], now: datetime) -> None:
    """What these touches say of who did them; their people are due. Raises MergedMeanwhile."""
    before = _owners(actors)
    since: dict[int, int] = {}
    for contact, at in before.values():
        if contact is not None:
            since[contact] = min(since.get(contact, to_instant(at)), to_instant(at))
    # First, as all do who change the log.
    mark_due(dict.fromkeys(since, now), since=since)
    mark_withdrawn(since, now=now)
    if _owners(actors) != before:
        raise MergedMeanwhile
    for actor in sorted(set(actors.values())):
        uids = sorted(uid for uid, other in actors.items() if other == actor)
        Touch.objects.filter(uid__in=uids).update(actor=actor)


def _owners(uids: Mapping[str, str]) -> dict[str, tuple[int | None, datetime]]:
    rows = Touch.objects.filter(uid__in=sorted(uids)).values_list("uid", "contact", "at")
    return {uid: (contact, at) for uid, contact, at in rows}


def read_facts_of(pks: set[int]) -> dict[int, Facts]:
    """The facts that were kept, by id."""
    rows = RequestFacts.objects.filter(pk__in=sorted(pks))
    return {row.pk: Facts(row.agent, row.method, tuple(row.marks), row.network) for row in rows}


def _end(judging: JudgingAgain, now: datetime) -> int:
    JudgingAgain.objects.filter(pk=judging.pk).update(state=State.DONE, is_open=False, ended_at=now)
    return 0

"""Something noticed later about requests that were judged already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ripeline.capture.verdicts.again import read_facts_of, say_on_touches
from ripeline.capture.verdicts.force import rules_in_force
from ripeline.capture.verdicts.judging import Facts, judge
from ripeline.capture.verdicts.keeping import facts_ids
from ripeline.capture.verdicts.models import EngagementVerdict


def add_marks(noticed: Mapping[str, tuple[str, ...]], *, now: datetime) -> None:
    """Adds marks to the facts of touches (by id), and judges them again, in the caller's transaction, which is done
    anew where somebody was merged meanwhile (MergedMeanwhile)."""
    held = EngagementVerdict.objects.select_for_update(no_key=True).filter(pk__in=sorted(noticed))
    rows = {row.touch_uid: row for row in held.order_by("pk")}
    facts = read_facts_of({row.facts_id for row in rows.values()})
    after: dict[str, Facts] = {}
    for uid, row in rows.items():
        known = facts.get(row.facts_id)
        fresh = [mark for mark in noticed[uid] if known is not None and mark not in known.marks]
        if known is not None and fresh:
            after[uid] = replace(known, marks=(*known.marks, *fresh))
    if not after:
        return
    rules, ids = rules_in_force(), facts_ids(after.values())
    found = {uid: judge(each, rules) for uid, each in after.items()}
    others = {uid: verdict.actor for uid, verdict in found.items() if verdict.actor != rows[uid].actor}
    if others:
        say_on_touches(others, now)
    for uid, verdict in found.items():
        row = rows[uid]
        row.facts_id, row.actor = ids[after[uid]], verdict.actor
        row.signals, row.rules = list(verdict.signals), verdict.rules_version
    EngagementVerdict.objects.bulk_update(
        [rows[uid] for uid in sorted(found)], ["facts_id", "actor", "signals", "rules"]
    )

"""The rules asked in the transaction in which mails are taken in hand: exact, however many workers there are.

Whoever counts what somebody got holds them until what is taken in hand is on disk, so that nobody else counts the same
at the same time. On SQLite the transaction holds the one lock there is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection

from ripeline.nurture.rules.facts import asked_of, people_of, situations
from ripeline.nurture.rules.force import rules_in_force
from ripeline.nurture.rules.judging import Never, Sent, Situation, Wait, judge
from ripeline.nurture.rules.reasons import Reason
from ripeline.nurture.sending import mail
from ripeline.nurture.sending.models import Delivery

SHORTLY = timedelta(seconds=1)
"""After which a mail is asked about again whose person somebody else held: all lines never wait for one."""


def judge_handing(deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, mail.NotNow | mail.Never]:
    """Those that may not go, by id, in the caller's transaction, which takes the others in hand."""
    if not deliveries:
        return {}
    rules = rules_in_force()
    held = _hold({each.contact_id for each in deliveries})
    found: dict[int, mail.NotNow | mail.Never] = {}
    going: dict[int, list[Sent]] = defaultdict(list)
    begun = set[tuple[int, str, int, str]]()
    asked = [asked_of(each) for each in deliveries]
    for delivery, ask, situation in zip(deliveries, asked, situations(asked, rules, now), strict=True):
        root = held.get(delivery.contact_id)
        if situation is None or root is None:
            found[delivery.pk] = mail.NotNow(Reason.BUSY, now + SHORTLY)
            continue
        what = (root, ask.source_kind, ask.source, ask.step)
        verdict = judge(_with(situation, going[root], what in begun), rules, now)
        if isinstance(verdict, Wait):
            found[delivery.pk] = mail.NotNow(verdict.reason, verdict.until)
        elif isinstance(verdict, Never):
            found[delivery.pk] = mail.Never(verdict.reason)
        elif ask.address is None:
            # It counts for those that come after it in the same hand.
            going[root].append(Sent(now, ask.purpose))
            begun.add(what)
    return found


def _with(situation: Situation, going: Sequence[Sent], had_it: bool) -> Situation:
    if not going:
        return situation
    return replace(situation, sent=(*situation.sent, *going), had_it=situation.had_it or had_it)


def _hold(contact_ids: set[int]) -> Mapping[int, int]:
    """Holds who these contacts are, so that nobody else counts their mails and nobody merges them; the root of each
    that could be held."""
    people = people_of(contact_ids)
    if connection.vendor != "postgresql":
        return {pk: each.root for pk, each in people.of.items()}
    wanted = sorted(contact_ids | people.members.keys())
    # Whoever is being changed is passed over: an import holds thousands, and what waits for it would hold all lines.
    statement = (
        "SELECT id, coalesce(merged_into_id, id) FROM ripeline_contact WHERE id = ANY(%s)"
        " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [wanted])
        held = dict(cursor.fetchall())
    return {pk: held[pk] for pk in contact_ids if pk in held and held[pk] in held}

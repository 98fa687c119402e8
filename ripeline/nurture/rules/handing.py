"""The rules asked in the transaction in which mails are taken in hand: exact, however many workers there are.

Whoever counts what somebody got holds them until what is taken in hand is on disk, so that nobody else counts the same
at the same time. On SQLite the transaction holds the one lock there is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
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
    held = _hold(deliveries)
    people = people_of({each.contact_id for each in deliveries})
    found: dict[int, mail.NotNow | mail.Never] = {}
    going: dict[int, list[Sent]] = defaultdict(list)
    begun = set[tuple[int, str, int, str]]()
    asked = [asked_of(each) for each in deliveries]
    for delivery, ask, situation in zip(
        deliveries, asked, situations(asked, rules, now, people), strict=True
    ):
        person = people.of.get(delivery.contact_id)
        root = person.root if person else 0
        if situation is None or not (held is None or {delivery.contact_id, root} <= held):
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


def _hold(deliveries: Sequence[Delivery]) -> Set[int] | None:
    """Holds whom these go to, so that nobody else counts their mails and nobody merges them; the ids of those that
    could be held. None: all are."""
    if connection.vendor != "postgresql":
        return None
    contacts = {each.contact_id for each in deliveries}
    wanted = sorted(contacts | {each.contact.merged_into_id or each.contact_id for each in deliveries})
    # Whoever is being changed is passed over: an import holds thousands, and what waits for it would hold all lines.
    statement = "SELECT id FROM ripeline_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
    with connection.cursor() as cursor:
        cursor.execute(statement, [wanted])
        return {int(pk) for (pk,) in cursor.fetchall()}

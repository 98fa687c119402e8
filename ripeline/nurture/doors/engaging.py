"""Mails opened and links followed: touches, each with its verdict, and nothing of a machine's taken for a person's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from hashlib import blake2b

from django.db import transaction

from ripeline.capture.verdicts.again import read_facts_of
from ripeline.capture.verdicts.force import rules_in_force
from ripeline.capture.verdicts.judging import Facts, Verdict, judge
from ripeline.capture.verdicts.keeping import keep_verdicts
from ripeline.capture.verdicts.marking import add_marks
from ripeline.capture.verdicts.models import EngagementVerdict
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.nurture.doors.sessions import TOGETHER, Click, notice
from ripeline.nurture.rules.models import Preference
from ripeline.nurture.sending.keys import message_hash
from ripeline.nurture.sending.models import Delivery
from ripeline.timeline.identities.living import again_if_merged
from ripeline.timeline.models import Touch
from ripeline.timeline.record import record

ONCE_IN = 60
"""Seconds in which the same browser following the same link does so once."""
HIDDEN = "hidden"
PROXY, PROXIED = "mail-proxy", "opened-by-a-proxy"


def note_click(delivery: Delivery, link: int | None, leads: str, facts: Facts, *, now: datetime) -> Verdict:
    """Notes that a link was followed (None: the hidden one), and who did it. What others of the same mail turn out to
    be by it is said of them too."""

    def note() -> Verdict:
        with transaction.atomic():
            return _note(delivery, link, leads, facts, now)

    return again_if_merged(note)


def note_open(delivery: Delivery, chosen: str, facts: Facts, *, now: datetime) -> None:
    """Notes that a mail was opened, as far as its reader allows: not at all, the day alone, or as it was."""
    if chosen not in (Preference.Opens.DAY, Preference.Opens.FULL):
        return
    rules, name = rules_in_force(), message_hash(delivery.send_key)
    if PROXY in judge(facts, rules).signals:
        # It fetches pictures whether anybody looks at the mail or not.
        facts = replace(facts, marks=(*facts.marks, PROXIED))
    verdict = judge(facts, rules)
    if chosen == Preference.Opens.DAY:
        day = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        record(
            [_fact(delivery, "email_opened", f"mail:{name}:open:{verdict.actor}", day, verdict, {})], now=now
        )
        return
    uid = f"mail:{name}:open:{int(now.timestamp()) // ONCE_IN}:{_digest(facts)}"
    with transaction.atomic():
        if record([_fact(delivery, "email_opened", uid, now, verdict, {})], now=now).new:
            keep_verdicts({uid: (facts, verdict)}, rules, now=now)


def _note(delivery: Delivery, link: int | None, leads: str, facts: Facts, now: datetime) -> Verdict:
    number = HIDDEN if link is None else str(link)
    turn = int(now.timestamp()) // ONCE_IN
    uid = f"mail:{message_hash(delivery.send_key)}:click:{number}:{turn}:{_digest(facts)}"
    is_there = delivery.state != Delivery.State.HANDING
    delivered_at = (delivery.accepted_at or delivery.handed_at) if is_there else None
    found = notice(Click(uid, link, now, facts), _lately(delivery, now), delivered_at)
    rules = rules_in_force()
    facts = replace(facts, marks=tuple(dict.fromkeys((*facts.marks, *found.marks))))
    verdict = judge(facts, rules)
    attrs: dict[str, Scalar] = {"link": number}
    if leads:
        attrs["url"] = leads[:500]
    if record([_fact(delivery, "email_clicked", uid, now, verdict, attrs)], now=now).new:
        keep_verdicts({uid: (facts, verdict)}, rules, now=now)
    if found.earlier:
        add_marks(found.earlier, now=now)
    return verdict


def _lately(delivery: Delivery, now: datetime) -> Sequence[Click]:
    """Links of this mail followed within the last minute."""
    root = delivery.contact.merged_into_id or delivery.contact_id
    rows = Touch.objects.filter(
        contact=root, kind="email_clicked", at__gt=now - TOGETHER, at__lte=now, attrs__delivery=delivery.pk
    )
    touches = list(rows.order_by("at", "pk").values_list("uid", "at", "attrs"))
    kept = EngagementVerdict.objects.filter(pk__in=[uid for uid, _, _ in touches])
    of = dict(kept.values_list("touch_uid", "facts_id"))
    facts = read_facts_of(set(of.values()))
    return [
        Click(uid, _number(attrs.get("link")), at, facts[of[uid]])
        for uid, at, attrs in touches
        if uid in of and of[uid] in facts
    ]


def _number(said: object) -> int | None:
    return None if said == HIDDEN else int(str(said))


def _fact(
    delivery: Delivery, kind: str, uid: str, at: datetime, verdict: Verdict, attrs: dict[str, Scalar]
) -> Fact:
    about: dict[str, Scalar] = {
        "delivery": delivery.pk,
        "sent_by": delivery.source_kind,
        "sent_by_id": delivery.source,
        "step": delivery.step,
        "version": delivery.version_id,
        "message_id": delivery.message_id,
    }
    return Fact(
        id=uid,
        person=delivery.contact.key,
        at=to_instant(at),
        kind=kind,
        direction="in",
        actor=verdict.actor,
        subject=delivery.version.email.key,
        value=None,
        attrs=about | attrs,
    )


def _digest(facts: Facts) -> str:
    """Of the browser, so that two that follow the same link at once are two."""
    return blake2b(f"{facts.agent}\0{facts.network}\0{facts.method}".encode(), digest_size=6).hexdigest()

"""The rules in force: those that somebody kept last, else those that come with Ripeline."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from ripeline.capture.verdicts.models import JudgingAgain, VerdictRules
from ripeline.capture.verdicts.rules import Rules, known_rules, load_rules, shipped_rules
from ripeline.people.models import User

ONE_AT_A_TIME = 0x72697065
"""The lock by which workers on PostgreSQL take turns at the arrivals; who changes the rules waits for it too, so that
nothing is judged by the old ones after that."""
LONGEST_TITLE = 200


def rules_in_force() -> Rules:
    """The rules by which is judged at present."""
    text = VerdictRules.objects.filter(is_in_force=True).values_list("text", flat=True).first()
    return shipped_rules() if text is None else known_rules(text)


def put_in_force(text: str, *, by: User | None, note: str, now: datetime) -> VerdictRules:
    """Keeps a document and judges by it from now on. Raises BadRules."""
    rules = load_rules(text)
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        VerdictRules.objects.filter(is_in_force=True).update(is_in_force=False)
        # Under rules that are in force no more nothing is judged again.
        JudgingAgain.objects.filter(is_open=True).update(
            state=JudgingAgain.State.CANCELLED, is_open=False, ended_at=now
        )
        kept = keep_rules(rules, now=now)
        # Of the shipped ones nobody need be kept: with a newer Ripeline its own count.
        kept.is_in_force = rules.version != shipped_rules().version
        kept.author, kept.note, kept.put_in_force_at = by, note.strip(), now
        kept.save(update_fields=["is_in_force", "author", "note", "put_in_force_at"])
    return kept


def keep_rules(rules: Rules, *, now: datetime) -> VerdictRules:
    """The row of a version, made where there is none."""
    defaults = {"title": rules.title[:LONGEST_TITLE], "text": rules.text, "first_used_at": now}
    return VerdictRules.objects.get_or_create(version=rules.version, defaults=defaults)[0]

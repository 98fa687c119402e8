"""The rules in force."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.db import transaction

from ripeline.nurture.rules.definition import SHIPPED, Rules, read_rules
from ripeline.nurture.rules.models import SendingRules
from ripeline.people.models import User


def rules_in_force() -> Rules:
    """The rules that count now: one question to the database."""
    version = SendingRules.objects.filter(is_in_force=True).values_list("version", flat=True).first()
    return _read(version)


def text_in_force() -> str:
    """As it was written."""
    return SendingRules.objects.filter(is_in_force=True).values_list("text", flat=True).first() or SHIPPED


def put_in_force(text: str, *, by: User | None, note: str, now: datetime) -> Rules:
    """Keeps a document; it counts from now on, for all that was not handed over yet. Raises BadRules."""
    rules = read_rules(text)
    with transaction.atomic():
        SendingRules.objects.filter(is_in_force=True).update(is_in_force=False)
        said = {"text": text, "note": note, "author": by, "put_in_force_at": now, "is_in_force": True}
        SendingRules.objects.update_or_create(version=rules.version, defaults=said)
    return rules


@lru_cache(maxsize=8)
def _read(version: str | None) -> Rules:
    text = SHIPPED if version is None else SendingRules.objects.get(pk=version).text
    return read_rules(text)

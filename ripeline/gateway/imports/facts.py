"""What an import has to say to the log about one person: the touches of the rows, that they came by an import,
and which traits that changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ripeline.gateway.imports.decide import Decision
from ripeline.gateway.models import Import
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Scalar, Touch
from ripeline.timeline.changes import rule_traits


def facts_of(import_of: Import, decision: Decision, before: Mapping[str, Scalar]) -> list[Touch]:
    """The touches of one decision, each once by an id that is the same whenever this import writes it.

    A new contact gets `imported`, dated at the start of the import. What rules may look at and was not so
    `before` becomes a `traits_changed` touch, dated by the mapping's `traits_at`, else at the start of the
    import: that is when it became known.
    """
    contact = decision.contact
    assert contact is not None
    facts = [replace(touch, person=contact.key) for touch in decision.record.touches]
    started = _started(import_of)
    if decision.is_new:
        attrs: dict[str, Scalar] = {"source": contact.source} if contact.source else {}
        fact = _fact(f"import:{import_of.key}:{contact.key}", contact.key, started, "imported", attrs)
        facts.append(replace(fact, subject=import_of.name))
    after = rule_traits(contact) if decision.is_new or decision.columns or decision.traits else {}
    if changed := {name: value for name, value in after.items() if before.get(name) != value}:
        at = decision.record.traits_at
        uid = f"import:{import_of.key}:{contact.key}:{decision.record.line}"
        facts.append(_fact(uid, contact.key, started if at is None else at, "traits_changed", changed))
    return facts


def _fact(uid: str, person: str, at: int, kind: str, attrs: dict[str, Scalar]) -> Touch:
    return Touch(
        id=uid,
        person=person,
        at=at,
        kind=kind,
        direction="internal",
        actor="unknown",
        subject=None,
        value=None,
        attrs=attrs,
    )


def _started(import_of: Import) -> int:
    started: datetime | None = import_of.started_at
    assert started is not None
    return to_instant(started)

"""What an import has to say to the log about one person: the touches of the rows, that they came by an import,
and which traits that changed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime

from ripeline.gateway.imports.decide import Decision
from ripeline.gateway.models import Import
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Scalar, Touch
from ripeline.people.models import Company, Contact
from ripeline.timeline.changes import PERSONAL, rule_traits

OWN_KINDS = ("imported", "traits_changed")
"""What an import says of people beside the touches of its file."""


def own_kinds(decision: Decision, company: Company | None) -> list[str]:
    """The kinds of touches `facts_of` would add to those of the file, before anything is written. Of rows about
    somebody whom an earlier step of the file makes, none: the first row has said most.
    """
    if decision.is_new and decision.outcome != "created":
        return []
    if not (decision.is_new or decision.columns or decision.traits):
        return []
    before, after = _before_and_after(decision, company)
    is_other = any(before.get(name) != value for name, value in after.items())
    return ["imported"] * decision.is_new + ["traits_changed"] * is_other


def _before_and_after(
    decision: Decision, company: Company | None
) -> tuple[Mapping[str, Scalar], Mapping[str, Scalar]]:
    fields = decision.record.fields
    if decision.contact is None:
        columns = {name: fields.get(name, "") for name in PERSONAL}
        return {}, rule_traits(Contact(company=company, traits=dict(decision.record.traits), **columns))
    changed = copy(decision.contact)
    for name, value in decision.columns.items():
        setattr(changed, name, company if name == "company" else value)
    changed.traits = changed.traits | decision.traits
    return rule_traits(decision.contact), rule_traits(changed)


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

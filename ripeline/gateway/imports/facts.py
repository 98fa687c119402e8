"""What an import has to say to the log about one person: the touches of the rows, that they came by an import,
and which traits that changed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime

from ripeline.gateway.imports.decide import Decision
from ripeline.gateway.models import Import
from ripeline.kit.ids import new_key
from ripeline.kit.instants import to_instant
from ripeline.kit.paths import fits_address
from ripeline.lifecycle.touch import Scalar, Touch
from ripeline.people.contacts import ContactDraft
from ripeline.people.models import Company, Contact, User
from ripeline.timeline.changes import rule_traits

OWN_KINDS = ("imported", "traits_changed")
"""What an import says of people beside the touches of its file."""
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""When contacts and companies were made that never are: nothing looks at it."""


def draft_of(decision: Decision, company: Company | None, now: datetime) -> ContactDraft:
    """The contact that a decision makes of somebody new, under the key they came with, else a new one."""
    record, fields = decision.record, decision.record.fields
    return ContactDraft(
        key=record.person if fits_address(record.person) else new_key(),
        first_name=fields.get("first_name", ""),
        last_name=fields.get("last_name", ""),
        name=fields.get("name", ""),
        emails=tuple(decision.emails),
        phones=tuple(decision.phones),
        external=tuple(decision.external),
        title=fields.get("title", ""),
        seniority=fields.get("seniority", ""),
        company=company,
        country=fields.get("country", ""),
        language=fields.get("language", ""),
        time_zone=fields.get("time_zone", ""),
        source=fields.get("source", ""),
        owner=User(pk=record.owner) if record.owner else None,
        tags=tuple(decision.tags),
        traits=record.traits,
        created_at=min(record.created_at, now) if record.created_at else None,
    )


def own_kinds(decision: Decision, company: Company | None) -> list[str]:
    """The kinds of touches `facts_of` would add to those of the file, before anything is written. Of rows about
    somebody whom an earlier step of the file makes, none: the first row has said most.
    """
    if decision.is_new:
        if decision.outcome != "created":
            return []
        draft = draft_of(decision, company, UNDATED)
        return ["imported", "traits_changed"] if rule_traits(draft) else ["imported"]
    if decision.contact is None or not (decision.columns or decision.traits):
        return []
    before, after = rule_traits(decision.contact), rule_traits(_changed(decision.contact, decision, company))
    return ["traits_changed"] if any(before.get(name) != value for name, value in after.items()) else []


def _changed(contact: Contact, decision: Decision, company: Company | None) -> Contact:
    changed = copy(contact)
    for name, value in decision.columns.items():
        setattr(changed, name, company if name == "company" else value)
    changed.traits = changed.traits | decision.traits
    return changed


def facts_of(import_of: Import, decision: Decision, before: Mapping[str, Scalar]) -> list[Touch]:
    """The touches of one decision, each once by an id that is the same whenever this import writes it.

    A new contact gets `imported`, dated at the start of the import. What rules may look at and was not so
    `before` becomes a `traits_changed` touch, dated by the mapping's `traits_at`, else at the start of the
    import: that is when it became known.
    """
    key, known = decision.key, decision.draft or decision.contact
    assert known is not None
    facts = [_of(key, touch) for touch in decision.record.touches]
    started = _started(import_of)
    if decision.draft:
        attrs: dict[str, Scalar] = {"source": known.source} if known.source else {}
        uid = _uid(import_of, decision, "new")
        facts.append(_fact(uid, key, started, "imported", attrs, subject=import_of.name))
    after = rule_traits(known) if decision.is_new or decision.columns or decision.traits else {}
    if changed := {name: value for name, value in after.items() if before.get(name) != value}:
        at = decision.record.traits_at
        uid = _uid(import_of, decision, "traits")
        facts.append(_fact(uid, key, started if at is None else at, "traits_changed", changed))
    return facts


def _of(person: str, touch: Touch) -> Touch:
    """The touch of a row, now that it is known whose it is."""
    return Touch(
        id=touch.id,
        person=person,
        at=touch.at,
        kind=touch.kind,
        direction=touch.direction,
        actor=touch.actor,
        subject=touch.subject,
        value=touch.value,
        attrs=touch.attrs,
    )


def _fact(
    uid: str, person: str, at: int, kind: str, attrs: dict[str, Scalar], *, subject: str | None = None
) -> Touch:
    return Touch(
        id=uid,
        person=person,
        at=at,
        kind=kind,
        direction="internal",
        actor="unknown",
        subject=subject,
        value=None,
        attrs=attrs,
    )


def _uid(import_of: Import, decision: Decision, what: str) -> str:
    """Ids that grow with the lines of the file: the log's index of ids grows at its end, and only there."""
    return f"import:{import_of.key}:{decision.record.line:09}:{what}"


def _started(import_of: Import) -> int:
    started: datetime | None = import_of.started_at
    assert started is not None
    return to_instant(started)

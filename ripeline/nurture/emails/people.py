"""What a mail may know of people: plain data, read for many at once, and nothing that is alive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.nurture.segments.members import keys_of
from ripeline.people.models import Contact
from ripeline.timeline.definitions.active import NoPlaybook, active_playbook
from ripeline.timeline.heat import score_from

PersonData = Mapping[str, object]
"""`contact` with the FIELDS below, where they are known, and the moment `now` and day `today` of it."""
LONGEST, MOST, DEEPEST = 2_000, 200, 3
"""Letters of a value, entries of a list, and lists within lists: what a trait may hold is bounded."""
FIELDS: Mapping[str, str] = {
    "contact.name": "Name",
    "contact.first_name": "First name",
    "contact.last_name": "Last name",
    "contact.email": "Email address",
    "contact.title": "Job title",
    "contact.seniority": "Seniority",
    "contact.company.name": "Company",
    "contact.company.industry": "Industry",
    "contact.company.employees": "Employees of the company",
    "contact.company.domain": "Domain of the company",
    "contact.company.country": "Country of the company",
    "contact.country": "Country (two letters)",
    "contact.language": "Language",
    "contact.time_zone": "Time zone",
    "contact.owner.name": "Who looks after them",
    "contact.owner.email": "Address of who looks after them",
    "contact.stage.key": "Stage, by its key",
    "contact.stage.title": "Stage",
    "contact.score": "Score",
    "contact.grade": "Fit grade",
    "contact.rating": "Rating",
    "contact.persona.key": "Persona, by its key",
    "contact.persona.title": "Persona",
    "contact.tags": "Tags",
    "contact.segments": "Segments, by their keys",
    "contact.traits": "Traits",
}
GROUPS = frozenset({"contact", "contact.company", "contact.owner", "contact.stage", "contact.persona"})
"""What has fields and cannot be written itself."""


@dataclass(frozen=True, slots=True)
class _Titles:
    stages: Mapping[str, str]
    personas: Mapping[str, str]
    playbook: Playbook | None


def data_of(contact_ids: Iterable[int], now: datetime) -> dict[int, PersonData]:
    """What mails may know of these contacts, by id, in a fixed number of questions to the database.

    Of somebody who was merged it is what is known of whom they are. What is not known is left out, never empty.
    """
    wanted = set(contact_ids)
    rows = Contact.objects.filter(pk__in=wanted).select_related(
        *(
            "company",
            "owner",
            "standing",
            "merged_into__company",
            "merged_into__owner",
            "merged_into__standing",
        )
    )
    found = {each.pk: each.merged_into or each for each in rows}
    titles, day = _titles(), day_of(to_instant(now))
    when = {"now": now.isoformat(), "today": now.date().isoformat()}
    segments = keys_of({each.pk for each in found.values()})
    return {
        pk: {"contact": _known(each, titles, segments.get(each.pk, ()), day), **when}
        for pk, each in found.items()
    }


def plain(value: object, depth: int = 0) -> object:
    """A value as mails may read it: text, numbers, yes and no, lists and groups of these; None for what is none."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return "".join(each for each in value[:LONGEST] if each >= " " or each in "\n\t") or None
    if isinstance(value, date):
        return value.isoformat()
    if depth >= DEEPEST:
        return None
    if isinstance(value, Mapping):
        inner = {str(key)[:LONGEST]: plain(each, depth + 1) for key, each in list(value.items())[:MOST]}
        return {key: each for key, each in inner.items() if each is not None}
    if isinstance(value, list | tuple):
        entries = (plain(each, depth + 1) for each in value[:MOST])
        return [each for each in entries if each is not None]
    return None


def _known(contact: Contact, titles: _Titles, segments: Sequence[str], day: int) -> object:
    company, owner = contact.company, contact.owner
    standing = getattr(contact, "standing", None)
    said: dict[str, Any] = {
        name: getattr(contact, name)
        for name in ("name", "first_name", "last_name", "email", "title", "seniority")
    }
    said |= {name: getattr(contact, name) for name in ("country", "language", "time_zone", "traits")}
    said |= {"tags": [str(each) for each in contact.tags], "segments": list(segments)}
    if company is not None:
        names = ("name", "industry", "employees", "domain", "country")
        said["company"] = {name: getattr(company, name) for name in names}
    if owner is not None:
        said["owner"] = {"name": owner.name or owner.email, "email": owner.email}
    if standing is not None:
        score = titles.playbook.score if titles.playbook else None
        shown = score_from(standing.heat, day, half_life=score.half_life, limit=score.max) if score else 0
        said |= {"grade": standing.grade, "rating": standing.rating, "score": round(shown)}
        said["stage"] = _titled(standing.stage, titles.stages)
        said["persona"] = _titled(standing.persona, titles.personas)
    return plain(said)


def _titled(key: str | None, titles: Mapping[str, str]) -> dict[str, str] | None:
    return {"key": key, "title": titles.get(key, key)} if key else None


def _titles() -> _Titles:
    try:
        playbook = active_playbook()
    except NoPlaybook:
        return _Titles({}, {}, None)
    stages = {each.key: each.title for each in playbook.stages}
    return _Titles(stages, {each.key: each.title for each in playbook.personas}, playbook)

"""What answers make of a contact: columns, traits, a phone number, a company; blanks filled or values replaced, as
each field says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ripeline.capture.forms.definition import COLUMNS, Definition, Question
from ripeline.capture.forms.reading import Answer
from ripeline.lifecycle.touch import Scalar
from ripeline.people.contacts import LONGEST, MOST_TRAITS, ContactDraft, display_name
from ripeline.people.employers import company_at
from ripeline.people.models import Company
from ripeline.people.values import read_country, read_language, read_name

NAMES = ("name", "first_name", "last_name")


def email_of(definition: Definition, answers: Mapping[str, Answer]) -> str:
    """The address that was given; "" for none."""
    return next((str(answers[each.name]) for each in definition.fields if _is_address(each, answers)), "")


def with_answers(
    draft: ContactDraft, definition: Definition, answers: Mapping[str, Answer], *, now: datetime
) -> ContactDraft:
    """A contact as it is by these answers. A name is taken whole or not at all: never one person's first name before
    another's last. The company is that of their address, called as the first of its people says."""
    said = [(each, answers[each.name]) for each in definition.fields if each.name in answers]
    columns: dict[str, Any] = dict(_columns(draft, said))
    traits = dict(draft.traits)
    phones = draft.phones
    for asked, answer in said:
        if asked.type == "phone":
            phones = _phones(phones, str(answer), asked)
        elif asked.becomes == "trait" and _may_tell(asked, traits):
            traits[asked.name] = scalar(answer)
    company = _company(draft, said, email_of(definition, answers), now)
    return replace(draft, **columns, traits=traits, phones=phones, company=company)


def scalar(answer: Answer) -> Scalar:
    """An answer as one value: several are joined by commas."""
    return ", ".join(answer) if isinstance(answer, list) else answer


def _is_address(asked: Question, answers: Mapping[str, Answer]) -> bool:
    return asked.type == "email" and bool(answers.get(asked.name))


def _may_tell(asked: Question, traits: Mapping[str, Scalar]) -> bool:
    if traits.get(asked.name) not in (None, ""):
        return asked.fill == "overwrite"
    return asked.name in traits or len(traits) < MOST_TRAITS


def _columns(draft: ContactDraft, said: list[tuple[Question, Answer]]) -> dict[str, str]:
    found = {each.becomes: value for each, answer in said if (value := _column(each, answer))}
    replaced = {each.becomes for each, _ in said if each.fill == "overwrite"}
    columns = {
        name: value
        for name, value in found.items()
        if name not in NAMES and (name in replaced or not getattr(draft, name))
    }
    is_named = any(getattr(draft, name) for name in NAMES)
    if found.keys() & set(NAMES) and (not is_named or replaced & set(NAMES)):
        columns |= _names(draft, found)
    return columns


def _names(draft: ContactDraft, found: Mapping[str, str]) -> dict[str, str]:
    """The name as it was told; of a part alone the rest stays."""
    if "name" in found and not found.keys() & {"first_name", "last_name"}:
        first, last = read_name(found["name"])
        return {"name": found["name"], "first_name": first, "last_name": last}
    first, last = (found.get(name, getattr(draft, name)) for name in ("first_name", "last_name"))
    return {"name": found.get("name") or display_name(first, last), "first_name": first, "last_name": last}


def _column(asked: Question, answer: Answer) -> str:
    """An answer as a column of the contact holds it; "" where it becomes none."""
    text = str(scalar(answer))
    if asked.becomes == "country":
        return read_country(text[:80]) or ""
    if asked.becomes == "language":
        return read_language(text[:80]) or ""
    if asked.becomes not in COLUMNS or asked.becomes == "company":
        return ""
    return text[: LONGEST[asked.becomes]]


def _phones(phones: tuple[str, ...], number: str, asked: Question) -> tuple[str, ...]:
    if number in phones:
        return phones
    if not phones:
        return (number,)
    return (number, *phones) if asked.fill == "overwrite" else phones


def _company(
    draft: ContactDraft, said: list[tuple[Question, Answer]], address: str, now: datetime
) -> Company | None:
    named = next(((each, str(scalar(answer))) for each, answer in said if each.becomes == "company"), None)
    name = named[1].strip()[: LONGEST["company"]] if named else ""
    has_one = draft.company is not None and not (named and named[0].fill == "overwrite")
    found = company_at(address, now=now, make=not has_one, name=name) if address else None
    if has_one:
        return draft.company
    if found is None and name:
        return _company_called(name, now)
    return found or draft.company


def _company_called(name: str, now: datetime) -> Company:
    found = Company.objects.filter(name=name).order_by("pk").first()
    return found or Company.objects.create(name=name, created_at=now, updated_at=now)

"""Which questions a visitor is asked: all, or of the progressive ones those whose answer we do not have from them.

Only what this very browser told us before counts as known, and what stands in our books once its user proved who they
are by a link we sent them. So nobody learns by the questions what we know of others; and no answer is ever shown.
"""

from __future__ import annotations

from ripeline.capture.forms.definition import COLUMNS, QUESTIONS, Definition, Question
from ripeline.capture.forms.models import Submission
from ripeline.people.models import Contact, Visitor
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.models import Touch

LATEST = 50
"""So many submissions of a browser are looked at."""


def fields_to_ask(definition: Definition, visitor: str) -> tuple[Question, ...]:
    """The fields of a form for a browser (by its key, "" for none), in order."""
    progressive = [each for each in definition.fields if each.progressive]
    if not progressive:
        return definition.fields
    known = _known(visitor) if visitor else frozenset()
    unknown = [each for each in progressive if meaning_of(each) not in known]
    asked = unknown[: definition.ask_at_most or None]
    return tuple(each for each in definition.fields if not each.progressive or each in asked)


def meaning_of(asked: Question) -> str:
    """What a question is about, whichever form asks it: a column, a qualifying question, or a line by its name."""
    if asked.type in ("email", "phone"):
        return asked.type
    return asked.becomes if asked.becomes in (*COLUMNS, *QUESTIONS) else f"= {asked.name}"


def _known(visitor: str) -> frozenset[str]:
    browser = Visitor.objects.select_related("contact__merged_into").filter(key=visitor).first()
    if browser is None:
        return frozenset()
    sent = Submission.objects.filter(visitor=browser, outcome=Submission.Outcome.ACCEPTED)
    rows = sent.select_related("version").order_by("-pk")[:LATEST]
    found = {meaning for row in rows for meaning in _told(row)}
    user = browser.user
    proven = Identification.objects.filter(visitor=browser, contact=browser.contact_id, how="link")
    if user is not None and proven.exists():
        found |= _in_our_books(user)
    return frozenset(found)


def _told(row: Submission) -> set[str]:
    if row.version is None:
        return set()
    definition = Definition.model_validate(row.version.definition)
    return {meaning_of(each) for each in definition.fields if each.name in row.answers}


def _in_our_books(contact: Contact) -> set[str]:
    columns = {name for name in COLUMNS if name != "company" and getattr(contact, name)}
    traits = {f"= {name}" for name, value in contact.traits.items() if value not in (None, "")}
    answers = Touch.objects.filter(contact=contact, kind="answered", subject__in=QUESTIONS)
    company = {"company"} if contact.company_id else set()
    return columns | company | traits | {str(each) for each in answers.values_list("subject", flat=True)}

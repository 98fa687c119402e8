"""An email as somebody would get it, to look at before it is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from ripeline.kit.folding import fold_words
from ripeline.nurture.emails.compiling import compile_email
from ripeline.nurture.emails.content import Content, read_content
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.models import Email, EmailVersion
from ripeline.nurture.emails.people import PersonData, data_of
from ripeline.nurture.emails.rendering import Lacking, Rendered, Sender, Shown, render
from ripeline.nurture.emails.versions import version_of
from ripeline.nurture.sending.ours import our_settings
from ripeline.people.models import Contact

Light = Literal["light", "dark"]
POLICY = (
    "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self';"
    " base-uri 'none'; form-action 'none'"
)
"""What a page that shows a mail may do: show it. No script runs, nothing is sent, nothing comes but pictures."""
EXAMPLE: PersonData = {
    "contact": {
        "name": "Robin Example",
        "first_name": "Robin",
        "last_name": "Example",
        "email": "robin@example.com",
        "title": "Author",
        "company": {
            "name": "Example & Sons",
            "industry": "Publishing",
            "employees": 12,
            "domain": "example.com",
        },
        "country": "gb",
        "language": "en",
        "owner": {"name": "Your colleague", "email": "colleague@example.com"},
        "stage": {"key": "lead", "title": "Lead"},
        "score": 20,
        "tags": [],
        "segments": [],
        "traits": {},
    },
    "now": "2026-03-03T09:00:00+00:00",
    "today": "2026-03-03",
}
"""Somebody made up, for installations that know nobody yet."""
MOST_FOUND = 8
_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")


def find_people(words: str) -> Sequence[Contact]:
    """People whose name, address or company has these words in it."""
    found = Contact.objects.filter(merged_into=None).exclude(email="")
    for word in fold_words(words).split()[:6]:
        found = found.filter(search_text__contains=word)
    return list(found.order_by("sort_name", "pk")[:MOST_FOUND])


def of_persona(persona: str) -> Contact | None:
    """The one of a persona who was warmest lately."""
    found = Contact.objects.filter(merged_into=None, standing__persona=persona).exclude(email="")
    return found.order_by("-standing__heat", "pk").first()


def person_to_show(contact: Contact | None, now: datetime) -> PersonData:
    """What mails know of this contact, or somebody made up."""
    if contact is None:
        return {**EXAMPLE, "now": now.isoformat(), "today": now.date().isoformat()}
    return data_of([contact.pk], now)[contact.pk]


def look(email: Email, version: EmailVersion | None, person: PersonData) -> Rendered | Lacking | Mistakes:
    """The email for one person: of this version, or (None) as it is being written."""
    if version is None:
        return look_at(read_content(email.draft), person)
    return render(version, person, links=Shown(), sender=sender())


def look_at(content: Content, person: PersonData) -> Rendered | Lacking | Mistakes:
    """What is being written, for one person."""
    made = compile_email(content)
    if isinstance(made, Mistakes):
        return made
    return render(version_of(made, content), person, links=Shown(), sender=sender())


def sender() -> Sender:
    """Who sends, as the settings say; where they name no postal address, words that say so, since this is not sent."""
    ours = our_settings()
    return Sender(
        ours.from_name, ours.postal_address or "[Your postal address, from the settings of sending]"
    )


def in_light(html: str, light: Light) -> str:
    """The mail as a program shows it that is set to light or dark, whatever this browser is set to."""
    chosen = _SCHEME.sub(lambda match: "all" if match[1] == light else "not all", html)
    scheme = f"<style>:root {{ color-scheme: {light} }}</style>"
    return re.sub(r"<head\b[^>]*>", lambda match: match[0] + scheme, chosen, count=1)

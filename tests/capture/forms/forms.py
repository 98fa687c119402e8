"""Forms for tests, and what a browser does with them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils.html import escape

from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.making import Refused, make_form, publish
from ripeline.capture.forms.models import Form
from ripeline.capture.forms.tokens import sign_page

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
BROWSER = "ab" * 16
DEMO: dict[str, Any] = {
    "languages": ["en", "de"],
    "title": {"en": "Ask for a demo", "de": "Vorführung anfragen"},
    "thanks": {"en": "Thank you, we will call."},
    "fields": [
        {"name": "email", "type": "email", "label": {"en": "Email", "de": "E-Mail"}, "required": True},
        {"name": "full_name", "type": "text", "label": {"en": "Your name"}, "becomes": "name"},
        {"name": "employer", "type": "text", "label": {"en": "Company"}, "becomes": "company"},
        {
            "name": "role",
            "type": "choice",
            "label": {"en": "You are"},
            "becomes": "trait",
            "choices": [
                {"value": "author", "label": {"en": "an author"}},
                {"value": "publisher", "label": {"en": "a publisher"}},
            ],
        },
        {
            "name": "when",
            "type": "choice",
            "label": {"en": "When do you start?"},
            "becomes": "timeline",
            "choices": [
                {"value": "now", "label": {"en": "This month"}},
                {"value": "later", "label": {"en": "Later"}},
            ],
        },
        {
            "name": "books",
            "type": "number",
            "label": {"en": "Books"},
            "becomes": "trait",
            "least": 0,
            "most": 500,
        },
        {"name": "wish", "type": "long", "label": {"en": "What do you need?"}},
        {"name": "campaign", "type": "hidden", "source": "utm_campaign"},
        {
            "name": "letters",
            "type": "consent",
            "label": {"en": "Send me the newsletter"},
            "purpose": "newsletter",
        },
    ],
}


def make_demo(
    key: str = "demo", *, origins: list[str] | None = None, now: datetime = NOW, **changes: Any
) -> Form:
    """A form in use, as DEMO with changes."""
    form = make_form("Demo", Definition.model_validate({**DEMO, **changes}), by=None, now=now, key=key)
    if origins:
        form.origins = origins
        form.save()
    done = publish(form, by=None, now=now)
    assert not isinstance(done, Refused), done.why
    return form


def browser(**headers: str) -> Client:
    """A person's browser, signed in nowhere."""
    said = {"user-agent": PERSON, "accept-language": "en-GB,en;q=0.9", **headers}
    return Client(headers=said)


def token_for(
    form: Form, *, ago: timedelta = timedelta(minutes=1), now: datetime, asked: list[str] | None = None
) -> str:
    """The token of a page that was shown a while ago."""
    assert form.version is not None
    definition = Definition.model_validate(form.version.definition)
    names = asked if asked is not None else [each.name for each in definition.fields]
    return sign_page(form.key, form.version.number, language="en", asked=names, now=now - ago)


def token_in(page: str) -> str:
    """The token that a page carries."""
    found = re.search(r'name="ripeline_token" value="([^"]+)"', page)
    assert found, "the page has no token"
    return found[1]


def escaped(text: str) -> str:
    """As a text stands in a page."""
    return str(escape(text))

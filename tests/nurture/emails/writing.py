"""Emails for tests, without a database."""

from __future__ import annotations

from typing import Any

from ripeline.nurture.emails.compiling import Compiled, compile_email
from ripeline.nurture.emails.content import Content
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.models import EmailVersion
from ripeline.nurture.emails.rendering import Lacking, Rendered, Sender, Shown, render

SENDER = Sender("Quill & Harbour", "Quay 1, 1000 Port")
ANN: dict[str, Any] = {
    "contact": {
        "first_name": "Ann",
        "email": "ann@reader.example",
        "language": "en",
        "score": 12,
        "company": {"name": "Reed & Sons"},
        "persona": {"key": "self_publisher", "title": "Self-publisher"},
        "stage": {"key": "lead", "title": "Lead"},
        "tags": ["crime", "fair"],
        "segments": ["spring"],
        "traits": {"books": 3},
    },
    "now": "2026-03-03T12:00:00+00:00",
    "today": "2026-03-03",
}


def compiled(body: str, subject: str = "Hello", mode: str = "plain", **more: Any) -> Compiled:
    made = compile_email(Content.model_validate({"body": body, "subject": subject, "mode": mode, **more}))
    assert isinstance(made, Compiled), str(made)
    return made


def mistakes(body: str, subject: str = "Hello", mode: str = "plain", **more: Any) -> list[str]:
    made = compile_email(Content.model_validate({"body": body, "subject": subject, "mode": mode, **more}))
    assert isinstance(made, Mistakes), made
    return [str(each) for each in made.found]


def version_of(made: Compiled, language: str = "en") -> EmailVersion:
    return EmailVersion(
        content={"language": language},
        subject=made.subject,
        html=made.html,
        text=made.text,
        links=list(made.links),
    )


def shown(made: Compiled, **known: Any) -> Rendered | Lacking:
    person = {**ANN, "contact": {**ANN["contact"], **known}}
    return render(version_of(made), person, links=Shown(), sender=SENDER)


def written(body: str, subject: str = "Hello", mode: str = "plain", **known: Any) -> Rendered:
    found = shown(compiled(body, subject, mode), **known)
    assert isinstance(found, Rendered), found
    return found


def block(text: str) -> str:
    """A text in a mail of MJML."""
    return (
        "<mjml><mj-body><mj-section><mj-column>"
        f"<mj-text>{text}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )

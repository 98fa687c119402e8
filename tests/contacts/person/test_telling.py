"""Touches in words: as people tell each other what happened, no word twice."""

from datetime import UTC, datetime

import pytest

from ripeline.contacts.person.telling import tell
from ripeline.lifecycle.playbook import load_playbook
from ripeline.timeline.models import Touch

pytestmark = pytest.mark.pure

PLAYBOOK = load_playbook("key: small\nstages: [{key: low}]\n")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def told(kind: str, subject: str | None = None, **attrs: str) -> tuple[str, tuple[str, ...]]:
    said = tell(Touch(at=NOW, received_at=NOW, kind=kind, subject=subject, attrs=attrs), PLAYBOOK)
    return f"{said.words} {said.subject}".strip(), said.facts


@pytest.mark.parametrize(
    ("kind", "subject", "words"),
    [
        ("subscribed", "newsletter", "Subscribed to the newsletter"),
        ("subscribed", "spring-letters", "Subscribed to spring-letters"),
        ("email_replied", "message", "Replied to our message"),
        ("email_replied", "quote", "Replied to our quote"),
        ("chat_held", "website", "Chatted on the website"),
        ("chat_held", None, "Chatted"),
        ("identified", "checkout", "Told us who they are through checkout"),
        ("identified", "webinar", "Told us who they are through the webinar"),
        ("form_submitted", "newsletter", "Sent the form newsletter"),
    ],
)
def test_a_common_noun_has_its_article(kind: str, subject: str | None, words: str) -> None:
    assert told(kind, subject)[0] == words


def test_a_value_that_begins_with_its_name_says_it_once() -> None:
    assert told("form_submitted", "webinar", webinar="webinar-covers")[1] == ("webinar-covers",)
    assert told("form_submitted", "webinar", webinar="covers")[1] == ("webinar covers",)
    assert told("deal_opened", "launch plan 1", product="course-launch")[1] == ("product course-launch",)


def test_what_a_browser_tells_of_every_page_is_for_reports_not_for_readers() -> None:
    page = {
        "url": "https://www.example.com/p?x=1",
        "referrer": "https://www.google.com/",
        "visit": "2b0d6a3c6c6f4d8a9f9e0c5b8f1f7f10",
        "language": "nl-NL",
        "title": "Prices",
    }
    assert told("page_viewed", "/p", **page) == ("Viewed /p", ())
    found = told("page_viewed", "/p", **page, source="search", source_name="Google")
    assert found[1] == ("came by search, Google",)
    assert told("page_viewed", "/p", **page, source="direct")[1] == ()
    assert told("page_viewed", "/p", source="mail", utm_source="letter")[1] == ("from letter",)
    assert told("link_clicked", "https://x.example/", url="https://x.example/", event="Link Clicked")[1] == ()

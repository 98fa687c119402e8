"""How visitors came."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ripeline.capture.digest.sources import Source, campaign_of, referrer_source, source_of

SHARED = Path(os.environ.get("RIPELINE_SHARED", Path(__file__).parents[3].parent / "shared"))
REFERRERS = SHARED / "data/referer_parser/resources/referer-tests.json"
HOME = "https://www.example.com/"
# The list's words for our classes; robots that talk find pages for people, as searches do.
CLASSES = {
    "search": "search",
    "social": "social",
    "email": "mail",
    "paid": "paid",
    "unknown": "referral",
    "chatbot": "search",
}


@pytest.mark.parametrize(
    ("url", "referrer", "expected"),
    [
        (HOME, "", Source("direct")),
        (HOME, "https://www.google.nl/search?q=x", Source("search", "Google")),
        (HOME, "https://mail.google.com/mail/u/0/", Source("mail", "Gmail")),
        (HOME, "https://l.facebook.com/", Source("social", "Facebook")),
        (HOME, "android-app://com.linkedin.android/", Source("social", "LinkedIn")),
        (HOME, "https://blog.partner.example/post", Source("referral", "blog.partner.example")),
        (HOME, "https://example.com/other", None),
        (HOME, "not an address", None),
        (HOME, "https://[::1", None),
        (f"{HOME}?gclid=a", "https://www.google.com/", Source("paid", "Google")),
        (f"{HOME}?utm_source=letter&utm_medium=Email", "", Source("mail", "letter")),
        (f"{HOME}?utm_source=guild&utm_medium=odd", "", Source("referral", "guild")),
        (f"{HOME}?utm_source=x&utm_medium=cpc", "https://example.com/other", Source("paid", "x")),
    ],
)
def test_how_somebody_came(url: str, referrer: str, expected: Source | None) -> None:
    assert source_of(url, referrer, campaign_of(url, {})) == expected


def test_a_campaign_that_a_library_says_apart_counts_too() -> None:
    said = {"source": "letter", "medium": "email", "name": "March"}
    assert campaign_of(HOME, said) == {"utm_source": "letter", "utm_medium": "email", "utm_campaign": "March"}


@pytest.mark.skipif(not REFERRERS.exists(), reason=f"the shared data is not at {SHARED}")
def test_known_referrers_are_of_their_class() -> None:
    listed = [each for each in json.loads(REFERRERS.read_text()) if each["medium"] in CLASSES]
    assert len(listed) > 100
    missed = [
        each["uri"]
        for each in listed
        if (found := referrer_source(each["uri"])) is None or found.kind != CLASSES[each["medium"]]
    ]
    assert len(missed) <= 0.1 * len(listed), missed

"""Who passes by the demo company's website."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ripeline.capture.collector.steps import Coming, take
from ripeline.capture.verdicts.judging import Facts, judge
from ripeline.capture.verdicts.rules import shipped_rules
from ripeline.demo.website import DAYS, browser_of, in_browsers, passers
from ripeline.lifecycle.instant import MINUTE
from ripeline.lifecycle.touch import Touch

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
SENT = passers(1, NOW)


def view(minute: int, path: str = "/pricing", **attrs: Any) -> Touch:
    return Touch(f"t{minute}", "ann", minute * MINUTE, "page_viewed", "in", "human", path, None, attrs)


def test_a_month_of_strangers_passes_by_always_the_same_and_never_in_the_future() -> None:
    assert passers(1, NOW) == SENT
    assert passers(2, NOW) != SENT
    assert NOW - timedelta(days=DAYS + 2) < SENT[0].at < NOW - timedelta(days=DAYS - 2)
    assert sorted(SENT, key=lambda each: each.at) == SENT
    assert NOW - timedelta(hours=6) < SENT[-1].at < NOW
    # Some twenty a day at weekends, twice that on working days, with two or three events each.
    assert 1500 < len(SENT) < 6000


def test_the_collector_takes_all_of_it_and_some_of_it_is_machines() -> None:
    verdicts = [judge(Facts(each.agent, "POST", each.marks), shipped_rules()).actor for each in SENT]
    assert 0.05 < verdicts.count("machine") / len(verdicts) < 0.3
    assert verdicts.count("human") + verdicts.count("machine") == len(verdicts)
    assert all(take(Coming(json.dumps(each.event).encode())) is None for each in SENT[:200])
    assert len({each.event["messageId"] for each in SENT}) == len(SENT)


@pytest.mark.parametrize(
    ("words", "source"),
    [
        (
            {"utm_source": "newsletter", "utm_medium": "email"},
            {"source": "mail", "source_name": "newsletter"},
        ),
        ({"utm_source": "google", "utm_medium": "cpc"}, {"source": "paid", "source_name": "google"}),
    ],
)
def test_a_known_persons_visit_says_at_its_first_page_how_they_came(
    words: dict[str, str], source: dict[str, str]
) -> None:
    seen = list(in_browsers(iter([view(60, **words), view(70), view(200)])))
    assert source.items() <= seen[0].attrs.items()
    assert "source" not in seen[1].attrs, "the same visit"
    assert seen[2].attrs["source"] in ("direct", "search")
    assert (seen[1].attrs["url"], seen[1].attrs["title"]) == (
        "https://www.quill-and-harbour.example/pricing",
        "Pricing",
    )
    assert len(browser_of("ann")) == 32

"""Verdicts on what arrives: on the touch, and kept with their facts and signals."""

from __future__ import annotations

import pytest

from ripeline.capture.verdicts.models import EngagementVerdict, RequestFacts, VerdictRules
from ripeline.capture.verdicts.rules import shipped_rules
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import BROWSER, digested, page, server, track, website

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_did_it_stands_on_the_touch_and_why_beside_it() -> None:
    key = website()
    digested(key, page("/a"))
    digested(key, page("/b"), marks=["webdriver"])
    digested(key, page("/c"), agent="curl/8.5")
    assert dict(Touch.objects.values_list("subject", "actor")) == {
        "/a": "human",
        "/b": "machine",
        "/c": "machine",
    }
    kept = EngagementVerdict.objects.get(touch_uid=Touch.objects.get(subject="/b").uid)
    assert (kept.actor, kept.signals, kept.rules) == (
        "machine",
        ["webdriver", "browser"],
        shipped_rules().version,
    )
    facts = RequestFacts.objects.get(pk=kept.facts_id)
    assert (facts.agent, facts.marks, facts.method) == (BROWSER, ["webdriver"], "POST")
    assert VerdictRules.objects.get().text == shipped_rules().text


def test_facts_that_are_alike_are_kept_once() -> None:
    key = website()
    digested(key, *(page(f"/{number}") for number in range(20)))
    digested(key, page("/later"))
    assert EngagementVerdict.objects.count() == 21
    assert RequestFacts.objects.count() == 1


def test_a_server_is_judged_by_the_browser_it_tells_of_or_not_at_all() -> None:
    key = server()
    digested(key, track("A", userId="7"), agent="analytics-node/3.1")
    digested(key, track("B", userId="7", context={"userAgent": BROWSER}), agent="analytics-node/3.1")
    digested(key, track("C", userId="7", context={"userAgent": "Googlebot/2.1"}), agent="analytics-node/3.1")
    assert dict(Touch.objects.values_list("kind", "actor")) == {"a": "unknown", "b": "human", "c": "machine"}
    assert EngagementVerdict.objects.count() == 2

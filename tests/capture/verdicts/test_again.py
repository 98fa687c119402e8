"""Rules that somebody keeps, and the past judged again by them."""

from __future__ import annotations

import signal
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from ripeline.capture.verdicts.again import attend_judging, begin_judging, cancel_judging
from ripeline.capture.verdicts.force import put_in_force, rules_in_force
from ripeline.capture.verdicts.models import EngagementVerdict, JudgingAgain, VerdictRules
from ripeline.capture.verdicts.rules import BadRules, shipped_rules
from ripeline.people.models import Contact
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.history.models import HistoryChange
from ripeline.timeline.models import Reassessment, Touch
from tests.capture.digest.arriving import digested, identify, page, server, track, website
from tests.factories import LADDER, NOW
from tests.processes import worker

pytestmark = pytest.mark.django_db(transaction=True)
OURS = """
title: Ours
rules:
  - {signal: our-monitor, says: machine, agent: ['QuillEye']}
  - {signal: known-robot, says: machine, listed: [is-bot], but: ['Corporate Crawler Browser']}
  - {signal: browser, says: human, agent: ['^Mozilla/5']}
"""
MONITOR = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 QuillEye"
CLIENT = "Mozilla/5.0 (Windows NT 10.0) Corporate Crawler Browser/1.0 Chrome/140.0"


def judged_all() -> int:
    """Works until the past is judged; how many steps that took."""
    steps = 0
    while attend_judging(NOW, most=3):
        steps += 1
    return steps


def actors() -> dict[str, str]:
    rows = Touch.objects.filter(kind="page_viewed").values_list("subject", "actor")
    return {subject or "": actor for subject, actor in rows}


def test_what_is_kept_counts_from_then_on_and_for_the_past_once_that_is_asked_for() -> None:
    key = website()
    digested(key, identify("7"), page("/a"), agent=MONITOR)
    digested(key, page("/b"), page("/c"), agent=CLIENT)
    digested(key, page("/d"), now=NOW + timedelta(minutes=1))
    digested(server(), track("Signed In", userId="8"))
    assert actors() == {"/a": "human", "/b": "machine", "/c": "machine", "/d": "human"}
    Reassessment.objects.all().delete()
    HistoryChange.objects.all().delete()
    put_in_force(OURS, by=None, note="our own", now=NOW)
    digested(key, page("/e"), agent=MONITOR)
    assert actors() == {"/a": "human", "/b": "machine", "/c": "machine", "/d": "human", "/e": "machine"}
    Reassessment.objects.all().delete()
    begun = begin_judging(by=None, now=NOW)
    assert begun is not None
    assert begin_judging(by=None, now=NOW) is None, "one at a time"
    assert judged_all() == 2
    assert actors() == {"/a": "machine", "/b": "human", "/c": "human", "/d": "human", "/e": "machine"}
    begun.refresh_from_db()
    assert (begun.state, begun.total, begun.looked_at, begun.changed) == ("done", 6, 6, 4)
    assert set(EngagementVerdict.objects.values_list("rules", flat=True)) == {rules_in_force().version}
    assert EngagementVerdict.objects.get(touch_uid=Touch.objects.get(subject="/a").uid).signals == [
        "our-monitor",
        "browser",
    ]
    ann = Touch.objects.get(subject="/a").contact
    due = Reassessment.objects.get()
    assert ann is not None
    assert due.contact == ann, "of the other nothing changed"
    assert due.withdrawn_at == NOW
    assert set(HistoryChange.objects.values_list("contact_id", flat=True)) == {ann.pk}
    assert Touch.objects.get(kind="signed_in").actor == "unknown"


def test_shipped_rules_can_be_taken_again_and_no_mistake_is_kept() -> None:
    put_in_force(OURS, by=None, note="", now=NOW)
    with pytest.raises(BadRules, match="is-bots"):
        put_in_force(OURS.replace("[is-bot]", "[is-bots]"), by=None, note="", now=NOW)
    assert rules_in_force().title == "Ours"
    put_in_force(shipped_rules().text, by=None, note="", now=NOW)
    assert rules_in_force() is shipped_rules()
    assert VerdictRules.objects.filter(is_in_force=True).count() == 0


def test_what_is_cancelled_ends_where_it_stands_and_other_rules_end_it_too() -> None:
    digested(website(), *(page(f"/{number}") for number in range(8)), agent=MONITOR)
    put_in_force(OURS, by=None, note="", now=NOW)
    begun = begin_judging(by=None, now=NOW)
    assert begun is not None
    attend_judging(NOW, most=3)
    assert cancel_judging(begun, now=NOW)
    assert not cancel_judging(begun, now=NOW)
    assert attend_judging(NOW) == 0
    assert sorted(actors().values()) == ["human"] * 5 + ["machine"] * 3
    assert begin_judging(by=None, now=NOW) is not None
    put_in_force(shipped_rules().text, by=None, note="", now=NOW)
    assert attend_judging(NOW) == 0
    assert list(JudgingAgain.objects.values_list("state", flat=True)) == ["cancelled", "cancelled"]


def test_a_pattern_that_goes_round_in_circles_holds_up_nobody() -> None:
    put_in_force("rules: [{signal: x, says: machine, agent: ['^(a|a)*$']}]", by=None, note="", now=NOW)
    started = time.monotonic()
    digested(website(), page("/a"), agent="a" * 400 + "!")
    assert time.monotonic() - started < 5
    assert actors() == {"/a": "unknown"}


def test_however_often_the_worker_is_killed_each_verdict_is_found_once() -> None:
    activate(LADDER, now=NOW)
    key = website()
    digested(key, *(identify(f"u{number}", anonymousId=f"b{number}") for number in range(40)))
    views = [page(f"/{number}", anonymousId=f"b{number % 40}") for number in range(660)]
    digested(key, *views, agent=MONITOR)
    put_in_force(OURS, by=None, note="", now=NOW)
    begun = begin_judging(by=None, now=timezone.now())
    assert begun is not None
    until, kills = time.monotonic() + 100, 0
    while JudgingAgain.objects.filter(is_open=True).exists():
        assert time.monotonic() < until, "the past was not judged"
        with worker() as process:
            before = JudgingAgain.objects.get().looked_at
            while process.poll() is None and _goes_on(before):
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            kills += 1
    begun.refresh_from_db()
    assert (begun.state, begun.looked_at, begun.changed) == ("done", 700, 660)
    assert kills > 0
    assert set(actors().values()) == {"machine"}
    assert Contact.objects.count() == 40


def _goes_on(before: int) -> bool:
    now = JudgingAgain.objects.get()
    return now.is_open and now.looked_at <= before + 500

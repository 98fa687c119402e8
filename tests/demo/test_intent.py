"""Whether what people do tells who will buy: the reason a demo of scoring can be believed."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import pytest

from ripeline.demo import World
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.touch import Touch

pytestmark = pytest.mark.pure

POINTS = {
    "page_viewed": 2,
    "email_clicked": 4,
    "subscribed": 10,
    "form_submitted": 15,
    "asset_downloaded": 15,
    "email_replied": 20,
    "call_held": 20,
    "meeting_held": 20,
    "unsubscribed": -30,
}
HALF_LIFE = 30  # days
FORECAST = 30 * DAY  # a score is asked who buys within this time after it


def test_the_fifth_with_the_highest_scores_buys_at_three_times_the_rate_of_all(world: World) -> None:
    fifths, base = purchase_rates(world)
    assert fifths[0] > 3 * base
    assert fifths[0] > 5 * fifths[2]
    assert max(fifths[2:]) < base


def test_machines_that_open_and_click_everything_do_not_tell_who_buys(world: World) -> None:
    scanned = {t.person for t in world.touches if t.kind == "email_clicked" and t.actor == "machine"}
    buyers = {t.person for t in world.touches if t.kind == "purchased"}
    share_of_all = len(buyers) / len(world.contacts)
    assert len(scanned & buyers) / len(scanned) < 1.5 * share_of_all


def test_a_no_for_now_over_the_price_comes_back_and_buys_in_some_cases(world: World) -> None:
    refused: dict[str, int] = {}
    returned = set()
    for touch in world.touches:
        if touch.kind == "objected" and touch.subject == "price":
            refused.setdefault(touch.person, touch.at)
        elif touch.kind == "purchased" and touch.at > refused.get(touch.person, touch.at) + 30 * DAY:
            returned.add(touch.person)
    assert len(refused) > 60
    assert 5 <= len(returned) < len(refused) / 2


def test_the_funnel_is_that_of_a_small_business(world: World) -> None:
    did: dict[str, set[str]] = defaultdict(set)
    for touch in world.touches:
        did[touch.person].add(touch.kind)
    converted = reached(did, "form_submitted", "asset_downloaded", "subscribed")
    talked = reached(did, "email_replied", "call_held", "meeting_held", "chat_held")
    bought = reached(did, "purchased")
    assert 1000 < converted < 1500
    assert 300 < talked < 600
    assert 120 < bought < 230


def test_sales_says_why_whenever_it_lets_somebody_go(world: World) -> None:
    endings = Counter(t.kind for t in world.touches if t.kind in ("rejected", "recycled", "disqualified"))
    assert min(endings[kind] for kind in ("rejected", "recycled", "disqualified")) >= 3
    assert all(t.attrs["reason"] and t.attrs["by"] for t in world.touches if t.kind in endings)


def test_answers_name_the_question_the_answer_and_who_heard_it(world: World) -> None:
    answers = [touch for touch in world.touches if touch.kind == "answered"]
    assert {touch.subject for touch in answers} == {"need", "budget", "authority", "timeline", "intent"}
    assert {touch.attrs["value"] for touch in answers} == {"yes", "no"}
    assert {touch.attrs["by"] for touch in answers} == {"marit", "tiago", "aoife"}


def reached(did: dict[str, set[str]], *kinds: str) -> int:
    return sum(bool(done & set(kinds)) for done in did.values())


def purchase_rates(world: World) -> tuple[list[float], float]:
    """The share who bought for the first time, by fifth of the score known before; and the share of all.

    Asked once a month, of everybody known by then who had not bought yet.
    """
    journeys: dict[str, list[Touch]] = defaultdict(list)
    for touch in world.touches:
        journeys[touch.person].append(touch)
    asked, bought = [0] * 5, [0] * 5
    for months in range(1, 11):
        at = world.touches[-1].at - months * 30 * DAY
        people = [touches for touches in journeys.values() if touches[0].at <= at < first_purchase(touches)]
        people.sort(key=lambda touches: score(touches, at), reverse=True)
        for rank, touches in enumerate(people):
            fifth = rank * 5 // len(people)
            asked[fifth] += 1
            bought[fifth] += first_purchase(touches) <= at + FORECAST
    return [b / a for a, b in zip(asked, bought, strict=True)], sum(bought) / sum(asked)


def first_purchase(touches: Iterable[Touch]) -> int:
    return next((touch.at for touch in touches if touch.kind == "purchased"), 1 << 62)


def score(touches: Iterable[Touch], at: int) -> float:
    """Points of people's touches up to `at`, fading by half in thirty days. Nothing later is looked at."""
    known = (touch for touch in touches if touch.at <= at and touch.actor != "machine")
    return sum(POINTS.get(touch.kind, 0) * 0.5 ** ((at - touch.at) / DAY / HALF_LIFE) for touch in known)

"""Whether what people do tells who will buy: the reason a demo of scoring can be believed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import pytest

from ripeline.demo import World
from ripeline.lifecycle.fold import Fold
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.touch import Touch
from tests.demo.conftest import Journey

pytestmark = pytest.mark.pure

FORECAST = 30 * DAY  # a score is asked who buys within this time after it


def test_the_fifth_with_the_highest_scores_buys_at_several_times_the_rate_of_all(
    journeys: Mapping[str, Journey],
) -> None:
    fifths, base = purchase_rates(journeys)
    assert fifths[0] > 2.8 * base
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


def test_the_default_playbook_shows_the_funnel_of_a_small_business(journeys: Mapping[str, Journey]) -> None:
    stages = Counter(one.fold.standing.stage for one in journeys.values() if one.fold.standing)
    assert 600 < stages["suspect"] < 800
    assert 750 < stages["lead"] < 1000
    assert 100 < stages["mql"] < 350
    assert 80 < stages["sql"] < 150
    assert 110 < stages["customer"] < 180


def test_some_moved_up_since_yesterday_and_some_went_quiet(
    world: World, journeys: Mapping[str, Journey]
) -> None:
    yesterday = world.touches[-1].at - DAY
    recent = [move for one in journeys.values() for move in one.fold.transitions if move.at > yesterday]
    entered = Counter(move.rule for move in recent)
    assert min(entered[f"{stage}.enter"] for stage in ("lead", "mql", "sql")) >= 5
    assert entered["customer.enter"] >= 1
    assert sum(move.cause == "timer" for move in recent) >= 2


def test_customers_stay_customers(journeys: Mapping[str, Journey]) -> None:
    assert all(move.from_stage != "customer" for one in journeys.values() for move in one.fold.transitions)


def test_every_stage_set_by_hand_is_one_of_the_default_playbook(journeys: Mapping[str, Journey]) -> None:
    assert not [ignored for one in journeys.values() for ignored in one.fold.ignored]


def test_most_people_never_get_as_far_as_talking(world: World) -> None:
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
    assert {touch.attrs["by"] for touch in answers} == {
        "Marit Zeelander",
        "Tiago Valverde",
        "Aoife Lindqvist",
    }


def reached(did: dict[str, set[str]], *kinds: str) -> int:
    return sum(bool(done & set(kinds)) for done in did.values())


def purchase_rates(journeys: Mapping[str, Journey]) -> tuple[list[float], float]:
    """The share who bought for the first time, by fifth of the score known before; and the share of all.

    Asked once a month, of everybody known by then who had not bought yet. The points behind a score never
    change later, so those up to an instant make the score that was known at that instant.
    """
    asked, bought = [0] * 5, [0] * 5
    end = max(journey.touches[-1].at for journey in journeys.values())
    for months in range(1, 11):
        at = end - months * 30 * DAY
        people = [one for one in journeys.values() if one.touches[0].at <= at < first_purchase(one.touches)]
        people.sort(key=lambda one: score(one.fold, at), reverse=True)
        for rank, one in enumerate(people):
            fifth = rank * 5 // len(people)
            asked[fifth] += 1
            bought[fifth] += first_purchase(one.touches) <= at + FORECAST
    return [b / a for a, b in zip(asked, bought, strict=True)], sum(bought) / sum(asked)


def first_purchase(touches: Iterable[Touch]) -> int:
    return next((touch.at for touch in touches if touch.kind == "purchased"), 1 << 62)


def score(folded: Fold, at: int) -> float:
    """The raw score as it was at an instant."""
    half_life = folded.playbook.score.half_life
    assert half_life is not None
    known = (one for one in folded.contributions if one.at <= at)
    return sum(one.add * 0.5 ** ((at // DAY - one.at // DAY) / half_life) for one in known)

"""After "What Is the Difference Between Leads and Prospects?" by Jessica Lunk."""

from __future__ import annotations

import pytest

from tests.playbooks.story import Record, answer, author, known, on, tell

pytestmark = pytest.mark.pure

BOOK = "three-criteria"

WANTS = answer(2, "intent", "yes")
DECIDES = answer(2, "authority", "yes")


def manager_of_a_house() -> Record:
    """In the target market, but not the owner: whether they decide has to be asked."""
    return known(0, role="publisher", industry="publishing", seniority="manager")


@pytest.mark.parametrize(
    "kind",
    [
        "subscribed",
        "message_sent",
        "social_commented",
        "social_liked",
        "social_connected",
        "imported",
        "email_sent",
    ],
)
def test_leads_are_those_engaged_in_one_way_communication(kind: str) -> None:
    """ "strangers on your email list", "commenters on blog posts", "names on a list you purchased" ..."""
    assert tell(BOOK, on(0, "page_viewed", "/")).stage == "suspect"
    assert tell(BOOK, on(0, kind)).path == ["lead"]


@pytest.mark.parametrize(
    "kind", ["call_held", "email_replied", "email_clicked", "met_at_event", "social_asked", "chat_held"]
)
def test_a_prospect_has_engaged_and_meets_all_three_criteria(kind: str) -> None:
    """ "match your target market, have intent to buy what you're offering, and have the authority" """
    assert tell(BOOK, manager_of_a_house(), on(1, kind), WANTS, DECIDES).stage == "prospect"


def test_each_of_the_three_criteria_is_needed() -> None:
    """ "they need to fit three criteria" """
    talked = on(1, "call_held")
    assert tell(BOOK, talked, WANTS, DECIDES).stage == "lead", "no target market"
    assert tell(BOOK, manager_of_a_house(), talked, DECIDES).stage == "lead", "no intent"
    assert tell(BOOK, manager_of_a_house(), talked, WANTS).stage == "lead", "no authority"
    assert tell(BOOK, manager_of_a_house(), on(0, "imported"), WANTS, DECIDES).stage == "lead", (
        "never engaged"
    )


def test_an_author_without_a_book_is_a_lead_and_one_with_a_book_a_prospect() -> None:
    """ "they haven't released a book yet. A prospect would be someone who has self-published a book" """
    asks = [on(1, "email_replied"), on(1.1, "form_submitted", "quote-request")]
    first = known(0, role="author", books_published=0, seniority="owner")
    assert tell(BOOK, first, *asks).stage == "lead"
    assert tell(BOOK, first, *asks, known(9, books_published=1)).path == ["lead", "prospect"]
    assert tell(BOOK, author(), *asks).stage == "prospect"


def test_intent_is_seen_where_they_ask_what_it_costs() -> None:
    """ "the thing leads want to discuss most in their first call is pricing" """
    prices = [on(1 + n, "page_viewed", "/pricing") for n in range(3)]
    assert tell(BOOK, author(), on(0, "email_replied"), *prices[:2]).stage == "lead"
    assert tell(BOOK, author(), on(0, "email_replied"), *prices).stage == "prospect"


def test_a_price_objection_means_no_for_now_and_not_no_for_ever() -> None:
    """ "a price-related objection doesn't mean no, forever; it just means no, for now" """
    engaged = [author(), on(1, "call_held"), WANTS]
    objected = tell(BOOK, *engaged, on(5, "objected", "price"))
    assert objected.path == ["lead", "prospect", "lead"]
    assert objected.last.rule == "prospect.exit[0]"
    soon = tell(BOOK, *engaged, on(5, "objected", "price"), on(30, "call_held"), answer(30, "intent", "yes"))
    assert soon.stage == "lead", "still now"
    later = tell(BOOK, *engaged, on(5, "objected", "price"), on(96, "call_held"), answer(96, "intent", "yes"))
    assert later.path == ["lead", "prospect", "lead", "prospect"]


def test_another_objection_than_the_price_changes_nothing() -> None:
    assert tell(BOOK, author(), on(1, "call_held"), WANTS, on(5, "objected", "timing")).stage == "prospect"


def test_an_assistant_who_reports_to_the_decision_maker_stays_a_lead() -> None:
    """ "she reports to the marketing manager, who is in charge of hiring contractors" """
    assistant = known(0, role="publisher", industry="publishing", seniority="staff")
    interested = [assistant, on(1, "call_held"), on(1, "form_submitted", "quote-request"), WANTS]
    assert tell(BOOK, *interested, answer(2, "authority", "no")).stage == "lead"
    owner = known(0, role="publisher", seniority="owner")
    refused = tell(BOOK, owner, on(1, "call_held"), WANTS, answer(6, "authority", "no"))
    assert refused.path == ["lead", "prospect", "lead"], "even an owner may have a partner who decides"


def test_an_intention_grows_old() -> None:
    """Asked in January, worth nothing in May: the engagement is fresh, the intention is not."""
    early = [manager_of_a_house(), on(1, "subscribed"), WANTS, DECIDES]
    assert tell(BOOK, *early, on(100, "email_replied")).stage == "lead"


def test_who_leaves_the_target_market_is_no_prospect_any_more() -> None:
    moved = tell(BOOK, author(), on(1, "call_held"), WANTS, known(9, role="journalist"))
    assert moved.path == ["lead", "prospect", "lead"]


def test_who_does_not_respond_remains_a_lead() -> None:
    """ "if they don't respond, or if they're unwilling or unable to buy just yet, they'll remain a lead" """
    story = tell(BOOK, author(), on(1, "call_held"), WANTS, until=400)
    assert story.path == ["lead", "prospect", "lead"]
    assert story.last.cause == "timer"


def test_leads_who_continuously_ignore_us_are_cold() -> None:
    """ "If they continuously ignore your efforts to get in touch, these leads are [...] called cold leads." """
    efforts = [on(day, "email_sent", "offer", actor="machine") for day in (40, 50, 60)]
    assert tell(BOOK, on(0, "subscribed"), *efforts).rating == "cold"
    assert tell(BOOK, on(0, "subscribed"), *efforts[:2]).rating == "warm"
    assert tell(BOOK, on(0, "subscribed"), *efforts, on(61, "email_opened")).rating == "warm"
    assert tell(BOOK, on(0, "subscribed"), *efforts, on(61, "email_replied")).rating == "hot"


def test_a_purchase_ends_in_conversion_land() -> None:
    assert tell(BOOK, on(0, "subscribed"), on(3, "deal_won")).path == ["lead", "customer"]

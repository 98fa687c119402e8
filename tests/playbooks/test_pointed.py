"""After "What the Key Differences of Lead vs. Prospect?": one decisive action."""

from __future__ import annotations

import pytest

from tests.playbooks.story import Record, answer, known, on, tell

pytestmark = pytest.mark.pure

BOOK = "pointed"


def reading(day: float) -> list[Record]:
    """Three pieces of content and a form: 75 points."""
    return [
        on(day, "form_submitted", "newsletter"),
        on(day, "asset_downloaded", "whitepaper-launch-plan"),
        on(day, "asset_downloaded", "template-budget"),
        on(day, "video_watched", "how-to"),
    ]


@pytest.mark.parametrize("kind", ["imported", "identified", "subscribed"])
def test_a_lead_is_raw_data_you_usually_have_a_name(kind: str) -> None:
    """ "You usually have a name for a lead" """
    assert tell(BOOK, on(0, kind)).path == ["lead"]


def test_one_specific_action_officially_changes_a_lead_into_a_prospect() -> None:
    """ "one specific action (like booking a call) that officially changes a contact" """
    assert tell(BOOK, on(0, "subscribed"), on(3, "meeting_booked", "intro call")).path == ["lead", "prospect"]


def test_nothing_but_that_action_makes_a_prospect() -> None:
    everything_else = [on(1, "email_replied"), on(2, "call_held"), on(3, "chat_held"), on(4, "quote_viewed")]
    assert "prospect" not in tell(BOOK, *reading(0), *everything_else).path


def test_the_action_needs_no_profile_and_no_score() -> None:
    story = tell(BOOK, known(0, role="marketer", industry="retail"), on(1, "meeting_booked"))
    assert story.stage == "prospect"
    assert story.standing.grade is None, "this definition has no fit grade"


def test_an_mql_is_a_lead_highly_engaged_with_your_content() -> None:
    """ "A lead that is highly engaged with your content." """
    assert tell(BOOK, *reading(0)).path[-1] == "mql"
    assert tell(BOOK, *reading(0)[:2]).path == ["lead"]


def test_an_sql_is_an_mql_that_a_salesperson_has_talked_to_and_confirmed_as_a_fit() -> None:
    """ "An MQL that a salesperson has talked to and confirmed as a fit." """
    talked = [*reading(0), on(3, "call_held")]
    assert tell(BOOK, *talked).stage == "mql", "talked, not confirmed"
    assert tell(BOOK, *reading(0), on(3, "fit_confirmed")).stage == "mql", "confirmed, never talked"
    assert tell(BOOK, *talked, on(3.1, "fit_confirmed")).stage == "sql"


def test_a_lead_whom_nobody_warmed_up_does_not_jump_to_sql() -> None:
    assert tell(BOOK, on(0, "imported"), on(1, "call_held"), on(2, "fit_confirmed")).stage == "lead"


def test_a_booked_call_that_was_held_and_confirmed_makes_an_sql() -> None:
    story = tell(
        BOOK, on(0, "subscribed"), on(1, "meeting_booked"), on(4, "meeting_held"), on(4.1, "fit_confirmed")
    )
    assert story.path == ["lead", "prospect", "sql"]


@pytest.mark.parametrize("question", ["budget", "timeline"])
def test_questions_about_budget_and_urgency_filter_the_crowd(question: str) -> None:
    """ "By checking for things like budget and urgency, you filter the crowd" """
    booked = [on(0, "subscribed"), on(1, "meeting_booked")]
    assert tell(BOOK, *booked, answer(2, question, "no")).path == ["lead", "prospect", "lead"]
    assert tell(BOOK, *booked, answer(2, question, "yes")).stage == "prospect"
    again = tell(BOOK, *booked, answer(2, question, "no"), on(5, "meeting_booked"))
    assert again.stage == "lead", "booking again does not unsay the answer"


def test_an_answer_is_good_for_a_quarter_and_a_new_booking_then_counts() -> None:
    story = tell(
        BOOK,
        on(0, "subscribed"),
        on(1, "meeting_booked"),
        answer(2, "budget", "no"),
        on(100, "meeting_booked"),
    )
    assert story.path == ["lead", "prospect", "lead", "prospect"]


def test_a_hot_prospect_is_not_treated_like_a_cold_lead() -> None:
    """ "if they treat a hot prospect like a cold lead, they appear unresponsive and lose the deal" """
    booked = [on(0, "subscribed"), on(1, "meeting_booked")]
    assert tell(BOOK, *booked).rating == "hot"
    assert tell(BOOK, *booked, until=20).rating == "cold"
    assert tell(BOOK, on(0, "subscribed")).rating == "cold"


def test_who_booked_and_was_never_heard_of_again_is_a_lead_again() -> None:
    story = tell(BOOK, on(0, "subscribed"), on(1, "meeting_booked"), until=400)
    assert story.path == ["lead", "prospect", "lead"]


def test_buying_makes_a_customer_without_any_action_before() -> None:
    assert tell(BOOK, on(0, "purchased", "ebook-cover", value=20)).path == ["customer"]

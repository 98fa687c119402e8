"""After "Lead vs Prospect: Key Differences and How to Target Qualified Prospects" (Choosemycrm.com)."""

from __future__ import annotations

import pytest

from tests.playbooks.story import author, known, on, tell

pytestmark = pytest.mark.pure

BOOK = "choosemycrm"


def test_a_lead_has_interacted_in_a_minimal_and_one_directional_manner() -> None:
    """ "someone who has interacted with your business in a minimal and one-directional manner" """
    assert tell(BOOK, author(), on(0, "page_viewed", "/")).stage == "suspect"
    assert tell(BOOK, author(), on(0, "page_viewed", "/"), on(0.01, "subscribed")).path == ["lead"]


def test_a_prospect_has_engaged_in_two_way_communication() -> None:
    """ "a prospect, on the other hand, has engaged in two-way communication" """
    assert tell(BOOK, author(), on(0, "subscribed"), on(2, "chat_held")).path == ["lead", "prospect"]


def test_a_lead_who_never_acts_beyond_the_signup_stays_a_lead() -> None:
    """ "a lead never acts beyond that initial signup" """
    visit = [on(0.001 * n, "page_viewed", "/blog/a") for n in range(30)]
    signup = tell(BOOK, author(), *visit, on(0.1, "form_submitted", "newsletter"), until=200)
    assert signup.path == ["lead"]


def test_who_continues_to_engage_qualifies_without_a_word_spoken() -> None:
    """ "If they continue to interact and engage through your marketing efforts, they are good candidates" """
    more = [on(day, "email_clicked", "letter") for day in (1, 2, 3)]
    more += [on(day, "page_viewed", "/courses/launch-your-book") for day in (1, 2, 3)]
    story = tell(BOOK, author(), on(0, "form_submitted", "newsletter"), *more)
    assert story.path == ["lead", "prospect"]


def test_a_prospect_matches_the_profile_of_the_target_customer() -> None:
    """ "engaged with you meaningfully and match the profile of your target customer" """
    stranger = known(0, role="journalist", industry="other")
    assert tell(BOOK, stranger, on(0, "subscribed"), on(2, "call_held")).stage == "lead"
    late = tell(BOOK, on(0, "subscribed"), on(2, "call_held"), author(3))
    assert late.path == ["lead", "prospect"], "it counts from the day we know"
    wrong = tell(
        BOOK, author(), on(0, "subscribed"), on(2, "call_held"), known(4, role="journalist", industry=None)
    )
    assert wrong.path == ["lead", "prospect", "lead"]


def test_who_only_buys_ebooks_and_clicks_nothing_gets_no_sales_time() -> None:
    """ "If someone only buys your eBooks and never clicks on the emails promoting your courses" """
    books = [on(day, "purchased", "ebook-cover", value=20) for day in range(0, 40, 2)]
    reader = tell(BOOK, author(), on(0, "subscribed"), *books, on(41, "email_opened", "courses"))
    assert reader.standing.persona == "ebooks_only"
    assert (reader.stage, reader.rating) == ("lead", "cold")


def test_one_click_on_a_course_mail_and_the_ebook_buyer_is_looked_at_again() -> None:
    reader = [author(), on(0, "subscribed"), on(1, "purchased", "ebook-cover", value=20)]
    assert tell(BOOK, *reader).standing.persona == "ebooks_only"
    assert tell(BOOK, *reader, on(2, "email_clicked", "letter-3")).standing.persona == "ebooks_only"
    assert tell(BOOK, *reader, on(2, "email_clicked", "course-offer-3")).standing.persona is None


@pytest.mark.parametrize(
    ("price", "persona"), [(250, "course_buyer"), (999, "course_buyer"), (1000, "consulting_buyer")]
)
def test_a_course_or_consulting_makes_a_customer_and_a_persona(price: float, persona: str) -> None:
    """ "consulting sessions for €1000, online courses for €250, and eBooks for €20" """
    story = tell(
        BOOK, author(), on(0, "purchased", "ebook-cover", value=20), on(9, "purchased", "x", value=price)
    )
    assert story.path == ["lead", "customer"]
    assert story.standing.persona == persona


def test_the_list_of_prospects_is_kept_short() -> None:
    """ "it's better to have 15 highly qualified prospects than 100 unqualified leads" """
    talked = [author(), on(0, "subscribed"), on(2, "email_replied")]
    assert tell(BOOK, *talked, until=61.9).stage == "prospect"
    assert tell(BOOK, *talked, until=62).stage == "lead"
    assert tell(BOOK, *talked, until=400).path == ["lead", "prospect", "lead"]


def test_machines_that_click_everything_make_nobody_a_prospect() -> None:
    clicks = [on(1 + n / 100, "email_clicked", "letter", actor="machine") for n in range(50)]
    assert tell(BOOK, author(), on(0, "subscribed"), *clicks).path == ["lead"]

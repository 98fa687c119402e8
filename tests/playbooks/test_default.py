"""The default playbook: what a marketing and a sales manager would both expect of it."""

from __future__ import annotations

import pytest

from tests.playbooks.story import Record, answer, author, known, on, playbook, tell

pytestmark = pytest.mark.pure

BOOK = "default"


def reading(day: float) -> list[Record]:
    """A newsletter, a white paper, a template: 10 + 15 + (15 + 10) + (15 + 10) = 75 points in an evening."""
    return [
        on(day, "subscribed"),
        on(day + 0.01, "form_submitted", "newsletter"),
        on(day + 0.02, "asset_downloaded", "whitepaper-launch-plan"),
        on(day + 0.03, "asset_downloaded", "template-budget"),
    ]


def test_the_ladder_is_suspect_lead_mql_prospect_customer() -> None:
    stages = [(stage.key, stage.title) for stage in playbook(BOOK).stages]
    assert stages == [
        ("suspect", "Suspect"),
        ("lead", "Lead"),
        ("mql", "MQL"),
        ("sql", "Prospect"),
        ("customer", "Customer"),
    ]


@pytest.mark.parametrize("kind", ["page_viewed", "imported", "social_followed", "email_sent", "email_opened"])
def test_a_suspect_is_a_raw_contact(kind: str) -> None:
    """[Four] "a visitor to your website, a contact from your social networks" """
    assert tell(BOOK, on(0, kind, "x")).stage == "suspect"


@pytest.mark.parametrize(
    "kind", ["identified", "subscribed", "form_submitted", "asset_downloaded", "met_at_event"]
)
def test_a_lead_has_given_contact_details_or_talked_with_us(kind: str) -> None:
    """[Four] "he has given you his contact details and seems interested" """
    assert tell(BOOK, on(0, kind, "newsletter")).path == ["lead"]


def test_an_mql_has_60_points_and_grade_b() -> None:
    """[Schurq] shows interest and has caused a conversion; the usual line is 60 of 100 with grade B."""
    assert tell(BOOK, author(), *reading(1)).path == ["lead", "mql"]
    assert tell(BOOK, author(), *reading(1)[:3]).path == ["lead"], "50 points"
    stranger = tell(BOOK, known(0, role="marketer", industry="retail"), *reading(1))
    assert (stranger.path, stranger.standing.grade) == (["lead"], "F")


@pytest.mark.parametrize("form", ["quote-request", "contact"])
def test_a_raised_hand_makes_an_mql_at_once_where_grade_c_is_met(form: str) -> None:
    assert tell(BOOK, known(0, role="author"), on(1, "form_submitted", form)).path == ["mql"]
    assert tell(BOOK, on(1, "form_submitted", form)).path == ["lead"], "unknown people are asked first"
    assert tell(BOOK, known(0, role="author"), on(1, "form_submitted", "newsletter")).path == ["lead"]


def test_an_mql_whose_score_fades_is_a_lead_again_once() -> None:
    opened = [on(day, "email_opened", "letter") for day in range(5, 200, 10)]
    story = tell(BOOK, author(), *reading(1), *opened)
    assert story.path == ["lead", "mql", "lead"]
    assert story.last.rule == "mql.exit[0]"


def test_an_mql_who_goes_quiet_is_a_lead_again() -> None:
    busy = [each for day in (0, 1, 2, 3) for each in reading(day)]
    story = tell(BOOK, author(), *busy, until=400)
    assert story.path == ["lead", "mql", "lead"]


def test_a_reply_makes_an_mql_a_prospect() -> None:
    """[Schurq] "A lead becomes a prospect when there has been two-way communication." """
    story = tell(BOOK, author(), *reading(1), on(3, "email_replied", "welcome"))
    assert story.path == ["lead", "mql", "sql"]
    assert story.rating == "hot"


def test_a_reply_without_any_other_sign_of_intent_waits() -> None:
    """[Lunk] "They have the intent to buy": one word back shows attention, not intent."""
    replied = [author(), on(0, "subscribed"), on(1, "email_replied")]
    assert tell(BOOK, *replied, until=1).standing.score == pytest.approx(30, abs=1)
    assert tell(BOOK, author(), on(1, "email_replied")).stage == "lead"
    assert tell(BOOK, author(), on(1, "email_replied"), answer(2, "intent", "yes")).stage == "sql"


def test_booking_a_call_is_decisive() -> None:
    """[Pointed] "one specific action (like booking a call)" """
    assert tell(BOOK, author(), on(0, "identified"), on(1, "meeting_booked")).path == ["lead", "sql"]


@pytest.mark.parametrize(
    "kind", ["auto_replied", "email_clicked", "email_opened", "social_liked", "page_viewed"]
)
def test_one_way_touches_however_many_make_no_prospect(kind: str) -> None:
    touches = [on(1 + n / 4, kind, "/pricing") for n in range(80)]
    assert "sql" not in tell(BOOK, author(), *reading(0), *touches).path


def test_machines_count_for_nothing() -> None:
    noise = [
        on(1 + n / 100, kind, "/pricing", actor="machine")
        for n in range(40)
        for kind in ("email_clicked", "page_viewed", "email_replied")
    ]
    story = tell(BOOK, author(), *noise)
    assert (story.path, story.standing.score) == ([], 0)


def test_opens_are_worth_nothing() -> None:
    assert tell(BOOK, *[on(n, "email_opened", "letter") for n in range(50)]).standing.score == 0


@pytest.mark.parametrize(
    ("objection", "left_for"),
    [
        (on(5, "objected", "price"), "mql"),
        (answer(5, "budget", "no"), "mql"),
        (answer(5, "authority", "no"), "mql"),
        (answer(5, "intent", "no"), "lead"),
        (answer(5, "need", "no"), "lead"),
    ],
)
def test_what_stands_in_the_way_sends_a_prospect_back_to_marketing(objection: Record, left_for: str) -> None:
    """[Lunk] "unwilling or unable to buy just yet, they'll remain a lead" """
    story = tell(BOOK, author(), *reading(1), on(3, "email_replied"), objection)
    assert story.stage == left_for
    assert "customer" not in story.path


def test_a_price_objection_is_no_for_now_and_cools_the_rating() -> None:
    """[Lunk] "it just means no, for now" """
    talked = [author(), *reading(1), on(3, "call_held"), on(3.1, "objected", "price")]
    assert tell(BOOK, *talked).rating == "warm"
    assert tell(BOOK, *talked, on(50, "meeting_booked")).stage != "sql"
    assert tell(BOOK, *talked, on(95, "meeting_booked")).stage == "sql"


def test_who_does_not_fit_is_no_prospect_unless_a_salesperson_says_so() -> None:
    """[Pointed] "talked to and confirmed as a fit" """
    outside = [known(0, role="marketer", industry="retail"), on(1, "subscribed"), on(2, "meeting_booked")]
    assert tell(BOOK, *outside).stage == "lead"
    assert tell(BOOK, *outside, on(3, "fit_confirmed")).stage == "sql"


def test_a_prospect_who_goes_quiet_is_a_lead_after_sixty_days_and_stays_one() -> None:
    talked = [author(), *reading(1), on(3, "email_replied")]
    assert tell(BOOK, *talked, until=62.9).stage == "sql"
    quiet = tell(BOOK, *talked, until=400)
    assert quiet.path == ["lead", "mql", "sql", "lead"]
    assert quiet.last.cause == "timer"


def test_an_ebook_makes_no_customer_and_a_course_does() -> None:
    """[Choose] "If someone only buys your eBooks [...] they're unlikely to spend €1000 on consulting" """
    reader = tell(BOOK, author(), on(0, "purchased", "ebook-cover", value=20))
    assert reader.path == ["lead"]
    assert tell(BOOK, author(), on(0, "purchased", "course-launch", value=250)).stage == "customer"
    assert tell(BOOK, author(), on(0, "deal_won", value=1000)).stage == "customer"


def test_a_customer_stays_a_customer() -> None:
    bought = [author(), on(0, "deal_won"), on(5, "unsubscribed"), on(6, "objected", "price")]
    assert tell(BOOK, *bought, until=400).path == ["customer"]


def test_who_looks_for_work_and_who_unsubscribes_loses_points() -> None:
    before = tell(BOOK, author(), *reading(1)[:3]).standing.score
    assert tell(BOOK, author(), *reading(1)[:3], on(1, "page_viewed", "/jobs/editor")).standing.score < before
    assert tell(BOOK, author(), *reading(1)[:3], on(1, "unsubscribed")).standing.score < before - 20


def test_what_sales_rejects_waits_for_new_evidence() -> None:
    """A person that somebody placed is moved by what they do next, not by what they did before."""
    handed = [author(), *reading(1), on(3, "email_replied"), on(4, "rejected", "timing")]
    assert tell(BOOK, *handed).path == ["lead", "mql", "sql", "lead"]
    assert tell(BOOK, *handed, until=6).stage == "lead"
    assert tell(BOOK, *handed, on(7, "email_replied")).stage == "sql"


@pytest.mark.parametrize(
    ("traits", "grade", "persona"),
    [
        (
            {"role": "author", "books_published": 2, "seniority": "owner", "industry": "other"},
            "B",
            "self_publisher",
        ),
        ({"role": "author", "books_published": 2, "industry": "publishing"}, "A", "self_publisher"),
        ({"role": "author"}, "C", "aspiring_author"),
        ({"role": "aspiring_author", "books_published": 0, "seniority": "owner"}, "F", "aspiring_author"),
        ({"role": "publisher", "industry": "publishing", "seniority": "director"}, "A", "publishing_house"),
        ({"role": "agent", "industry": "media", "seniority": "staff"}, "B", "publishing_house"),
        ({"role": "marketer", "industry": "media", "seniority": "manager"}, "D", "marketer"),
        ({"role": "journalist", "industry": "media"}, "D", "press"),
        ({}, "F", None),
    ],
)
def test_fit_and_persona_of_the_people_a_consultant_for_authors_meets(
    traits: dict[str, object], grade: str, persona: str | None
) -> None:
    standing = tell(BOOK, on(0, "subscribed"), known(1, **traits)).standing
    assert (standing.grade, standing.persona) == (grade, persona)


def test_rating_goes_from_hot_over_warm_to_cold_as_time_passes() -> None:
    talked = [author(), *reading(1), on(2, "email_replied")]
    assert [tell(BOOK, *talked, until=day).rating for day in (2, 17, 60)] == ["hot", "warm", "cold"]


def test_nobody_is_hot_who_has_been_silent_for_more_than_14_days() -> None:
    """[Four] "determined to make an act of purchase in the short term"; "recently active" is 14 days in the field."""
    story = [
        author(),
        on(1, "identified", "webinar"),
        answer(2, "timeline", "yes"),
        on(2, "page_viewed", "/about"),
    ]
    assert [tell(BOOK, *story, until=day).rating for day in (3, 15, 17)] == ["hot", "hot", "cold"]
    back = [*story, on(30, "page_viewed", "/about")]
    assert tell(BOOK, *back, until=31).rating == "hot", "heard again while their answer still counts"

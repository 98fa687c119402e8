"""After "The difference between a lead and a prospect" by Patrick Schokker (Schurq)."""

from __future__ import annotations

import pytest

from tests.playbooks.story import Record, answer, author, known, on, tell

pytestmark = pytest.mark.pure

BOOK = "schurq"


def eager_reading(day: float) -> list[Record]:
    """A form, two downloads and the pages in between: 25 + 40 and some."""
    return [
        on(day, "form_submitted", "newsletter"),
        on(day, "asset_downloaded", "whitepaper-launch-plan"),
        on(day, "asset_downloaded", "template-budget"),
        on(day, "page_viewed", "/services/consulting"),
    ]


@pytest.mark.parametrize("kind", ["form_submitted", "asset_downloaded", "subscribed"])
def test_an_mql_has_caused_a_conversion_on_the_website(kind: str) -> None:
    """ "filling out a web form, downloading content, signing up for a newsletter or any other conversion" """
    assert tell(BOOK, on(0, "page_viewed", "/blog/a")).stage == "suspect"
    assert tell(BOOK, on(0, "page_viewed", "/blog/a"), on(0.1, kind, "x")).path == ["mql"]


def test_a_name_on_a_list_is_no_mql() -> None:
    """ "The data left at the time of conversion": without a conversion the visitor left none."""
    assert tell(BOOK, on(0, "imported"), on(1, "email_opened", "welcome")).stage == "suspect"


def test_an_mql_becomes_an_sql_when_enough_is_known_and_the_score_is_high_enough() -> None:
    """ "Once enough information has been gathered [...] and the lead score is high enough" """
    assert tell(BOOK, author(), *eager_reading(1)).path == ["mql", "sql"]


def test_a_high_score_alone_does_not_make_an_sql() -> None:
    """ "enough information has been gathered about the lead's interests and needs" """
    unknown = tell(BOOK, *eager_reading(1))
    assert unknown.standing.score >= 60
    assert unknown.stage == "mql"


def test_an_mql_does_not_automatically_become_an_sql() -> None:
    """ "An MQL does not automatically become an SQL." """
    assert tell(BOOK, author(), on(1, "subscribed"), until=300).path == ["mql"]


def test_a_lead_becomes_a_prospect_when_there_has_been_two_way_communication() -> None:
    """ "when there has been two-way communication. For example, a response to an email" """
    before = [author(), on(1, "form_submitted", "newsletter"), on(3, "email_clicked", "welcome")]
    assert tell(BOOK, *before).stage == "mql"
    assert tell(BOOK, *before, on(4, "email_replied", "welcome")).path == ["mql", "prospect"]


@pytest.mark.parametrize(
    "kind", ["auto_replied", "email_opened", "email_clicked", "message_sent", "call_attempted"]
)
def test_one_way_communication_never_makes_a_prospect(kind: str) -> None:
    """ "a prospect has gone beyond one-way communication" """
    touches = [on(2 + n, kind, "offer") for n in range(20)]
    assert "prospect" not in tell(BOOK, author(), on(1, "subscribed"), *touches).path


def test_a_reply_written_by_a_machine_is_no_communication() -> None:
    assert tell(BOOK, author(), on(1, "subscribed"), on(2, "email_replied", actor="machine")).stage == "mql"


def test_who_does_not_meet_the_criteria_is_no_prospect_however_much_is_said() -> None:
    """ "If they do not meet your criteria, you can contact them endlessly" """
    outside = known(0, role="marketer", industry="retail", seniority="manager")
    assert tell(BOOK, outside, on(1, "subscribed"), on(2, "email_replied"), on(3, "call_held")).stage == "mql"


def test_who_is_not_known_yet_may_be_a_prospect_and_is_not_once_known_to_be_outside() -> None:
    """ "Do the leads come from the desired industry?" is asked, not assumed."""
    assert tell(BOOK, on(1, "subscribed"), on(2, "email_replied")).stage == "prospect"


def test_a_reply_that_says_no_shows_no_intent() -> None:
    """ "When that intent is evident, the lead becomes a prospect." """
    refused = tell(BOOK, author(), on(1, "subscribed"), on(2, "email_replied"), answer(3, "intent", "no"))
    assert refused.path == ["mql", "prospect", "mql"]
    assert refused.last.rule == "prospect.exit[0]"


def test_a_prospect_who_falls_silent_is_given_time_and_then_nurtured_again() -> None:
    """ "give them a little longer and provide them with some more inspiring content" """
    talked = [author(), on(1, "subscribed"), on(2, "email_replied")]
    assert tell(BOOK, *talked, until=91.9).stage == "prospect"
    quiet = tell(BOOK, *talked, until=92)
    assert (quiet.stage, quiet.last.cause) == ("mql", "timer")
    assert tell(BOOK, *talked, until=400).path == ["mql", "prospect", "mql"], "and it stays at that"


def test_a_score_that_fades_takes_the_sql_back_to_nurturing() -> None:
    """ "The marketing team can keep the lead warm until they are actually ready" """
    visits = [on(day, "email_opened", "letter") for day in range(5, 120, 10)]
    story = tell(BOOK, author(), *eager_reading(1), *visits)
    assert story.path == ["mql", "sql", "mql"]
    assert story.last.rule == "sql.exit[0]"


def test_a_purchase_makes_a_customer_and_all_alarm_bells_go_off_before() -> None:
    """ "all alarm bells should go off in the sales team" """
    talked = [author(), on(1, "subscribed"), on(2, "email_replied")]
    assert tell(BOOK, *talked).rating == "hot"
    assert tell(BOOK, *talked, on(5, "deal_won")).path == ["mql", "prospect", "customer"]
    assert tell(BOOK, *talked, until=60).rating == "cold"

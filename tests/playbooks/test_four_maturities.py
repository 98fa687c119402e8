"""After "Difference Between Lead And Prospect": suspect, lead, prospect cold or hot, customer."""

from __future__ import annotations

import pytest

from tests.playbooks.story import answer, author, known, on, playbook, tell

pytestmark = pytest.mark.pure

BOOK = "four-maturities"
PREMIUM = on(3, "asset_downloaded", "whitepaper-launch-plan")


def test_there_are_four_types_of_individuals() -> None:
    """ "it is necessary to know how to differentiate these 4 types of individuals" """
    assert [stage.key for stage in playbook(BOOK).stages] == ["suspect", "lead", "prospect", "customer"]


@pytest.mark.parametrize(
    "kind", ["page_viewed", "social_followed", "met_at_event", "imported", "email_clicked"]
)
def test_a_suspect_is_a_raw_contact(kind: str) -> None:
    """ "a visitor to your website, a contact from your social networks or even a person met at a [...] fair" """
    assert tell(BOOK, on(0, kind)).stage == "suspect"


def test_a_lead_has_given_his_contact_details() -> None:
    """ "filled out a form on your site [...]. In short, he has given you his contact details" """
    assert tell(BOOK, on(0, "form_submitted", "newsletter")).path == ["lead"]


def test_a_lead_of_a_persona_becomes_a_prospect_when_he_downloads_premium_content() -> None:
    """ "when he downloads premium content on your site. And when [...] belonging to your buyers personas" """
    lead = [author(), on(0, "form_submitted", "newsletter")]
    assert tell(BOOK, *lead).path == ["lead"]
    assert tell(BOOK, *lead, PREMIUM).path == ["lead", "prospect"]


def test_content_that_is_not_premium_makes_no_prospect() -> None:
    """ "premium content on your site (a white paper for example)" """
    assert tell(BOOK, author(), on(1, "asset_downloaded", "checklist-cover")).path == ["lead"]


def test_one_of_your_competitors_reads_everything_and_gets_no_further_than_lead() -> None:
    """ "one of your competitors. In this case, these people do not interest you" """
    competitor = known(0, role="marketer", industry="software")
    story = tell(BOOK, competitor, on(1, "form_submitted", "webinar"), PREMIUM, on(4, "call_held"))
    assert story.path == ["lead"]
    assert story.standing.persona is None


def test_the_persona_counts_from_the_day_it_is_identified_and_only_as_long() -> None:
    """ "And when you have identified him as belonging to your buyers personas" """
    story = tell(BOOK, on(0, "subscribed"), PREMIUM, author(10))
    assert story.path == ["lead", "prospect"]
    assert story.last.at == story.fold.transitions[-1].at
    gone = tell(BOOK, on(0, "subscribed"), PREMIUM, author(10), known(20, role="journalist"))
    assert gone.path == ["lead", "prospect", "lead"]


@pytest.mark.parametrize(
    ("traits", "persona"),
    [
        ({"role": "author", "books_published": 3}, "self_publisher"),
        ({"role": "author"}, "first_book"),
        ({"role": "aspiring_author", "books_published": 0}, "first_book"),
        ({"role": "agent"}, "publishing_house"),
        ({"role": "journalist"}, None),
    ],
)
def test_personas_are_told_by_traits(traits: dict[str, object], persona: str | None) -> None:
    assert tell(BOOK, known(0, **traits)).standing.persona == persona


def test_the_nearer_to_a_decision_the_more_a_page_counts() -> None:
    """ "discovery, evaluation and decision content" """
    scores = [
        tell(BOOK, on(0, "page_viewed", f"/blog/{kind}/a")).standing.score
        for kind in ("other", "discovery", "evaluation", "decision")
    ]
    assert scores == sorted(set(scores))


def test_a_hot_prospect_means_to_buy_in_the_short_term_and_a_cold_one_later() -> None:
    """ "a hot prospect is determined to make an act of purchase in the short term" """
    prospect = [author(), on(0, "subscribed"), PREMIUM]
    assert tell(BOOK, *prospect).rating == "cold"
    assert tell(BOOK, *prospect, answer(5, "timeline", "yes")).rating == "hot"
    assert tell(BOOK, *prospect, answer(5, "timeline", "no")).rating == "cold"
    assert tell(BOOK, *prospect, on(5, "form_submitted", "quote-request")).rating == "hot"
    assert tell(BOOK, *prospect, answer(5, "timeline", "yes"), until=95).rating == "cold"


def test_decision_content_read_again_and_again_makes_a_prospect_hot() -> None:
    """ "The higher a lead's score, the more interested they are" """
    reading = [on(4 + n, "page_viewed", "/services/consulting") for n in range(5)]
    assert tell(BOOK, author(), on(0, "subscribed"), PREMIUM, *reading).rating == "hot"


def test_a_prospect_who_goes_quiet_is_nurtured_as_a_lead() -> None:
    story = tell(BOOK, author(), on(0, "subscribed"), PREMIUM, until=400)
    assert story.path == ["lead", "prospect", "lead"]


def test_a_customer_has_made_an_act_of_purchase() -> None:
    """ "he has made an act of purchase from your company" """
    assert tell(BOOK, on(0, "subscribed"), on(2, "purchased", "ebook-cover", value=20)).path == [
        "lead",
        "customer",
    ]

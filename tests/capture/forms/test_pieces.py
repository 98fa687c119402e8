"""The pieces of forms that need no database: what is read of what, in which language, and where a form may lead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ripeline.capture.forms.definition import Definition, digest_of, mistakes_of
from ripeline.capture.forms.languages import pick_language, sentences
from ripeline.capture.forms.reading import Mistake, read_answers
from ripeline.capture.forms.returning import may_lead_to, read_origins
from ripeline.capture.forms.showing import with_links
from ripeline.capture.forms.tokens import HOLDS_FOR, read_page, sign_page, uid_of
from tests.capture.forms.forms import DEMO

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
SITES = ["https://www.firm.example"]


def read_one(kind: str, given: list[str], **field: Any) -> object:
    asked = {"name": "it", "type": kind, "label": {"en": "It"}, **field}
    read = read_answers(Definition.model_validate({"fields": [asked]}), {"it": given}, ["it"])
    return read.mistakes.get("it", read.answers.get("it"))


CHOICES = [{"value": "a"}, {"value": "b"}]


@pytest.mark.parametrize(
    ("kind", "given", "is_read"),
    [
        ("text", "  two \n words\x00 ", "two words"),
        ("text", "x" * 201, Mistake("too_long", (200, 201))),
        ("long", "a\r\nb", "a\nb"),
        ("email", "Foo@Bar.example", "foo@bar.example"),
        ("email", "foo anna@firm.example", Mistake("not_email")),
        ("phone", "+49 30 1234567", "+49301234567"),
        ("phone", "call me", Mistake("not_phone")),
        ("number", "1.234,5", 1234.5),
        ("number", "1,234.5", 1234.5),
        ("number", "3,5", 3.5),
        ("number", "1,000", 1000.0),
        ("number", "1.200", 1200.0),
        ("number", "1.200.000", 1_200_000.0),
        ("number", "0.125", 0.125),
        ("number", "12", 12.0),
        ("number", "inf", Mistake("not_number")),
        ("choice", "c", Mistake("not_choice")),
        ("country", "Nederland", "NL"),
        ("country", "Atlantis", Mistake("not_country")),
        ("date", "2026-02-30", Mistake("not_date")),
        ("date", "2026-02-28", "2026-02-28"),
        ("check", "yes", True),
    ],
)
def test_each_kind_of_field_reads_what_people_write(kind: str, given: str, is_read: object) -> None:
    assert read_one(kind, [given], choices=CHOICES if kind == "choice" else []) == is_read


def test_several_answers_are_kept_in_the_order_of_the_form_and_none_is_made_up() -> None:
    assert read_one("choices", ["b", "a", "a"], choices=CHOICES) == ["a", "b"]
    assert read_one("choices", ["a", "c"], choices=CHOICES) == Mistake("not_choice")
    for kind, said in (("text", "required"), ("choices", "choose"), ("consent", "tick"), ("hidden", None)):
        missing = read_one(kind, [" "], choices=CHOICES, required=True, purpose="calls")
        assert missing == (Mistake(said) if said else None)


def test_numbers_have_the_limits_of_their_field() -> None:
    assert read_one("number", ["-1"], least=0) == Mistake("too_low", ("0",))
    assert read_one("number", ["7"], most=6.5) == Mistake("too_high", ("6.5",))


def test_every_language_says_every_sentence() -> None:
    english = sentences()["en"]
    for code, said in sentences().items():
        assert said.keys() == english.keys(), code
        for name, text in said.items():
            assert [part in text for part in ("{0}", "{1}")] == [
                p in english[name] for p in ("{0}", "{1}")
            ], name


@pytest.mark.parametrize(
    ("wanted", "accepted", "picked"),
    [
        ("", "de-AT,de;q=0.9,en;q=0.5", "de"),
        ("", "fr,nl;q=0.8", "en"),
        ("", "", "en"),
        ("de", "en", "de"),
        ("xx", "pt;q=0.2, de;q=0.9", "de"),
        ("", "\x00;;q=zzz", "en"),
    ],
)
def test_the_language_asked_for_goes_before_the_browsers(wanted: str, accepted: str, picked: str) -> None:
    assert pick_language(("en", "de"), wanted, accepted) == picked


ELSEWHERE = """
//evil.example /\\evil.example \\\\evil.example https:evil.example https:/evil.example https:///evil.example http:evil
javascript:alert(1) JaVaScRiPt:alert(1) data:text/html,x
vbscript:x file:///etc/passwd ftp://www.firm.example/ mailto:a@b.c
https://evil.example https://evil.example/https://www.firm.example https://www.firm.example.evil.example
https://www.firm.example@evil.example https://www.firm.example:pw@evil.example https://user@www.firm.example
https://evil.example#www.firm.example
https://evil.example?www.firm.example https://evil.example\\@www.firm.example
https://www.firm.example\\.evil.example
https://www.firm.example%2eevil.example https://www.firm.example%00.evil.example
https://www.firm.example%2f%2fevil.example https://%77ww.firm.example@evil.example http://www.firm.example/
https://www.firm.example:444/ https://wwwⓔ.firm.example
https://www。firm.example https://www.firm.examplе https://ẃww.firm.example
https://[::1]/ https://127.0.0.1/
https://www.firm.example:99999/ https://.firm.example https://www.firm.example:x/
https://firm.example /thanks thanks ?x #x https:// http:// :// https://www.firm.example:/\\evil
""".split()


@pytest.mark.parametrize(
    "address", [*ELSEWHERE, "", " ", "https://www.firm.example/\r\nSet-Cookie: a=b", "\thttps://evil.example"]
)
def test_a_form_leads_to_no_site_that_is_not_on_its_list(address: str) -> None:
    assert len(ELSEWHERE) >= 40
    assert not may_lead_to(address, SITES)


@pytest.mark.parametrize(
    "address",
    ["https://www.firm.example", "HTTPS://WWW.FIRM.EXAMPLE/thanks?a=1#top", "https://www.firm.example:443/x"],
)
def test_a_form_leads_to_the_pages_of_its_sites(address: str) -> None:
    assert may_lead_to(address, SITES)


def test_sites_are_listed_as_browsers_write_them() -> None:
    assert read_origins("WWW.Firm.example, http://a.example:80\nhttps://b.example:8443 ftp://c d/e") == (
        ["https://www.firm.example", "http://a.example", "https://b.example:8443"],
        ["ftp://c", "d/e"],
    )


def test_a_token_is_of_one_form_and_counts_for_a_day_and_no_letter_of_it_can_be_changed() -> None:
    token = sign_page("demo", 3, language="de", asked=["email", "role"], now=NOW)
    page = read_page(token, "demo")
    assert page is not None
    assert (page.version, page.language, page.asked, page.at) == (3, "de", ("email", "role"), NOW)
    assert [page.is_old(NOW + after) for after in (timedelta(), HOLDS_FOR, HOLDS_FOR * 1.01, -HOLDS_FOR)] == [
        False,
        False,
        True,
        True,
    ]
    assert read_page(token, "other") is None
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert read_page(changed, "demo") is None, place


def test_the_id_of_what_was_sent_is_of_its_words_whatever_their_order() -> None:
    said = [("a", "1"), ("b", "2")]
    assert uid_of("n", said) == uid_of("n", said[::-1])
    assert (
        len({uid_of("n", said), uid_of("m", said), uid_of("n", [("a", "1b2")]), uid_of("n", said[:1])}) == 4
    )


def test_links_in_wordings_are_of_the_web_and_everything_else_is_text() -> None:
    said = with_links(
        "Yes to [the <b>terms](https://f.example/t) <i> [x](javascript:alert(1)) [y](https://a@b)"
    )
    assert said == (
        'Yes to <a href="https://f.example/t" target="_blank" rel="noopener noreferrer">the &lt;b&gt;terms'
        "</a> &lt;i&gt; [x](javascript:alert(1)) [y](https://a@b)"
    )


def test_a_form_says_what_hinders_it_and_a_whole_one_nothing() -> None:
    assert mistakes_of(Definition.model_validate(DEMO)) == []
    odd = Definition.model_validate(
        {
            "confirm": True,
            "fields": [
                {"name": "a", "type": "choice", "label": {"en": "Which?"}, "becomes": "owner"},
                {"name": "a", "type": "text"},
                {"name": "b", "type": "consent", "label": {"en": "Yes"}},
                {"name": "c", "type": "hidden"},
                {"name": "homepage_url", "type": "number", "label": {"en": "N"}, "least": 2, "most": 1},
            ],
        }
    )
    said = "\n".join(mistakes_of(odd))
    for words in (
        "Two fields are called “a”",
        "Confirmation by mail needs",
        "Consent is somebody's",
        "nothing to choose from",
        "becomes “owner”",
        "has no label",
        "what the consent is for",
        "is hidden: say what it holds",
        "which is taken",
        "above its highest",
    ):
        assert words in said, words


def test_a_definition_is_named_by_what_it_says() -> None:
    one = Definition.model_validate(DEMO)
    assert digest_of(one) == digest_of(Definition.model_validate(one.to_json()))
    assert digest_of(one) != digest_of(one.model_copy(update={"ask_at_most": 2}))

import pytest

from ripeline.lifecycle.explain import say_condition, say_touch
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.words import say_near, say_thing
from tests.lifecycle.examples import ladder

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("{all: []}", "always"),
        ("{any: []}", "never"),
        ("{all: [{idle: 7d}]}", "nothing heard for 7 days"),
        (
            "{all: [{score: {gte: 30}}, {any: [{signal: reply, within: 90d}, {fit: B}]}]}",
            "score at least 30 and (reply in the last 90 days or fit B or better)",
        ),
        ("{any: [{all: [{idle: 7d}]}, {in_stage: 1d}]}", "nothing heard for 7 days or 1 day in the stage"),
        ("{score: {gte: 2.5, lt: 30}}", "score at least 2.5 and below 30"),
        ("{not: {signal: pricing-visit, count: 3}}", "not (pricing visit (3 times))"),
        ("{fit: A}", "fit A"),
        ("{persona: [me, you]}", "persona My kind or you"),
        ("{answer: {need: y, budget: 5000}}", "need answered y and budget answered 5000"),
        (
            "{trait: {a: {in: [x, 2, true]}, b: {gte: 5, lt: 7}}}",
            "a is x, 2 or true and b is at least 5 and is less than 7",
        ),
        ("{trait: {a: {not: x}}}", "a is not x"),
        ("{trait: {a_b: {in: [first_author, 'A_b', /a_b]}}}", "a b is first author, A_b or /a_b"),
        ("{trait: {a: {exists: true}, b: {exists: false}}}", "a is known and b is not known"),
        (
            "{trait: {a: {glob: 'x*'}, b: {gt: 1, lte: 3}}}",
            "a is like x* and b is more than 1 and is at most 3",
        ),
        ("{signal: inbound}", "sign of life"),
    ],
)
def test_a_rule_is_written_so_that_people_can_read_it(condition: str, text: str) -> None:
    signals = "{reply: {kind: email_replied}, pricing-visit: {kind: page_viewed}}"
    personas = "[{key: me, title: My kind, when: {signal: reply}}, {key: you}]"
    playbook = load_playbook(
        ladder(f"  - {{key: a}}\n  - {{key: b, enter: {condition}}}\n", signals=signals, personas=personas)
    )
    assert say_condition(playbook, playbook.stages[1].enter) == text


@pytest.mark.parametrize(
    ("kind", "subject", "sentence", "noun"),
    [
        ("asset_downloaded", None, "they downloaded something", "download"),
        ("asset_downloaded", "the guide", "they downloaded the guide", "download the guide"),
        ("page_viewed", "/", "they viewed the home page", "home page"),
        ("page_viewed", "/pricing", "they viewed the pricing page", "pricing page"),
        ("page_viewed", "/pricing/teams", "they viewed the page /pricing/teams", "page /pricing/teams"),
        ("form_submitted", None, "a form was sent", "form"),
        ("form_submitted", "contact", "the contact form was sent", "contact form"),
        ("form_submitted", "Order form", "the Order form was sent", "Order form"),
        ("email_replied", "welcome-3", "they replied to the mail welcome-3", "reply"),
        ("email_replied", "quote", "they replied to our quote", "reply"),
        ("subscribed", "newsletter", "they subscribed to the newsletter", "subscription"),
        ("subscribed", "news-2", "they subscribed to news-2", "subscription"),
        ("meeting_booked", "launch review", "a meeting was booked (launch review)", "booked meeting"),
        ("chat_held", "website", "a chat was held (website)", "chat"),
        ("identified", "webinar", "we learned who they are through the webinar", "identification"),
        ("objected", "price", "they objected to the price", "objection"),
        ("objected", "timing", "they objected on timing", "objection"),
        ("webinar_seen", "of May", "webinar seen of May happened", "webinar seen"),
    ],
)
def test_touches_are_said_as_people_say_them(
    kind: str, subject: str | None, sentence: str, noun: str
) -> None:
    assert say_touch(kind, subject) == sentence
    assert say_thing(kind, subject) == noun


@pytest.mark.parametrize(
    ("value", "bound", "text"),
    [
        (63.8, 30, "64"),
        (29.4, 30, "29.4"),
        (29.97, 30, "29.97"),
        (30, 30, "30"),
        (28.6, 30, "29"),
        (29.99996, 30, "29.99996"),
        (30.00000000001, 30, "30"),
    ],
)
def test_a_score_is_never_rounded_onto_the_line_it_misses(value: float, bound: float, text: str) -> None:
    assert say_near(value, bound) == text

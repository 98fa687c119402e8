import pytest

from ripeline.lifecycle.explain import say_condition, say_touch
from ripeline.lifecycle.playbook import load_playbook
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


def test_touches_are_said_with_their_subject_or_without() -> None:
    assert say_touch("asset_downloaded", None) == "something was downloaded"
    assert say_touch("asset_downloaded", "the guide") == "the guide was downloaded"

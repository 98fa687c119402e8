"""What people of the demo company write and say, read as a proof-reader would."""

import re

import pytest

from ripeline.demo import World
from ripeline.demo.texts import say_books, say_product
from ripeline.lifecycle.explain import say_touch

pytestmark = pytest.mark.pure


def texts_of(world: World) -> set[str]:
    found = {
        str(touch.attrs[name])
        for touch in world.touches
        for name in ("text", "reason")
        if name in touch.attrs
    }
    return found | {say_touch(touch.kind, touch.subject) for touch in world.touches}


@pytest.mark.parametrize(
    "slip",
    [
        pytest.param(r"\bone books\b|\bno books\b", id="a number that does not agree"),
        pytest.param(r"[.,;!?]{2}", id="doubled punctuation"),
        pytest.param(r"\b(\w+) \1\b", id="a word said twice"),
        pytest.param(r"[{}]", id="a gap nobody filled"),
        pytest.param(
            r"\b(?:writes?|for|fits?|with) (?:children|historical)\b(?!'| fiction)", id="half a genre"
        ),
        pytest.param(r"\b[a-z0-9]{6}-d[0-9]\b", id="the key of a deal"),
    ],
)
def test_nothing_people_write_or_say_has_a_slip_of(slip: str, world: World) -> None:
    assert sorted(text for text in texts_of(world) if re.search(slip, text, re.IGNORECASE)) == []


def test_books_are_counted_in_words_that_agree() -> None:
    assert [say_books(number) for number in (0, 1, 2, 11)] == [
        "no books",
        "one book",
        "two books",
        "11 books",
    ]


def test_a_product_is_spoken_of_without_what_kind_of_product_it_is() -> None:
    assert say_product("consulting-launch-plan") == "launch plan"

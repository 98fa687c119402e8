"""Searching without accents."""

import pytest

from ripeline.kit.folding import fold_words

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Jürgen Strauß", "jurgen strauss"),
        ("Zoë Français", "zoe francais"),
        ("Søren Łukasz", "soren lukasz"),
        ("Æsa Œuvre", "aesa oeuvre"),
        ("İstanbul", "istanbul"),
        ("ana@müller.example", "ana@muller.example"),
    ],
)
def test_a_name_is_found_as_it_is_typed(written: str, typed: str) -> None:
    assert fold_words(written) == typed
    assert fold_words(typed) == typed

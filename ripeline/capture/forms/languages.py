"""In which language a form speaks, and what it says of itself in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from django.utils.translation.trans_real import parse_accept_lang_header

from ripeline.lifecycle.written import read_yaml

TABLE = Path(__file__).with_name("sentences.yaml")
FIRST = "en"
LONGEST = 400
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """By language, every sentence by its name."""
    said = read_yaml(TABLE.read_text(encoding="utf-8")).plain
    return {str(code): {str(name): str(text) for name, text in rows.items()} for code, rows in said.items()}


def sentence(name: str, language: str, *words: object) -> str:
    """A sentence in a language; in English where we have none in it."""
    told = sentences().get(language) or sentences().get(language.partition("-")[0]) or sentences()[FIRST]
    return told[name].format(*words)


def pick_language(languages: Sequence[str], wanted: str, accepted: str) -> str:
    """Of the languages of a form that which was asked for by name, else that which the browser likes best, else the
    first. `accepted` is the header Accept-Language."""
    if found := _among(languages, wanted.lower()):
        return found
    # The long ones that nobody's browser sends make Django raise.
    for code, _ in parse_accept_lang_header(accepted[:LONGEST]):
        if found := _among(languages, code):
            return found
    return languages[0]


def direction(language: str) -> str:
    """ltr or rtl."""
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def _among(languages: Sequence[str], code: str) -> str:
    if code in languages:
        return code
    plain = code.partition("-")[0]
    return next((each for each in languages if plain and each.partition("-")[0] == plain), "")

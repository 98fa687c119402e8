"""The page on which a form is written, read: every field of it, in the order in which it stands on the page.

What is typed is kept as it is, in plain values, until it can be read as a definition, so that nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.http import QueryDict
from pydantic import ValidationError

from ripeline.capture.forms.definition import Definition, Question, is_language
from ripeline.kit.folding import fold_words
from ripeline.lifecycle.written import read_yaml

TABLE = Path(__file__).with_name("beginnings.yaml")
Raw = dict[str, Any]
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
WHOLE_TEXTS = ("title", "intro", "button", "thanks")
LONG_TEXTS = frozenset({"intro", "thanks"})
TICKS = ("required", "progressive")
WORDS = ("type", "becomes", "fill", "purpose", "source", "fixed")


def read_sheet(posted: QueryDict) -> Raw:
    """What stands on the page, as a definition is written, or would be. Where a language is none, the texts of those
    that are not listed any more stay: one of them may have been meant."""
    listed = read_languages(posted.get("languages", ""))
    languages = [each for each in listed if is_language(each)]
    if len(languages) < len(listed):
        shown = [name.removeprefix("title-") for name in posted if name.startswith("title-")]
        languages = list(dict.fromkeys([*languages, *(each for each in shown if is_language(each))]))
    raw: Raw = {
        "languages": listed,
        "redirect": posted.get("redirect", "").strip(),
        "confirm": "confirm" in posted,
        "proof_of_work": "proof_of_work" in posted,
        "ask_at_most": _number(posted.get("ask_at_most", ""), 0),
        "fields": [_field(posted, place, languages) for place in posted.getlist("field")],
    }
    return raw | {name: _text(posted, name, languages) for name in WHOLE_TEXTS}


def act_on(raw: Raw, do: str) -> int | None:
    """Does what a button asks: adds, moves or takes out a field; gives the place of the field to be looked at."""
    act, _, what = do.partition(":")
    fields: list[Raw] = raw["fields"]
    if act == "add":
        fields.append(new_field(what, {str(each["name"]) for each in fields}, shown_languages(raw)[0]))
        return len(fields) - 1
    if not what.isascii() or not what.isdigit() or int(what) >= len(fields):
        return None
    place = int(what)
    if act == "remove":
        del fields[place]
        return None
    to = place + {"up": -1, "down": 1}.get(act, 0)
    if act in ("up", "down") and 0 <= to < len(fields):
        fields.insert(to, fields.pop(place))
        return to
    return place if act == "open" else None


def new_field(kind: str, taken: set[str], language: str) -> Raw:
    """A field to begin with; what it says is English, to be written over."""
    raw: Raw = _in_language(_beginnings().get(kind, {"type": kind}), language)
    return raw | {"name": free_name(str(raw.get("name") or kind), taken)}


def read_definition(raw: Raw) -> tuple[Definition | None, list[str]]:
    """What was written as a definition; else None and why it is none, each a sentence."""
    try:
        return Definition.model_validate(raw), []
    except ValidationError as wrong:
        return None, [_say(each["loc"], raw) for each in wrong.errors()]


def read_languages(written: str) -> list[str]:
    """What is listed as languages, the first one first."""
    words = re.split(r"[\s,;]+", written.strip().lower())
    return list(dict.fromkeys(word[:20] for word in words if word))[:12] or ["en"]


def shown_languages(raw: Raw) -> list[str]:
    """The languages that the page has room for: those listed, and those that something is written in."""
    listed = [each for each in raw.get("languages") or () if is_language(each)]
    texts = [raw.get(name, {}) for name in WHOLE_TEXTS]
    texts += [each.get(name, {}) for each in raw.get("fields", ()) for name in ("label", "help")]
    return list(dict.fromkeys([*listed, *(code for text in texts for code in text)])) or ["en"]


def free_name(wanted: str, taken: set[str]) -> str:
    """A name for a field that no other has."""
    plain = _NO_LETTERS.sub("_", fold_words(wanted)).strip("_")[:36].strip("_")
    plain = plain if plain[:1].isalpha() else f"field_{plain}".strip("_")
    return next(
        name for turn in range(1, 1000) if (name := plain if turn == 1 else f"{plain}_{turn}") not in taken
    )


def choices_text(field: Mapping[str, Any], language: str, *, is_first: bool) -> str:
    """The answers to choose from in a language, one a line. In others than the first, one that is not translated has
    nothing behind its bar: without a bar it would be called as it is kept."""
    lines = []
    for each in field.get("choices", ()):
        value, words = str(each["value"]), each.get("label", {}).get(language, "")
        is_plain = words == value or (is_first and not words)
        lines.append(value if is_plain else f"{value} | {words}")
    return "\n".join(lines)


def _field(posted: QueryDict, place: str, languages: Sequence[str]) -> Raw:
    at = f"f{place}-"
    raw: Raw = {
        name: posted.get(at + name, "").strip() for name in WORDS if posted.get(at + name, "").strip()
    }
    raw |= {name: True for name in TICKS if at + name in posted}
    raw |= {name: _text(posted, at + name, languages) for name in ("label", "help")}
    raw |= {
        name: _number(posted.get(at + name, ""), posted.get(at + name, ""))
        for name in ("least", "most")
        if posted.get(at + name, "").strip()
    }
    raw["name"] = posted.get(at + "name", "").strip()
    if raw.get("type") in ("choice", "choices"):
        raw["choices"] = _choices(posted, at, languages)
    return {name: value for name, value in raw.items() if name in Question.model_fields}


def _choices(posted: QueryDict, at: str, languages: Sequence[str]) -> list[Raw]:
    found: dict[str, dict[str, str]] = {}
    for language in languages:
        for line in posted.get(f"{at}choices-{language}", "").splitlines():
            value, bar, words = (part.strip() for part in line.partition("|"))
            if not bar:
                words = value
            if not value:
                continue
            if language == languages[0]:
                found.setdefault(value[:120], {})
            if value[:120] in found and words:
                found[value[:120]][language] = words
    return [{"value": value, "label": label} for value, label in found.items()]


def _text(posted: QueryDict, name: str, languages: Sequence[str]) -> dict[str, str]:
    texts = {
        code: posted.get(f"{name}-{code}", "").replace("\r\n", "\n").strip()[:5_000] for code in languages
    }
    return {code: text for code, text in texts.items() if text}


@cache
def _beginnings() -> Mapping[str, Raw]:
    found: dict[str, Raw] = read_yaml(TABLE.read_text(encoding="utf-8")).plain
    return found


def _in_language(raw: Any, language: str) -> Any:
    if isinstance(raw, dict):
        return {
            language if name == "en" else name: _in_language(each, language) for name, each in raw.items()
        }
    return [_in_language(each, language) for each in raw] if isinstance(raw, list) else raw


def _number(text: str, otherwise: Any) -> Any:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return otherwise
    return int(number) if number.is_integer() else number


def _say(where: Sequence[object], raw: Raw) -> str:
    """What cannot be read, in the words of the page."""
    named = str(where[-1]).replace("_", " ")
    if where[0] == "languages" and isinstance(where[-1], int):
        word = raw["languages"][where[-1]]
        return f"“{word}” is no language as browsers name them: write codes, such as en, nl or de-at."
    if len(where) > 1 and where[0] == "fields" and isinstance(where[1], int):
        field = raw["fields"][where[1]]
        called = (
            next(iter(field.get("label", {}).values()), "") or field.get("name") or f"Field {where[1] + 1}"
        )
        if where[-1] == "name":
            return f"“{called}” needs a name of small letters, digits and underscores, such as first_name."
        if named in ("least", "most"):
            return f"“{called}”: the limits have to be numbers."
        return f"“{called}”: its {named} cannot be read."
    return f"The {named} cannot be read."


BEGINNINGS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Who they are",
        (
            *(("email", "Email address"), ("name", "Name"), ("company", "Company"), ("phone", "Phone")),
            ("country", "Country"),
        ),
    ),
    (
        "Questions",
        (
            *(("text", "Text"), ("long", "Long text"), ("choice", "One of several")),
            *(
                ("choices", "Several of several"),
                ("number", "Number"),
                ("date", "Date"),
                ("check", "Yes or no"),
            ),
        ),
    ),
    (
        "Qualifying questions",
        (("need", "Need"), ("budget", "Budget"), ("authority", "Authority"), ("timeline", "Timeline")),
    ),
    ("Beside", (("consent", "Consent"), ("hidden", "Hidden: where they came from"))),
)
"""What can be added, by kinds of thing."""

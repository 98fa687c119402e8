"""A form as it is drawn: each field with its words, what was typed into it, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ripeline.capture.forms.definition import LONGEST, Definition, Question
from ripeline.capture.forms.languages import direction, sentence
from ripeline.capture.forms.reading import Mistake, Posted
from ripeline.capture.forms.returning import read_return
from ripeline.people.countries import country_names

INPUTS = {"text": "text", "email": "email", "phone": "tel", "number": "text", "date": "date"}
MODES = {"number": "decimal", "email": "email", "phone": "tel"}
FILLED_BY_BROWSERS = {
    "first_name": "given-name",
    "last_name": "family-name",
    "name": "name",
    "title": "organization-title",
    "company": "organization",
    "country": "country",
}
_LINK = re.compile(r"\[([^\[\]]{1,200})\]\(([^()\s]{1,2000})\)")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One field on a page. `kind` picks how it is drawn: input, long, select, radio, boxes, box or hidden."""

    name: str
    kind: str
    label: SafeString
    help: str
    is_required: bool
    value: str
    options: Sequence[Option] = ()
    mistake: str = ""
    input_type: str = "text"
    input_mode: str = ""
    autocomplete: str = ""
    longest: int = 0
    has_focus: bool = False

    @property
    def described_by(self) -> str:
        """The ids of what says more about it."""
        ids = (("help", self.help), ("wrong", self.mistake))
        return " ".join(f"q-{self.name}-{name}" for name, said in ids if said)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything a page says of a form, in one language."""

    language: str
    direction: str
    languages: Sequence[str]
    title: str
    intro: str
    button: str
    fields: Sequence[Shown] = ()
    wrong: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


def draw(
    definition: Definition,
    language: str,
    asked: Sequence[Question],
    *,
    typed: Posted | None = None,
    mistakes: Mapping[str, Mistake] | None = None,
    hidden: Mapping[str, str] | None = None,
    wrong: str = "",
) -> Sheet:
    """A form's page in a language, with what was `typed` and its `mistakes`; `hidden` are values of hidden fields, and
    `wrong` is a sentence about the whole."""
    mistakes = mistakes or {}
    first = next((each.name for each in asked if each.name in mistakes), "")
    many = len(mistakes)
    if many and not wrong:
        wrong = sentence("mistakes_one", language) if many == 1 else sentence("mistakes_many", language, many)
    return Sheet(
        language=language,
        direction=direction(language),
        languages=definition.languages,
        title=definition.say(definition.title, language),
        intro=definition.say(definition.intro, language),
        button=definition.say(definition.button, language) or sentence("send", language),
        fields=[
            _field(definition, language, each, typed or {}, mistakes.get(each.name), hidden or {}, first)
            for each in asked
        ],
        wrong=wrong,
        words={name: sentence(name, language) for name in ("optional", "leave_empty", "choose", "checking")},
    )


def with_links(text: str) -> SafeString:
    """A text in which `[words](https://address)` is a link; everything else is only text."""
    parts: list[SafeString | str] = []
    end = 0
    for found in _LINK.finditer(text):
        address = read_return(found[2])
        if address is None:
            continue
        parts += [text[end : found.start()], _anchor(address, found[1])]
        end = found.end()
    return format_html_join("", "{}", ((part,) for part in (*parts, text[end:])))


def plain_links(text: str) -> str:
    """The same as plain text, with the address behind the words."""
    return _LINK.sub(lambda found: f"{found[1]} ({found[2]})" if read_return(found[2]) else found[0], text)


def _anchor(address: str, words: str) -> SafeString:
    return format_html('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>', address, words)


def _field(
    definition: Definition,
    language: str,
    asked: Question,
    typed: Posted,
    mistake: Mistake | None,
    hidden: Mapping[str, str],
    first: str,
) -> Shown:
    given = list(typed.get(asked.name, ()))
    value = given[0] if given else hidden.get(asked.name, "")
    if asked.type == "hidden" and asked.fixed:
        value = asked.fixed
    return Shown(
        name=asked.name,
        kind=_kind(asked),
        label=with_links(definition.say(asked.label, language)),
        help=definition.say(asked.help, language),
        is_required=asked.required,
        value=value,
        options=_options(definition, language, asked, given),
        mistake=sentence(mistake.name, language, *mistake.words) if mistake else "",
        input_type=INPUTS.get(asked.type, "text"),
        input_mode=MODES.get(asked.type, ""),
        autocomplete=_autocomplete(asked),
        longest=LONGEST.get(asked.type, LONGEST["text"]),
        has_focus=asked.name == first,
    )


FEW = 5


def _kind(asked: Question) -> str:
    if asked.type == "choice":
        return "radio" if len(asked.choices) <= FEW else "select"
    return {
        "long": "long",
        "choices": "boxes",
        "country": "select",
        "check": "box",
        "consent": "box",
        "hidden": "hidden",
    }.get(asked.type, "input")


def _options(
    definition: Definition, language: str, asked: Question, given: Sequence[str]
) -> Sequence[Option]:
    if asked.type == "country":
        return [Option(code, name, code in given) for code, name in _countries()]
    if asked.type in ("check", "consent"):
        return [Option("yes", "", bool(given))]
    return [
        Option(each.value, definition.say(each.label, language) or each.value, each.value in given)
        for each in asked.choices
    ]


def _autocomplete(asked: Question) -> str:
    if asked.type in ("email", "phone"):
        return {"email": "email", "phone": "tel"}[asked.type]
    return FILLED_BY_BROWSERS.get(asked.becomes, "")


@lru_cache(maxsize=1)
def _countries() -> Sequence[tuple[str, str]]:
    return sorted(country_names().items(), key=lambda each: each[1])

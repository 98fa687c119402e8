"""What a form asks: an immutable document, whose hash names it. Texts are given by language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?\Z")
Text = dict[str, str]
"""One text by language code; the form's first language stands in for those that are missing."""
FieldType = Literal[
    "text",
    "long",
    "email",
    "phone",
    "number",
    "choice",
    "choices",
    "country",
    "date",
    "check",
    "hidden",
    "consent",
]
TYPES: tuple[str, ...] = get_args(FieldType)
TYPE_WORDS = {
    "text": "Text",
    "long": "Long text",
    "email": "Email address",
    "phone": "Phone number",
    "number": "Number",
    "choice": "One of several",
    "choices": "Several of several",
    "country": "Country",
    "date": "Date",
    "check": "Yes or no",
    "hidden": "Hidden: where they came from",
    "consent": "Consent",
}
QUESTIONS = ("need", "budget", "authority", "timeline", "intent")
COLUMNS = (
    *("first_name", "last_name", "name", "title", "seniority", "company", "country", "language"),
    "time_zone",
)
BECOMES = ("", *COLUMNS, "trait", *QUESTIONS)
"""What an answer becomes: nothing more than a line of the submission, a column of the contact, a trait by the field's
name, or the answer to a qualifying question. Addresses and phone numbers always become the contact's."""
SOURCES = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    *("click_id", "source", "referrer", "page", "language"),
)
"""What a hidden field may hold of how they came."""
RESERVED = frozenset({"homepage_url", "captcha", "altcha"})
MOST_FIELDS, MOST_CHOICES = 50, 100
LONGEST = {"text": 200, "long": 5_000}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Short = Annotated[str, StringConstraints(max_length=2_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(_Part):
    """One of the answers that may be chosen: `value` is kept, `label` is read."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    label: Text = {}


class Question(_Part):
    """One field. `fill` says whether an answer replaces what we know (`overwrite`) or only fills what is blank.

    A `progressive` one is asked only of those of whom we do not know it. `purpose` is what a consent is for; `source`
    is what a hidden one holds, or `fixed` its value.
    """

    name: Slug
    type: FieldType
    label: Text = {}
    help: Text = {}
    required: bool = False
    choices: tuple[Choice, ...] = ()
    becomes: str = ""
    fill: Literal["blank", "overwrite"] = "blank"
    progressive: bool = False
    least: float | None = None
    most: float | None = None
    purpose: str = ""
    source: str = ""
    fixed: Short = ""


def is_language(code: str) -> bool:
    """Whether it is a language as browsers name them, such as en or de-at."""
    return _LANGUAGE.match(code) is not None


def _read_language(code: str) -> str:
    if not is_language(code):
        raise ValueError(f"{code!r} is no code of a language, such as en.")
    return code


class Definition(_Part):
    """A form. `languages` begins with the one it was written in; of the progressive questions at most `ask_at_most`
    are asked at a time (0: all). With `confirm`, consents count once a link sent by mail was followed."""

    languages: tuple[Annotated[str, AfterValidator(_read_language)], ...] = ("en",)
    title: Text = {}
    intro: Text = {}
    button: Text = {}
    thanks: Text = {}
    redirect: Short = ""
    fields: tuple[Question, ...] = ()
    ask_at_most: Annotated[int, Field(ge=0, le=MOST_FIELDS)] = 0
    confirm: bool = False
    proof_of_work: bool = False

    def say(self, text: Mapping[str, str], language: str) -> str:
        """A text in a language, else in the form's first; "" where it has none."""
        return text.get(language) or text.get(self.languages[0]) or ""

    def question(self, name: str) -> Question | None:
        """The field of this name."""
        return next((each for each in self.fields if each.name == name), None)

    def to_json(self) -> dict[str, object]:
        """As it is kept."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"languages": list(self.languages)}


def digest_of(definition: Definition) -> str:
    """The hash that names what a form asks."""
    said = json.dumps(definition.to_json(), sort_keys=True, ensure_ascii=True)
    return sha256(said.encode()).hexdigest()


def mistakes_of(definition: Definition) -> list[str]:
    """Why a form cannot be put into use, each a sentence; none where it can. Where its redirect may lead is judged by
    `returning`."""
    return [*_whole(definition), *(line for each in definition.fields for line in _of_field(each))]


def is_name(word: str) -> bool:
    """Whether a field may be called so."""
    return _NAME.match(word) is not None and word not in RESERVED


def _whole(definition: Definition) -> Iterator[str]:
    fields = definition.fields
    names = [each.name for each in fields]
    if not any(each.type not in ("hidden", "consent") for each in fields):
        yield "The form asks nothing yet: add a field."
    if len(fields) > MOST_FIELDS:
        yield f"A form has at most {MOST_FIELDS} fields."
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"Two fields are called “{name}”: give each a name of its own."
    if sum(each.type == "email" for each in fields) > 1:
        yield "Only one field may be an email address: by it a contact is found."
    has_address = any(each.type == "email" and each.required for each in fields)
    if definition.confirm and not has_address:
        yield "Confirmation by mail needs an email address that must be filled in."
    if any(each.type == "consent" for each in fields) and not any(each.type == "email" for each in fields):
        yield "Consent is somebody's: the form has to ask for their email address."


def _of_field(field: Question) -> Iterator[str]:
    called = f"“{next(iter(field.label.values()), '') or field.name}”"
    if not is_name(field.name):
        yield f"{called} has the name {field.name}, which is taken."
    if field.type != "hidden" and not any(field.label.values()):
        yield f"{called} has no label: nobody could know what to fill in."
    if field.type in ("choice", "choices"):
        values = [each.value for each in field.choices]
        if not values:
            yield f"{called} has nothing to choose from."
        if len(set(values)) < len(values):
            yield f"{called} has one answer twice."
        if len(values) > MOST_CHOICES:
            yield f"{called} has more than {MOST_CHOICES} answers."
    if field.type == "consent" and not field.purpose:
        yield f"{called} does not say what the consent is for."
    if field.type == "hidden" and bool(field.source) == bool(field.fixed):
        yield f"{called} is hidden: say what it holds, either where they came from or a fixed value."
    if field.becomes not in BECOMES:
        yield f"{called} becomes “{field.becomes}”, which is nothing we keep."
    if field.becomes in QUESTIONS and field.type in ("long", "choices"):
        yield f"{called} answers a qualifying question, which has one short answer."
    if field.source and field.source not in SOURCES:
        yield f"{called} holds “{field.source}”, which nobody tells."
    if field.least is not None and field.most is not None and field.least > field.most:
        yield f"{called} has a least number above its highest."

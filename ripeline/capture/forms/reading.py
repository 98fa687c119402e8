"""What somebody filled in, read as what each field asks; and what is wrong with it, as a sentence at the field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ripeline.capture.forms.definition import LONGEST, Definition, Question
from ripeline.kit.folding import clean
from ripeline.people.phones import read_phone
from ripeline.people.values import read_address, read_country, read_number

Answer = str | float | bool | list[str] | None
Posted = Mapping[str, Sequence[str]]
"""Every value that was sent, by its name."""
LONGEST_HIDDEN = 500
LONGEST_ADDRESS = 254
_DIGITS = re.compile(r"\d")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}\Z")
FEWEST_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a field: the name of a sentence, and the words to put into it."""

    name: str
    words: tuple[object, ...] = ()


@dataclass(slots=True)
class Read:
    """What was filled in: `answers` by field (those left empty are not there), `mistakes` by field."""

    answers: dict[str, Answer] = field(default_factory=dict)
    mistakes: dict[str, Mistake] = field(default_factory=dict)


def read_answers(definition: Definition, posted: Posted, asked: Sequence[str]) -> Read:
    """Reads the fields that were asked (by name); of the others nothing is believed."""
    read = Read()
    for each in definition.fields:
        if each.name not in asked:
            continue
        given = [clean(value) for value in posted.get(each.name, ())]
        found = _READERS.get(each.type, _text)(each, [value for value in given if value])
        if isinstance(found, Mistake):
            read.mistakes[each.name] = found
        elif found not in (None, "", []):
            read.answers[each.name] = found
    return read


def _text(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if not given:
        return _missing(asked)
    most = LONGEST.get(asked.type, LONGEST["text"])
    if len(given[0]) > most:
        return Mistake("too_long", (most, len(given[0])))
    return given[0] if asked.type == "long" else " ".join(given[0].split())


def _email(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if not given:
        return _missing(asked)
    address = read_address(given[0].removeprefix("mailto:"))
    return address if address and len(address) <= LONGEST_ADDRESS else Mistake("not_email")


def _phone(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if not given:
        return _missing(asked)
    number = read_phone(given[0])
    digits = len(_DIGITS.findall(number))
    odd = (
        digits < FEWEST_DIGITS
        or len(given[0]) > LONGEST["text"]
        or any(letter.isalpha() for letter in number)
    )
    return Mistake("not_phone") if odd else number


def _number(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if not given:
        return _missing(asked)
    number = read_number(given[0], _decimal_sign(given[0]))
    if number is None:
        return Mistake("not_number")
    if asked.least is not None and number < asked.least:
        return Mistake("too_low", (_plain(asked.least),))
    if asked.most is not None and number > asked.most:
        return Mistake("too_high", (_plain(asked.most),))
    return number


def _decimal_sign(text: str) -> Literal[".", ","]:
    """Which sign stands before the decimals, whatever country writes: the last of two; one before three digits parts
    thousands (1.200 and 1,200), unless there is but a nought before it."""
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return "."
    sign, other = (".", ",") if text[last] == "." else (",", ".")
    is_thousands = other not in text and (
        text.count(sign) > 1 or _THOUSANDS.search(text[: last + 4]) is not None
    )
    is_thousands = is_thousands and len(text[last + 1 :].strip()) == len("000")
    return "." if (sign == ".") != is_thousands else ","


def _choice(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if not given:
        return _missing(asked, "choose")
    return given[0] if given[0] in {each.value for each in asked.choices} else Mistake("not_choice")


def _choices(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if not given:
        return _missing(asked, "choose")
    known = [each.value for each in asked.choices]
    if not set(given) <= set(known):
        return Mistake("not_choice")
    return [value for value in known if value in given]


def _country(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if not given:
        return _missing(asked, "not_country")
    return read_country(given[0][:80]) or Mistake("not_country")


def _date(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if not given:
        return _missing(asked)
    try:
        return date.fromisoformat(given[0]).isoformat()
    except ValueError:
        return Mistake("not_date")


def _check(asked: Question, given: Sequence[str]) -> Answer | Mistake:
    if given:
        return True
    return _missing(asked, "tick")


def _hidden(_: Question, given: Sequence[str]) -> Answer | Mistake:
    return given[0][:LONGEST_HIDDEN] if given else None


def _missing(asked: Question, name: str = "required") -> Mistake | None:
    return Mistake(name) if asked.required else None


def _plain(number: float) -> str:
    return f"{number:g}"


_READERS = {
    "text": _text,
    "long": _text,
    "email": _email,
    "phone": _phone,
    "number": _number,
    "choice": _choice,
    "choices": _choices,
    "country": _country,
    "date": _date,
    "check": _check,
    "consent": _check,
    "hidden": _hidden,
}

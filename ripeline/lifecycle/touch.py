"""A touch: one dated fact about one person, and its form in a file.

The vocabulary and the file form come from the contract of the lifecycle engine.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

from ripeline.lifecycle.instant import FIRST_INSTANT, LAST_INSTANT, format_instant, parse_instant

Direction = Literal["in", "out", "internal"]
Actor = Literal["human", "machine", "unknown"]
Scalar = str | float | bool | None

DIRECTIONS: Final[tuple[str, ...]] = get_args(Direction)
ACTORS: Final[tuple[str, ...]] = get_args(Actor)

_IN: Final = (
    # web
    "page_viewed form_submitted asset_downloaded subscribed link_clicked video_watched chat_started "
    # email
    "email_opened email_clicked email_replied complained unsubscribed "
    # talk
    "call_held meeting_booked meeting_held chat_held met_at_event social_asked "
    # social, one-way
    "social_liked social_commented social_followed social_connected "
    # sales and deals
    "objected quote_viewed purchased"
)
_OUT: Final = "email_sent email_delivered call_attempted message_sent quote_sent"
_INTERNAL: Final = (
    "email_bounced auto_replied imported identified traits_changed answered fit_confirmed accepted rejected "
    "disqualified recycled reopened stage_set deal_opened deal_won deal_lost"
)

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(_IN.split(), "in")
    | dict.fromkeys(_OUT.split(), "out")
    | dict.fromkeys(_INTERNAL.split(), "internal")
)
"""Every known kind with the direction it has unless the touch says otherwise."""

BEYOND: Final[frozenset[str]] = frozenset("noted page_engaged screen_viewed grouped aliased".split())
"""Kinds outside the vocabulary that Ripeline itself makes: like any other they match only where a signal names them,
but a history that has them is in order."""

TWO_WAY: Final[frozenset[str]] = frozenset(
    (
        "email_replied",
        "call_held",
        "meeting_booked",
        "meeting_held",
        "chat_held",
        "met_at_event",
        "social_asked",
    )
)
"""Kinds in which both sides spoke."""

_EMPTY: Final[Mapping[str, Scalar]] = MappingProxyType({})
_FIELDS: Final = ("id", "person", "at", "kind", "direction", "actor", "subject", "value", "attrs")


class TouchMistake(ValueError):
    """A record that is no touch; the text is a sentence naming the field and what would be right."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One dated fact about one person. `at` is in microseconds (see `instant`); `attrs` is flat."""

    id: str
    person: str
    at: int
    kind: str
    direction: str
    actor: str
    subject: str | None
    value: float | None
    attrs: Mapping[str, Scalar]


def parse_touch(record: Mapping[str, object]) -> Touch:
    """The touch a record of a file means; `at` may be RFC 3339 text or whole microseconds since the epoch.

    `direction` defaults by kind (`in` for a kind outside the vocabulary), `actor` to `unknown`. Raises TouchMistake.
    """
    for name in record:
        if name not in _FIELDS:
            raise TouchMistake(_unknown_field(name))
    kind = _text(record, "kind")
    return Touch(
        id=_text(record, "id"),
        person=_text(record, "person"),
        at=_instant(record.get("at")),
        kind=kind,
        direction=_one_of(record, "direction", DIRECTIONS, KINDS.get(kind, "in")),
        actor=_one_of(record, "actor", ACTORS, "unknown"),
        subject=_subject(record.get("subject")),
        value=_value(record.get("value")),
        attrs=_attrs(record.get("attrs")),
    )


def touch_record(touch: Touch) -> dict[str, object]:
    """The file form of a touch, without what is empty or the default."""
    record: dict[str, object] = {
        "id": touch.id,
        "person": touch.person,
        "at": format_instant(touch.at),
        "kind": touch.kind,
    }
    if touch.direction != KINDS.get(touch.kind, "in"):
        record["direction"] = touch.direction
    if touch.actor != "unknown":
        record["actor"] = touch.actor
    if touch.subject is not None:
        record["subject"] = touch.subject
    if touch.value is not None:
        record["value"] = touch.value
    if touch.attrs:
        record["attrs"] = dict(touch.attrs)
    return record


def _unknown_field(name: str) -> str:
    close = get_close_matches(str(name), _FIELDS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "put facts of your own into 'attrs'"
    return f"unknown field {name!r}; {hint}"


def _text(record: Mapping[str, object], field: str) -> str:
    text = record.get(field)
    if not isinstance(text, str) or not text:
        raise TouchMistake(f"{field!r} must be a text that is not empty, {_found(text)}")
    return _storable(text, field)


def _storable(text: str, field: str) -> str:
    if "\x00" in text:
        raise TouchMistake(f"{field!r} holds a zero byte, which no database keeps; remove it")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise TouchMistake(f"{field!r} holds half a character; write it as UTF-8") from None
    return text


def _instant(at: object) -> int:
    if isinstance(at, str):
        try:
            return parse_instant(at)
        except ValueError as mistake:
            raise TouchMistake(f"'at': {mistake}") from None
    if isinstance(at, int) and not isinstance(at, bool) and FIRST_INSTANT <= at <= LAST_INSTANT:
        return at
    raise TouchMistake(f"'at' must be an instant such as 2026-03-01T09:30:00Z, {_found(at)}")


def _one_of(record: Mapping[str, object], field: str, allowed: tuple[str, ...], default: str) -> str:
    given = record.get(field)
    if given is None:
        return default
    if given in allowed:
        return str(given)
    raise TouchMistake(f"{field!r} must be one of {', '.join(allowed)}, {_found(given)}")


def _subject(subject: object) -> str | None:
    if subject is None:
        return None
    if not isinstance(subject, str):
        raise TouchMistake(f"'subject' must be a text or null, {_found(subject)}")
    return _storable(subject, "subject")


def _value(value: object) -> float | None:
    if value is None:
        return None
    if not _is_number(value):
        raise TouchMistake(f"'value' must be a finite number or null, {_found(value)}")
    # A whole number beyond 2 to the 53rd would else compare otherwise here than in columns of floats.
    return float(cast(float, value))


def _attrs(attrs: object) -> Mapping[str, Scalar]:
    if attrs is None:
        return _EMPTY
    if not isinstance(attrs, Mapping):
        raise TouchMistake(f"'attrs' must be a flat map or null, {_found(attrs)}")
    for name, value in attrs.items():
        if not isinstance(name, str):
            raise TouchMistake(f"a name in 'attrs' must be a text, {_found(name)}")
        _storable(name, "attrs")
        if isinstance(value, str):
            _storable(value, f"attrs.{name}")
        elif not (value is None or isinstance(value, bool) or _is_number(value)):
            raise TouchMistake(
                f"'attrs.{name}' must be text, a finite number, true, false or null, {_found(value)}"
            )
    return attrs


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _found(given: object) -> str:
    if given is None:
        return "but it is missing"
    text = repr(given)
    return f"not {text if len(text) <= 60 else text[:57] + '...'}"

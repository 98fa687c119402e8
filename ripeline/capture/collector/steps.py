"""What an event goes through on its way in: a list of named steps.

`drop_..` may end it with a sentence that is told to the sender; `put_..` changes it and ends nothing. What an event
means is not asked here: that is the digest's. Names of fields are Segment's.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ripeline.capture.collector import limits
from ripeline.capture.collector.reading import decode_event

TYPES = ("track", "page", "screen", "identify", "group", "alias")
IDS = ("userId", "anonymousId", "previousId", "groupId", "messageId")
OBJECTS = ("properties", "traits", "context")
ADDRESSES = ("ip", "request_ip", "ip_address", "ipAddress")
"""Names under which senders tell where a visitor is."""
NULL = b"\\u0000"
MARK = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,39}\Z")


@dataclass(frozen=True, slots=True)
class Shared:
    """What a batch says of all its events: its bytes, what they say (empty: nothing), whether they can be read, and
    whether there are null letters among them. Read once: there may be thousands of events."""

    size: int = 0
    said: Mapping[str, Any] = field(default_factory=dict)
    is_readable: bool = True
    has_nulls: bool = False


ALONE = Shared()


def read_shared(context: bytes) -> Shared:
    """The context of a batch."""
    if not context:
        return ALONE
    try:
        said, _ = decode_event(context)
    except (ValueError, RecursionError):
        return Shared(len(context), is_readable=False)
    return Shared(len(context), said if isinstance(said, dict) else {}, has_nulls=NULL in context)


@dataclass(slots=True)
class Coming:
    """One event on its way in.

    `call` is the type that the address says (of a batch: none), `sent_at` and `shared` are the whole batch's.
    `message` is the event, `marks` is what our script noticed of its browser, `address` where a server says that
    its visitor is: for verdicts, and kept nowhere. It `is_bounded` where reading has shown that it keeps to limits.
    """

    raw: bytes
    call: str = ""
    sent_at: Any = None
    shared: Shared = ALONE
    message: dict[str, Any] = field(default_factory=dict)
    is_bounded: bool = False
    marks: tuple[str, ...] = ()
    address: str = ""


Step = Callable[[Coming], str | None]


def take(coming: Coming) -> str | None:
    """Takes an event through all the steps; the sentence of the one that drops it, or None where it is kept."""
    for step in STEPS:
        if why := step(coming):
            return why
    return None


def drop_too_large(coming: Coming) -> str | None:
    """An event beyond what one may have."""
    size = len(coming.raw) + coming.shared.size
    if size > limits.EVENT:
        return f"it has {size:,} bytes; an event may have {limits.EVENT:,}"
    return None


def drop_unreadable(coming: Coming) -> str | None:
    """What is no JSON object."""
    try:
        message, coming.is_bounded = decode_event(coming.raw)
    except RecursionError:
        return f"it is nested deeper than {limits.DEPTH} levels"
    except ValueError as error:
        return f"it cannot be read as JSON: {str(error).rstrip('.')}"
    if not isinstance(message, dict):
        return "it is no object"
    coming.message = message
    return None


def drop_unreadable_context(coming: Coming) -> str | None:
    """A batch whose word on all its events cannot be read. What it says stands in each event from here on, where that
    does not say otherwise: before anything else is looked at, since it is part of it."""
    if not coming.shared.is_readable:
        return "the context of its batch cannot be read"
    own = coming.message.get("context") or {}
    if coming.shared.said and isinstance(own, dict):
        coming.message["context"] = {**coming.shared.said, **own}
        # Together they may be too many or too deep, though neither is.
        coming.is_bounded = False
    return None


def drop_too_much(coming: Coming) -> str | None:
    """More levels, names, items or digits than an event may have."""
    if coming.is_bounded:
        return None
    level: list[Any] = [coming.message]
    depth = count = 0
    while level:
        depth += 1
        if depth > limits.DEPTH:
            return f"it is nested deeper than {limits.DEPTH} levels"
        below: list[Any] = []
        for each in level:
            count += len(each)
            if type(each) is dict:
                if each and max(map(len, each)) > limits.NAME:
                    return f"it has a name of more than {limits.NAME} letters"
                each = each.values()
            for value in each:
                kind = type(value)
                if kind is dict or kind is list:
                    below.append(value)
                elif kind is int and not -limits.LARGEST_NUMBER <= value < limits.LARGEST_NUMBER:
                    return "it has a number of more digits than can be kept"
        if count > limits.VALUES:
            return f"it has more than {limits.VALUES:,} names and items"
        level = below
    return None


def put_no_null_letters(coming: Coming) -> None:
    """No text holds the letter number 0: PostgreSQL keeps none."""
    if NULL in coming.raw or coming.shared.has_nulls:
        coming.message = _without_nulls(coming.message)


def put_no_secrets(coming: Coming) -> None:
    """Nothing of the write key, and no address of anybody: what is not kept cannot be lost."""
    message = coming.message
    message.pop("writeKey", None)
    context = message.get("context")
    inside = context.get("traits") if isinstance(context, dict) else None
    # That of the context itself is taken out later: verdicts ask which network it is of.
    for said in (message, message.get("properties"), message.get("traits"), inside):
        if isinstance(said, dict):
            for name in ADDRESSES:
                said.pop(name, None)


def put_nothing_for_null(coming: Coming) -> None:
    """What an SDK sends as null or as an empty text is not there."""
    for name in (*IDS, *OBJECTS):
        if name in coming.message and coming.message[name] in (None, ""):
            del coming.message[name]


def drop_what_is_no_object(coming: Coming) -> str | None:
    """Properties, traits or a context that is a list or a text."""
    for name in OBJECTS:
        if name in coming.message and not isinstance(coming.message[name], dict):
            return f"its {name} is no object"
    return None


def put_type(coming: Coming) -> None:
    """The address says what a single event is, whatever is written in it."""
    if coming.call:
        coming.message["type"] = coming.call


def drop_unknown_type(coming: Coming) -> str | None:
    """A type that Segment's API does not have."""
    if coming.message.get("type") not in TYPES:
        return f"its type is none of {', '.join(TYPES)}"
    return None


def put_facts_apart(coming: Coming) -> None:
    """What of the context is for verdicts is taken out of it; no address stays."""
    context = coming.message.get("context")
    if not context:
        return
    address = context.pop("ip", None)
    coming.address = address if isinstance(address, str) else ""
    marks = context.pop("marks", None)
    if isinstance(marks, list):
        words = (mark for mark in marks if isinstance(mark, str) and MARK.match(mark))
        coming.marks = tuple(dict.fromkeys(words))[: limits.MARKS]


def put_ids_as_text(coming: Coming) -> None:
    """Some systems number their users."""
    message = coming.message
    for name in IDS:
        if type(message.get(name)) is int:
            message[name] = str(message[name])


def drop_odd_ids(coming: Coming) -> str | None:
    """Ids that are neither text nor a whole number, or are longer than any that is one."""
    for name in IDS:
        value = coming.message.get(name)
        if value is None:
            continue
        longest = limits.MESSAGE_ID if name == "messageId" else limits.ID
        if not isinstance(value, str):
            return f"its {name} is no text"
        if len(value) > longest:
            return f"its {name} has more than {longest} letters"
    return None


def drop_nobodys(coming: Coming) -> str | None:
    """An event without the person it is about. An alias tells of two ids."""
    message = coming.message
    if message["type"] == "alias":
        if "previousId" not in message or "userId" not in message:
            return "an alias needs a userId and a previousId"
    elif "userId" not in message and "anonymousId" not in message:
        return "it has neither a userId nor an anonymousId"
    return None


def drop_nameless(coming: Coming) -> str | None:
    """A track without the name of what was done, a group without its id."""
    message = coming.message
    if message["type"] == "track":
        name = message.get("event")
        if not isinstance(name, str) or not name.strip():
            return "a track needs an event, the name of what was done"
        if len(name) > limits.EVENT_NAME:
            return f"its event has a name of more than {limits.EVENT_NAME} letters"
    if message["type"] == "group" and "groupId" not in message:
        return "a group needs a groupId"
    return None


def put_times(coming: Coming) -> None:
    """When it was sent is the batch's, where the event does not say; RudderStack calls the time of it otherwise."""
    message = coming.message
    if coming.sent_at is not None and message.get("sentAt") is None:
        message["sentAt"] = coming.sent_at
    if message.get("timestamp") is None and message.get("originalTimestamp") is not None:
        message["timestamp"] = message["originalTimestamp"]


def put_traits(coming: Coming) -> None:
    """RudderStack's Python sends what is known of a person within the context."""
    message = coming.message
    traits = message.get("context", {}).get("traits")
    if message["type"] == "identify" and "traits" not in message and isinstance(traits, dict):
        message["traits"] = traits


def put_message_id(coming: Coming) -> None:
    """An id of ours where the sender gave none: then a request sent twice is two events."""
    if "messageId" not in coming.message:
        coming.message["messageId"] = f"ripeline-{secrets.token_hex(16)}"


def _without_nulls(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {name.replace("\0", ""): _without_nulls(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return value


STEPS: tuple[Step, ...] = (
    drop_too_large,
    drop_unreadable,
    drop_unreadable_context,
    drop_too_much,
    put_no_null_letters,
    put_no_secrets,
    put_nothing_for_null,
    drop_what_is_no_object,
    put_type,
    drop_unknown_type,
    put_facts_apart,
    put_ids_as_text,
    drop_odd_ids,
    drop_nobodys,
    drop_nameless,
    put_times,
    put_traits,
    put_message_id,
)

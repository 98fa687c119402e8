"""From the bytes of a request to the events in it, each still as it was written."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from ripeline.capture.collector.exchange import Asked, Refused
from ripeline.capture.collector.limits import (
    BATCH as MOST_EVENTS,
)
from ripeline.capture.collector.limits import (
    BODY,
    CONTEXT,
    DEPTH,
    KILOBYTE,
    LARGEST_NUMBER,
    NAME,
    SPREAD,
    VALUES,
)

TOO_LARGE = Refused(413, "too_large", f"A request may have {BODY // 1024} KB; nothing of this one was kept.")
TOO_MUCH_CONTEXT = Refused(
    413,
    "too_large",
    f"The context of a batch may have {CONTEXT // 1024} KB; nothing of this request was kept.",
)
TOO_MUCH_SPREAD = Refused(
    413,
    "too_large",
    f"The context of a batch becomes part of each of its events, together {SPREAD // 1024**2} MB at most; nothing of"
    " this request was kept.",
)
PACKED = {"gzip", "x-gzip"}


# Not frozen: that would cost more than reading the request does.
@dataclass(slots=True)
class Sent:
    """The events of one request, and what it says of all of them. The context is as it was written: it becomes part
    of each event, and is looked at with it."""

    events: list[bytes]
    write_key: Any = None
    sent_at: Any = None
    context: bytes = b""

    @property
    def spread(self) -> int:
        """Bytes of the context in all the events that there may be."""
        return len(self.context) * min(len(self.events), MOST_EVENTS)

    @property
    def cost(self) -> int:
        """How many events it counts for, where its sender is counted."""
        return max(1, len(self.events), self.spread // KILOBYTE)


class Batch(msgspec.Struct):
    """What `/v1/batch` is sent; the events are taken apart one by one, so that one cannot spoil the others."""

    batch: list[msgspec.Raw]
    writeKey: Any = None
    sentAt: Any = None
    context: msgspec.Raw = msgspec.Raw(b"")


class Alone(msgspec.Struct):
    """What of a single event has to be known before it is taken apart."""

    writeKey: Any = None


def read_events(asked: Asked, *, is_batch: bool) -> Sent | Refused:
    """The events of a request. Whatever its type says: SDKs send JSON as a form, beacons as plain text."""
    body = unpack(asked.body, asked.header("content-encoding"))
    if isinstance(body, Refused):
        return body
    try:
        sent = _take_apart(body, is_batch=is_batch)
    except (ValueError, RecursionError) as error:
        mended = _mended(body, error, is_batch=is_batch)
        if isinstance(mended, Refused):
            return mended
        sent = mended
    if len(sent.context) > CONTEXT:
        return TOO_MUCH_CONTEXT
    return TOO_MUCH_SPREAD if sent.spread > SPREAD else sent


def unpack(body: bytes, encoding: str | None) -> bytes | Refused:
    """The body as it was before it was packed, however small the packet of a very large one is."""
    if len(body) > BODY:
        return TOO_LARGE
    encoding = (encoding or "identity").strip().lower()
    if encoding == "identity":
        return body
    if encoding not in PACKED:
        return Refused(415, "unknown_encoding", "The body may be packed by gzip, or not at all.")
    unpacking = zlib.decompressobj(wbits=31)
    try:
        whole = unpacking.decompress(body, BODY + 1)
    except zlib.error:
        return Refused(400, "bad_gzip", "The body says that it is packed by gzip, and is not.")
    if len(whole) > BODY:
        return TOO_LARGE
    if not unpacking.eof or unpacking.unused_data:
        return Refused(400, "bad_gzip", "The packed body does not end where it should.")
    return whole


def decode_event(raw: bytes) -> tuple[Any, bool]:
    """What one event says, and whether it is known to keep to the limits of levels, names, numbers and values.
    Raises ValueError or RecursionError where it is no JSON.

    Browsers write half an emoji, cut by a script, as half of a pair: such a letter is replaced, the event is kept.
    """
    try:
        return BOUNDED(raw), sum(map(raw.count, (b",", b"{", b"["))) <= VALUES
    except (ValueError, RecursionError):
        pass
    try:
        return DECODE(raw), False
    except ValueError:
        if b"\\u" not in raw:
            raise
        return DECODE(_whole_letters(raw)), False


def _take_apart(body: bytes, *, is_batch: bool) -> Sent:
    if not is_batch:
        return Sent([body], ALONE(body).writeKey)
    batch = BATCH(body)
    return Sent([bytes(each) for each in batch.batch], batch.writeKey, batch.sentAt, bytes(batch.context))


def _mended(body: bytes, error: Exception, *, is_batch: bool) -> Sent | Refused:
    """Once more with whole letters; else what is wrong."""
    try:
        if b"\\u" in body and not isinstance(error, RecursionError):
            return _take_apart(_whole_letters(body), is_batch=is_batch)
    except (ValueError, RecursionError):
        pass
    if isinstance(error, RecursionError):
        return Refused(400, "too_deep", "The JSON is nested too deeply to be read.")
    if isinstance(error, msgspec.ValidationError):
        wanted = 'an object with a list called "batch"' if is_batch else "an object: one event"
        return Refused(400, "not_an_event", f"The body is JSON, but not {wanted}.")
    return Refused(400, "bad_json", f"The body cannot be read as JSON: {str(error).rstrip('.')}.")


def _whole_letters(raw: bytes) -> bytes:
    return json.dumps(json.loads(raw), ensure_ascii=False).encode("utf-8", "replace")


def _bounded() -> Any:
    """The type of an event that keeps to the limits: checked while it is read, at a fraction of looking at it again."""
    name = Annotated[str, msgspec.Meta(max_length=NAME)]
    number = Annotated[int, msgspec.Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER - 1)]
    value: Any = None | bool | number | float | str
    for _ in range(DEPTH - 1):
        value = None | bool | number | float | str | list[value] | dict[name, value]
    return dict[name, value]


DECODE = msgspec.json.Decoder().decode
BOUNDED = msgspec.json.Decoder(_bounded()).decode
BATCH = msgspec.json.Decoder(Batch).decode
ALONE = msgspec.json.Decoder(Alone).decode

"""The names of events that came of late, and what each becomes by the table; writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ripeline.capture.collector.models import Arrival, WriteKey
from ripeline.capture.digest.flat import number, plain
from ripeline.capture.digest.naming import Meaning, Names, bare_name, standard_names

LATEST = 5_000
"""So many of the latest events are looked at."""
SHOWN = 50
SAMPLES = 10
LONGEST_SUBJECT = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """A name that came `times` with a website's key (`is_public`) or a server's, and the kind that it becomes. `by`:
    a name of ours (own), a standard one, or none."""

    name: str
    is_public: bool
    times: int
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class Sample:
    """An event and what the touch would be: before, and by what is tried."""

    name: str
    is_public: bool
    was: str
    kind: str
    subject: str | None
    value: float | None
    properties: str


@dataclass(frozen=True, slots=True)
class Tried:
    """How many of the latest events have the name, and some of them."""

    times: int
    samples: Sequence[Sample]


def latest_events() -> list[tuple[bool, dict[str, Any]]]:
    """The latest events with a name, newest first: whether each came with a website's key, and the event."""
    public = {
        pk: purpose == WriteKey.Purpose.WEBSITE
        for pk, purpose in WriteKey.objects.values_list("pk", "purpose")
    }
    found = []
    for key, text in Arrival.objects.order_by("-pk").values_list("write_key_id", "event")[:LATEST]:
        try:
            message = msgspec.json.decode(text)
        except msgspec.DecodeError:
            continue
        if isinstance(message, dict) and message.get("type") == "track" and key in public:
            found.append((public[key], message))
    return found


def heard_names(names: Names, events: Sequence[tuple[bool, dict[str, Any]]]) -> list[Heard]:
    """The names of these events, the most frequent first."""
    counts = Counter((str(message.get("event") or "")[:255], is_public) for is_public, message in events)
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [
        Heard(name, is_public, times, names.meaning_of(name, is_public=is_public).kind, _by(name, names))
        for (name, is_public), times in ordered[:SHOWN]
    ]


def try_name(
    name: str, meaning: Meaning, names: Names, events: Sequence[tuple[bool, dict[str, Any]]]
) -> Tried:
    """What events of a name would become if it meant this."""
    bare = bare_name(name)
    tried = Names({**names.own, bare: meaning})
    same = [each for each in events if bare_name(str(each[1].get("event") or "")) == bare]
    return Tried(len(same), [_sample(is_public, said, names, tried) for is_public, said in same[:SAMPLES]])


def _sample(is_public: bool, message: dict[str, Any], names: Names, tried: Names) -> Sample:
    name = str(message["event"])
    was, becomes = (each.meaning_of(name, is_public=is_public) for each in (names, tried))
    said = message.get("properties")
    properties = said if isinstance(said, dict) else {}
    words = (plain(properties.get(each), LONGEST_SUBJECT) for each in becomes.subject)
    numbers = (number(properties.get(each)) for each in becomes.value)
    return Sample(
        name,
        is_public,
        was.kind,
        becomes.kind,
        becomes.about or next((word for word in words if word), None),
        next((each for each in numbers if each is not None), None),
        ", ".join(sorted(str(each) for each in properties))[:200],
    )


def _by(name: str, names: Names) -> str:
    bare = bare_name(name)
    return "own" if bare in names.own else "standard" if bare in standard_names() else ""

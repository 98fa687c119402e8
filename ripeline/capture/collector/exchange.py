"""What is asked and what is answered, whatever server carries it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Asked:
    """One request: `header` looks one up by its lower-case name; `address` is whom it came from."""

    method: str
    path: str
    header: Callable[[str], str | None]
    address: str
    body: bytes = b""


@dataclass(slots=True)
class Answer:
    """Status, headers and JSON of what is sent back."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was kept: the status, a word for programs, a sentence for people, and when to try again."""

    status: int
    code: str
    why: str
    retry_after: int | None = None

    def answer(self) -> Answer:
        """As SDKs read it: `code` and `message`; those that heed Retry-After send again by themselves."""
        again = [] if self.retry_after is None else [("retry-after", str(self.retry_after))]
        return told(self.status, {"success": False, "code": self.code, "message": self.why}, again)


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """One event of a request that is not kept, and the sentence that says why."""

    index: int
    message_id: str | None
    why: str


def told(status: int, what: dict[str, Any], headers: Headers | None = None) -> Answer:
    """An answer of JSON."""
    return Answer(status, msgspec.json.encode(what), [*PLAIN, *(headers or [])])


PLAIN: Headers = [
    ("content-type", "application/json"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
]

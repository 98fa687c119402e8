"""The history parts and the touch log beside each other, for the tests of the parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from json import loads
from pathlib import Path

from ripeline.kit.instants import to_instant
from ripeline.people.models import Contact
from ripeline.timeline.history.opening import OpenHistory, open_history
from ripeline.timeline.models import Touch
from ripeline.timeline.record import record
from tests.replay.parts.batches import everything
from tests.timeline.people import fact

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = ["page_viewed", "form_submitted", "email_replied"]


def opened(now: datetime = NOW) -> OpenHistory:
    """The parts, which must open."""
    found = open_history(now)
    assert isinstance(found, OpenHistory), found
    return found


def held(found: OpenHistory) -> dict[str, list[tuple[object, ...]]]:
    """What the parts hold, attrs read."""
    return {
        person: [(*row[:7], loads(str(row[7])) if row[7] else {}, row[8]) for row in rows]
        for person, rows in everything(found.parts).items()
    }


def logged() -> dict[str, list[tuple[object, ...]]]:
    """What the log holds of contacts, each in the order of a fold."""
    found: dict[str, list[tuple[object, ...]]] = {}
    rows = [row for row in Touch.objects.all() if row.contact_id is not None]
    for row in sorted(rows, key=lambda row: (row.at, row.uid.encode())):
        found.setdefault(str(row.contact_id), []).append(
            (
                *(
                    row.uid,
                    to_instant(row.at),
                    to_instant(row.heard_at),
                    row.kind,
                    row.direction,
                    row.actor,
                ),
                *(row.subject, row.attrs, row.value),
            )
        )
    return found


def add_touches(contact: Contact, numbers: range, *, back: int = 0) -> None:
    """Some touches, `back` days late."""
    record(
        [
            fact(
                contact,
                KINDS[n % 3],
                NOW - timedelta(days=back, seconds=n % 5),
                uid=f"{contact.pk}-{back}-{n}",
            )
            for n in numbers
        ],
        now=NOW,
    )


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)

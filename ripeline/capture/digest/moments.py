"""When an event happened, of what its sender's clock says and when it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ripeline.kit.instants import EPOCH

SEEMING = timedelta(seconds=1)
"""A clock that is less than this ahead is not."""


def happened_at(timestamp: object, sent_at: object, received_at: datetime) -> tuple[datetime, str]:
    """When it happened, and why that is not what the event says; "" where it is.

    As Segment documents it: how long before sending it happened is by one clock, the sender's, so that much before it
    was received it happened here. Without a moment of sending the event's own is taken, for example in a history that
    is sent afterwards. Nothing happens after it was received.
    """
    said, sent = read_moment(timestamp), read_moment(sent_at)
    if said is None:
        return received_at, "" if timestamp in (None, "") else "its time cannot be read: when it came counts"
    at = said
    if sent is not None:
        try:
            at = received_at - (sent - said)
        except OverflowError:
            return received_at, "its times are beyond all years: when it came counts"
    if at > received_at:
        why = "its time has not come yet: when it came counts"
        return received_at, "" if at - received_at < SEEMING else why
    if at < EPOCH:
        return received_at, "its time is before all others: when it came counts"
    return at, ""


def read_moment(written: object) -> datetime | None:
    """A moment as SDKs write it: RFC 3339, where no zone is named in UTC; or milliseconds since 1970. Else None, and
    where it is before 1970: some programs write the first of all days where they know none."""
    read = _read(written)
    return read if read is not None and read >= EPOCH else None


def _read(written: object) -> datetime | None:
    try:
        if isinstance(written, str):
            read = datetime.fromisoformat(written.strip())
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(written, int | float) and not isinstance(written, bool):
            return EPOCH + timedelta(milliseconds=written)
    except (ValueError, OverflowError):
        return None
    return None

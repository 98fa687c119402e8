"""Between the lifecycle's instants (integer microseconds since the epoch, UTC) and aware datetimes."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_instant(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime, exactly."""
    return (moment - EPOCH) // MICROSECOND


def to_datetime(instant: int) -> datetime:
    """The aware UTC datetime of `instant`, exactly."""
    return EPOCH + timedelta(microseconds=instant)

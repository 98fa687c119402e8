"""Numbers, money and moments as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from ripeline.kit.instants import to_datetime

MINUS = "\N{MINUS SIGN}"
# A thing with its unit must not break over two lines.
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
CURRENCY_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF", "JPY": "¥"}

Moment = datetime | int


def say_number(value: float, decimals: int = 0) -> str:
    """12,345 or 12,345.6, with a real minus sign."""
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def say_points(value: float) -> str:
    """A score: one decimal, and none where it is whole."""
    return say_number(value, 0 if abs(value - round(value)) < 0.05 else 1)


def say_money(amount: float, currency: str) -> str:
    """€1,250 for whole amounts, €12.50 else; a currency without a sign of its own keeps its code."""
    sign = CURRENCY_SIGNS.get(currency, currency)
    gap = NARROW_SPACE if len(sign) > 1 else ""
    digits = say_number(abs(amount), 0 if float(amount).is_integer() else 2)
    return f"{MINUS if amount < 0 else ''}{sign}{gap}{digits}"


def say_percent(share: float, decimals: int = 0) -> str:
    """0.123 -> 12%."""
    return f"{say_number(share * 100, decimals)}%"


def say_change(value: float) -> str:
    """+12, −3 or 0: a difference with its sign."""
    return f"+{say_number(value)}" if value > 0 else say_number(value)


def say_ago(then: datetime, now: datetime, zone: tzinfo) -> str:
    """How long ago, or how soon, in words; from a day on by calendar days of `zone`, as people count."""
    seconds = (now - then).total_seconds()
    if abs(seconds) < 45:
        return "just now"
    if abs(seconds) < 3600:
        return _turn(max(1, round(abs(seconds) / 60)), "min", seconds, plural="min")
    days = (now.astimezone(zone).date() - then.astimezone(zone).date()).days
    if days == 0:
        return _turn(max(1, round(abs(seconds) / 3600)), "h", seconds, plural="h")
    if abs(days) == 1:
        return "yesterday" if days > 0 else "tomorrow"
    return _turn(*_big_unit(abs(days)), seconds)


def say_exact(moment: datetime, zone: tzinfo) -> str:
    """3 March 2026, 14:05."""
    return f"{say_day(moment, zone)}, {moment.astimezone(zone):%H:%M}"


def say_day(moment: datetime, zone: tzinfo) -> str:
    """3 March 2026."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def moment_of(value: Moment) -> datetime:
    """An aware datetime from one, or from an instant in microseconds."""
    return value.astimezone(UTC) if isinstance(value, datetime) else to_datetime(value)


def initials(name: str) -> str:
    """AS for Ann Smit, A for ann@example.org, ? for nobody."""
    words = [word for word in name.partition("@")[0].replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def _big_unit(days: int) -> tuple[int, str]:
    if days < 14:
        return days, "day"
    if days < 60:
        return days // 7, "week"
    return (days // 30, "month") if days < 730 else (days // 365, "year")


def _turn(count: int, unit: str, seconds: float, plural: str = "") -> str:
    unit = unit if count == 1 else plural or f"{unit}s"
    return f"{count} {unit} ago" if seconds > 0 else f"in {count} {unit}"

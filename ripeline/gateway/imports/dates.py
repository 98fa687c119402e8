"""How a whole column writes its dates, decided once from all its cells, with the evidence told.

`03-04-2018` alone cannot be read. A column can: one `26-02-2018` in it says that the day comes first.
Where not one cell decides, a neighbour column of the same look does, else the sign (`.` is written day
first), else day first, and the preview says that it was a guess. Dates without a clock are taken at the
start of their day in the column's time zone, so that whatever has a clock that day comes after them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

Order = Literal["dmy", "mdy", "ymd"]
FIRST_YEAR = 1900
"""Programs write 0001-01-01, 1753-01-01 or 1899-12-30 where they have no date."""
AHEAD = timedelta(days=1)
"""How far after the taking in of a file its touches may be dated: clocks differ, years do not."""
_NUMERIC = re.compile(
    r"(\d{1,4})([-/.])\s?(\d{1,2})\2\s?(\d{1,4})(?:(?:T|,?\s+)(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?"
    r"\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?\s*\Z"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_WORDS = re.compile(
    r"(?:\w+,\s+)?(?:(\d{1,2})(?:st|nd|rd|th|\.|º)?[\s\-]+(?:de\s+)?([^\W\d]{3,12})\.?,?[\s\-]+(?:de\s+)?(\d{2,4})"
    r"|([^\W\d]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4}))"
    r"(?:,?\s+(?:at\s+|um\s+|à\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp]\.?[Mm]\.?)?)?\s*\Z"
)
_EPOCH = re.compile(r"(1\d{9}|1\d{12})(?:\.\d+)?\Z")
_SERIAL = re.compile(r"([23456]\d{4})(?:[.,](\d+))?\Z")
# The first letters of each month in English, German, French, Spanish, Italian, Portuguese, Dutch and Polish.
_MONTH_NAMES = """
jan gen ene sty led;feb fev fév lut;mar maa mrt mae mär;apr avr abr kwi;may mai mag mei maj;jun jui giu cze;
jul lug lip;aug aou aoû ago sie;sep set wrz;oct okt out ott paź paz;nov lis;dec déc dez dic des gru
"""
_MONTHS = {
    name: number for number, names in enumerate(_MONTH_NAMES.split(";"), start=1) for name in names.split()
}


@dataclass(frozen=True, slots=True)
class DateColumn:
    """How a column writes dates. `evidence` is a sentence for the preview; `is_guess` where no cell
    decided. `pattern` is a strptime pattern set by hand, which then alone counts.
    """

    order: Order = "dmy"
    zone: tzinfo = UTC
    evidence: str = ""
    is_guess: bool = False
    pattern: str | None = None
    serial: bool = False


class DateEvidence:
    """What the cells of one column say of how it writes dates; memory does not grow with their number."""

    def __init__(self) -> None:
        self._day_first = self._month_first = self._unclear = 0
        self._other = self._serial = 0
        self._sign = ""
        self._day_example = self._month_example = ""

    def see(self, cell: str) -> None:
        """Weighs one cleaned cell that is not empty."""
        match = _NUMERIC.match(cell)
        if not match or len(match[1]) > 2:
            self._other += 1
            self._serial += match is None and _SERIAL.match(cell) is not None
            return
        first, second, self._sign = int(match[1]), int(match[3]), match[2]
        if first > 12 >= second:
            self._day_first, self._day_example = self._day_first + 1, self._day_example or cell
        elif second > 12 >= first:
            self._month_first, self._month_example = self._month_first + 1, self._month_example or cell
        else:
            self._unclear += 1

    @property
    def order(self) -> Order | None:
        """Day or month first, where some cell decides."""
        if not self._day_first and not self._month_first:
            return None
        return "dmy" if self._day_first >= self._month_first else "mdy"

    def settle(self, neighbour: Order | None = None) -> DateColumn:
        """The decision; `neighbour` is the order of another column of the file."""
        counted = self._day_first + self._month_first + self._unclear
        if not counted:
            serial = 0 < self._serial == self._other
            said = "days counted from 1899-12-30, as spreadsheets do" if serial else ""
            return DateColumn(
                "ymd", evidence=said or "its dates say the year first or name the month", serial=serial
            )
        if self.order:
            return DateColumn(self.order, evidence=self._counts(self.order), is_guess=self._wrong > 0)
        if neighbour in ("dmy", "mdy"):
            said = f"all {self._unclear:,} could be read either way; {_say(neighbour)} as another column"
            return DateColumn(neighbour, evidence=said)
        why = "a dot is written after the day" if self._sign == "." else "no cell decides, please check"
        said = f"all {self._unclear:,} could be read either way; read day first: {why}"
        return DateColumn("dmy", evidence=said, is_guess=self._sign != ".")

    @property
    def _wrong(self) -> int:
        return min(self._day_first, self._month_first)

    def _counts(self, order: Order) -> str:
        sure, total = (
            max(self._day_first, self._month_first),
            self._day_first + self._month_first + self._unclear,
        )
        example = self._day_example if order == "dmy" else self._month_example
        said = f"{_say(order)}: {sure:,} of {total:,} can only be read so (such as {example})"
        if self._unclear:
            said += f", {self._unclear:,} could be read either way"
        if self._wrong:
            wrong = self._month_example if order == "dmy" else self._day_example
            said += f"; {self._wrong:,} cannot be read so (such as {wrong})"
        return said


def read_date(cell: str, column: DateColumn) -> datetime | None:
    """The moment a cell names, aware, in UTC; None where it cannot be read in the column's way, or lies before
    1900: there no date was meant.
    """
    moment = _read(cell, column)
    return moment if moment and moment.year >= FIRST_YEAR else None


def why_no_date(cell: str, column: DateColumn, place: str = "") -> str:
    """Says, of a cell that `read_date` does not read, what is wrong with it; `place` is `in Birthday`, say."""
    said = f"'{cell[:40]}' {place}".rstrip()
    return (
        f"{said} is before {FIRST_YEAR}: no date was meant" if _read(cell, column) else f"{said} is no date"
    )


def _read(cell: str, column: DateColumn) -> datetime | None:
    try:
        if column.pattern:
            return _by_pattern(cell, column)
        parts = _numeric(cell, column) or _worded(cell) or _compact(cell)
        if parts is None:
            return _counted(cell, column)
        moment, zone = parts
        return moment.replace(tzinfo=zone or column.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _say(order: Order) -> str:
    return {"dmy": "day first", "mdy": "month first", "ymd": "year first"}[order]


def _by_pattern(cell: str, column: DateColumn) -> datetime:
    moment = datetime.strptime(cell, column.pattern or "")
    return (moment if moment.tzinfo else moment.replace(tzinfo=column.zone)).astimezone(UTC)


def _numeric(cell: str, column: DateColumn) -> tuple[datetime, tzinfo | None] | None:
    match = _NUMERIC.match(cell)
    if not match:
        return None
    one, two, three = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        year, month, day = one, two, three
    elif column.order == "mdy":
        month, day, year = one, two, _year(match[4])
    else:
        day, month, year = one, two, _year(match[4])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    hour = _hour(match[5], match[8])
    try:
        moment = datetime(year, month, day, hour, int(match[6] or 0), int(match[7] or 0))
    except ValueError:
        return None
    return moment, _zone(match[9])


def _worded(cell: str) -> tuple[datetime, tzinfo | None] | None:
    match = _WORDS.match(cell)
    if not match:
        return None
    day, month, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    low = month.casefold()
    number = _MONTHS.get(low[:3]) or 0
    if low.startswith(("jui", "juil")):
        number = 7 if low.startswith("juil") else 6
    if not number:
        return None
    try:
        moment = datetime(
            _year(year), number, int(day), _hour(match[7], match[10]), int(match[8] or 0), int(match[9] or 0)
        )
    except ValueError:
        return None
    return moment, None


def _compact(cell: str) -> tuple[datetime, tzinfo | None] | None:
    match = _COMPACT.match(cell)
    if not match or not 1900 <= int(match[1]) <= 2199:
        return None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3])), None
    except ValueError:
        return None


def _counted(cell: str, column: DateColumn) -> datetime | None:
    """Seconds or milliseconds since 1970; or, where the whole column is so, a spreadsheet's days since
    1899-12-30.
    """
    if match := _EPOCH.match(cell):
        number = int(match[1])
        return datetime.fromtimestamp(number / 1000 if number > 10**11 else number, UTC)
    if column.serial and (match := _SERIAL.match(cell)):
        days = float(cell.replace(",", "."))
        return (datetime(1899, 12, 30) + timedelta(days=days)).replace(tzinfo=column.zone).astimezone(UTC)
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return 2000 + year if year < 70 else 1900 + year


def _hour(text: str | None, half: str | None) -> int:
    hour = int(text or 0)
    if not half:
        return hour
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text in ("Z", "UTC", "GMT"):
        return UTC
    return datetime.strptime(text.replace(":", ""), "%z").tzinfo

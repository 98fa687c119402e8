"""How a whole column writes its numbers: `1.234,50` or `1,234.50`, decided once, with the evidence told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_AROUND = re.compile(r"[\s  '’€$£%]|EUR|USD|GBP|CHF|PLN", re.I)


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """Which sign comes before the decimals, and why."""

    decimal: Literal[".", ","] = "."
    evidence: str = ""


class NumberEvidence:
    """What the cells of one column say of how it writes numbers."""

    def __init__(self) -> None:
        self._comma = self._point = 0

    def see(self, cell: str) -> None:
        """Weighs one cell. A sign followed by other than three digits is decimal; so is the last of
        two different signs; one that occurs twice is not."""
        text = _AROUND.sub("", cell)
        if "," in text and "." in text:
            comma_last = text.rfind(",") > text.rfind(".")
            self._comma, self._point = self._comma + comma_last, self._point + (not comma_last)
        elif "," in text:
            self._comma += _is_decimal(text, ",")
            self._point += text.count(",") > 1
        elif "." in text:
            self._point += _is_decimal(text, ".")
            self._comma += text.count(".") > 1

    def settle(self) -> NumberColumn:
        """The decision; where no cell decides, a point."""
        if self._comma > self._point:
            return NumberColumn(",", f"decimal comma: {self._comma:,} cells can only be read so")
        said = f"decimal point: {self._point:,} cells can only be read so" if self._point else ""
        return NumberColumn(".", said)


def _is_decimal(text: str, sign: str) -> bool:
    return text.count(sign) == 1 and len(text.rpartition(sign)[2]) != 3

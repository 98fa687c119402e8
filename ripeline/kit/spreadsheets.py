"""Text for files that people open in a spreadsheet."""

from __future__ import annotations

import re

# What a spreadsheet takes for the beginning of a formula, full-width forms too, also after blanks, quotation marks and
# characters that show nothing; a tab or line break it may drop, so that a cell begins with what follows.
_UNSEEN = r"\s\x00\"'\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_FORMULA = re.compile(f"[{_UNSEEN}]*[=+\\-@＝＋－＠\\t\\r\\n]")
# Where the comma is the decimal sign a semicolon ends a cell, whatever the file meant: what follows begins one.
_END = ";"


def safe_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula: an apostrophe stands before what looks like one, at
    the beginning and after each semicolon.

    What has apostrophes before a formula already gets one more, so that no two texts come out the same.
    """
    return _END.join(f"'{part}" if _FORMULA.match(part) else part for part in text.split(_END))


def plain_cell(text: str) -> str:
    """What `safe_cell` was given, from what it gave; other text as it is."""
    return _END.join(
        part[1:] if part.startswith("'") and _FORMULA.match(part[1:]) else part for part in text.split(_END)
    )

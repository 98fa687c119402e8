"""Text for files that people open in a spreadsheet."""

from __future__ import annotations

import re

# What a spreadsheet takes for the beginning of a formula, full-width forms too, also after blanks and quotation
# marks; a tab or line break it may drop, so that a cell begins with what follows.
_FORMULA = re.compile("[\\s\\x00\"']*[=+\\-@＝＋－＠\\t\\r\\n]")


def safe_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula: an apostrophe stands before what looks like one.

    What has apostrophes before a formula already gets one more, so that no two texts come out the same.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def plain_cell(text: str) -> str:
    """What `safe_cell` was given, from what it gave; other text as it is."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text

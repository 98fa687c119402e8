"""What a single cell is: nothing, an address, a number, a date, a phone number, yes or no."""

from __future__ import annotations

import re
from collections.abc import Container

from ripeline.kit.folding import plain
from ripeline.kit.spreadsheets import plain_cell

# What people and programs write where nothing is known. Compared without case, accents and outer signs.
_SURE = """
    select; please select; select one; choose; choose one; bitte wahlen; bitte auswahlen;
    selectionner; choisir; seleccionar; seleccione; selecione; seleziona; selecteer; n a; not
    available; not applicable; not provided; not set; not specified; no data; no value; undefined;
    keine angabe; nicht angegeben; non renseigne; non precise; sin datos; no aplica; sem informacao;
    nao informado; geen gegevens; brak danych
"""
# These are also a surname (Null), a country code (NA) or an answer: empty only outside names and countries.
_LOOSE = "na; nd; n d; n v; k a; none; null; nil; nan; empty; blank; missing; tbd; tba"
SURE_PLACEHOLDERS = frozenset(word.strip() for word in _SURE.split(";"))
PLACEHOLDERS = SURE_PLACEHOLDERS | frozenset(word.strip() for word in _LOOSE.split(";"))
LONGEST_PLACEHOLDER = 20
_SIGNS_ALONE = re.compile(r"[-–—_./?*#\s']*\Z")
_ADDRESS = re.compile(r"\s*(?:mailto:)?[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]{2,}\s*\Z", re.I)
_NUMBER = re.compile(r"\s*[-+]?[\d ,.'  ]*\d\s*(?:%|€|\$|£|EUR|USD|GBP)?\s*\Z")
_DATE = re.compile(
    r"\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[ T,]+\d{1,2}:\d{2}.*)?\s*\Z"
)
_MONTH = re.compile(r"\s*(?:\d{1,2}\.?[ -]\w{3,10}\.?[ -]\d{2,4}|\w{3,10}\.? \d{1,2},? \d{4})\b.*\Z")
_PHONE = re.compile(r"\s*(?:tel:)?[+(]?[\d][\d\s().\-/–]{5,22}\d(?:\s*(?:x|ext\.?)\s*\d+)?\s*\Z", re.I)
_WEB = re.compile(r"\s*(?:https?://)?(?:www\.)?[a-z0-9\-]+(?:\.[a-z0-9\-]+)+(?:[/?#]\S*)?\s*\Z", re.I)


def clean(cell: str) -> str:
    """The cell's text: outer blanks, zero bytes and an export's guard against formulas (`'=`) taken off."""
    text = cell.strip().strip("\0\ufeff\u200b\xa0")
    return plain_cell(text) if text[:1] == "'" else text


def is_empty(text: str, placeholders: Container[str] = PLACEHOLDERS) -> bool:
    """Whether cleaned `text` says nothing: blank, only signs, or a placeholder such as `Select` or
    `N/A`.
    """
    if not text:
        return True
    if len(text) > LONGEST_PLACEHOLDER:
        return False
    if text[0] in "-–—_./?*#'" and _SIGNS_ALONE.match(text):
        return True
    if text[0] in "+0123456789":
        # Most cells that need no closer look; a placeholder of figures alone is written as it is compared.
        return text in placeholders
    return plain(text) in placeholders


class Cleaner:
    """`clean` and `is_empty` for many cells, with the same placeholders: most are told by their first two letters."""

    def __init__(self, placeholders: frozenset[str]) -> None:
        self._placeholders = placeholders
        self._starts = {word[:2] for word in placeholders}
        self._plain: dict[str, bool] = {}

    def said(self, cell: str) -> str:
        """The cell's text; nothing where it says nothing."""
        text = cell.strip()
        if self._plain.get(text[:2]) and text.isascii() and text[-1] != "\0":
            return text
        if len(text) > 1 and text[:2] not in self._plain and text[:2].isascii():
            self._plain[text[:2]] = self._is_plain(text[:2])
        text = clean(text)
        return "" if is_empty(text, self._placeholders) else text

    def _is_plain(self, start: str) -> bool:
        """Whether what begins so is no placeholder, and has nothing before it to be taken off. Two letters begin the
        text as it is compared, too; a text that begins with a figure is compared as it is."""
        if start.isalpha():
            return start.lower() not in self._starts
        return start[0] in "+0123456789" and start not in self._starts


def looks_like_data(text: str) -> bool:
    """Whether this can be no column's name: an address, a number, a date or a phone number."""
    return is_address(text) or is_number(text) or is_date(text) or is_phone(text)


def is_address(text: str) -> bool:
    """Whether the whole cell looks like one email address."""
    return "@" in text and _ADDRESS.match(text) is not None


def is_number(text: str) -> bool:
    """Whether the cell is a number, perhaps with separators, a currency or a per cent sign."""
    return _NUMBER.match(text) is not None


def is_date(text: str) -> bool:
    """Whether the cell looks like a calendar date, with or without a time."""
    return _DATE.match(text) is not None or _MONTH.match(text) is not None


def is_phone(text: str) -> bool:
    """Whether the cell looks like a phone number rather than a bare number or a date."""
    digits = sum(letter.isdigit() for letter in text)
    if not 7 <= digits <= 15 or is_date(text) or not _PHONE.match(text):
        return False
    return not text.strip().isdigit() or text.strip().startswith("00")


def is_web(text: str) -> bool:
    """Whether the cell looks like a web address or a domain."""
    return "." in text and "@" not in text and _WEB.match(text) is not None and not is_number(text)

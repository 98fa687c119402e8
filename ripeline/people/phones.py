"""Phone numbers as we keep them: in international form wherever the country is known."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

LONGEST = 40
_INTERNATIONAL = re.compile(r"\+[1-9](?:[ .\-]?[0-9]){3,17}\Z")
_SIGNS = str.maketrans("", "", "+ .-")


@lru_cache(maxsize=20_000)
def read_phone(text: str, region: str | None = None) -> str:
    """The number in international form (`+49301234567`); as typed where no country is known or it is too odd.
    `region` is the country (ISO 3166-1) of numbers that name none.
    """
    bare = " ".join(text.removeprefix("tel:").split())[:LONGEST]
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    return _easy_phone(bare) or careful_phone(bare, region)


def careful_phone(text: str, region: str | None) -> str:
    """`read_phone` without its short cut: by the rules of every country, and slow."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _easy_phone(text: str) -> str | None:
    """A number with its country's code and nothing to be taken off: no prefix for calls at home, no zero first,
    a length that numbers of this country have. None where `careful_phone` has to say what it is.
    """
    if not _INTERNATIONAL.match(text):
        return None
    digits = text.translate(_SIGNS)
    for length in (1, 2, 3):
        if int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            prefix, lengths = _rules(int(digits[:length]))
            rest = digits[length:]
            is_easy = len(rest) in lengths and rest[0] != "0" and not (prefix and prefix.match(rest))
            return f"+{digits}" if is_easy else None
    return None


@lru_cache(maxsize=300)
def _rules(code: int) -> tuple[re.Pattern[str] | None, frozenset[int]]:
    """Of a country's code: what may stand before a number at home, and the digits a number can have."""
    region = COUNTRY_CODE_TO_REGION_CODE[code][0]
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None or metadata.general_desc is None:
        return None, frozenset()
    prefix = metadata.national_prefix_for_parsing
    return re.compile(prefix) if prefix else None, frozenset(metadata.general_desc.possible_length)

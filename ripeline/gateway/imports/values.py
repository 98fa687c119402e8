"""What the cells of contact fields say: addresses, names, phone numbers, yes or no, countries,
languages, tags.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from django.conf.locale import LANG_INFO
from email_validator import EmailNotValidError, validate_email

from ripeline.gateway.imports.cells import is_empty
from ripeline.gateway.imports.countries import country_codes
from ripeline.gateway.imports.names import plain

_YES = frozenset(
    [
        "yes",
        "y",
        "true",
        "t",
        "1",
        "on",
        "ja",
        "j",
        "wahr",
        "oui",
        "o",
        "vrai",
        "si",
        "sim",
        "s",
        "verdadero",
        "vero",
        "tak",
        "x",
        "✓",
        "✔",
    ]
)
_NO = frozenset(
    ["no", "n", "false", "f", "0", "off", "nein", "falsch", "non", "faux", "nao", "falso", "nie", "nee"]
)
_EASY_ADDRESS = re.compile(
    r"[a-z0-9_+\-]+(?:\.[a-z0-9_+\-]+)*@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}\Z"
)
_BETWEEN_ADDRESSES = re.compile(r"[,;|\s<>\"()\[\]]+|:::| / ")
_NAME_BEFORE = re.compile(r'\s*"?([^"<>@]+?)"?\s*<[^<>]*@[^<>]*>\s*\Z')
_BETWEEN_TAGS = re.compile(r"\s*(?:[;|]|:::)\s*")
_SPECIAL_ENDS = (".invalid", ".localhost", ".local")
_WEB = re.compile(r"^(?:https?:)?(?://)?(?:www\.)?", re.I)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The email addresses of a cell, lower case, in order and once each; what was there but is none; and
    a name written before the address (`Jane Doe <jane@example.org>`).
    """

    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    name: str = ""


def read_addresses(cell: str) -> Addresses:
    """The addresses a cell holds, however they are joined: `mailto:`, `<...>`, comma, semicolon, `:::`."""
    low = cell.strip().lower()
    if _EASY_ADDRESS.match(low):
        return Addresses((low,))
    good: list[str] = []
    bad: list[str] = []
    for token in _BETWEEN_ADDRESSES.split(cell):
        word = token.strip(" '.").removeprefix("mailto:").removeprefix("MAILTO:").partition("?")[0]
        if "@" not in word:
            continue
        address = read_address(word)
        if address and address not in good:
            good.append(address)
        elif not address:
            bad.append(word)
    if not good and not bad and cell.strip():
        bad.append(cell.strip())
    named = _NAME_BEFORE.match(cell)
    return Addresses(tuple(good), tuple(bad), named[1] if named else "")


def read_address(word: str) -> str | None:
    """`word` as a lower-case address that mail can be sent to, or None. Quoted local parts and bare IP
    numbers are refused: no person's mailbox is called so.
    """
    low = word.lower()
    if _EASY_ADDRESS.match(low):
        return low if len(low) <= 254 and low.index("@") <= 64 else None
    try:
        checked = validate_email(word, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.normalized.lower()


def read_name(cell: str) -> tuple[str, str]:
    """First and last name of a whole name. `Last, First` is turned round; of several words the last is the
    family name, with small words before it (`van der`, `de la`)."""
    text = " ".join(cell.split())
    if text.count(",") == 1:
        last, first = (part.strip() for part in text.split(","))
        if last and first and len(first.split()) <= 3:
            return first, last
    words = text.split(" ")
    if len(words) == 1:
        return text, ""
    start = len(words) - 1
    while start > 1 and words[start - 1].casefold() in _SMALL_WORDS:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


_SMALL_WORDS = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "das",
        "do",
        "la",
        "le",
        "du",
        "des",
        "ten",
        "ter",
        "te",
        "el",
        "al",
        "bin",
        "ibn",
        "zu",
        "zum",
        "zur",
        "af",
        "av",
    ]
)


@lru_cache(maxsize=20_000)
def read_phone(cell: str, region: str | None = None) -> str:
    """The number in international form (`+49301234567`); as typed where no country is known or it is too
    odd.
    """
    text = " ".join(cell.removeprefix("tel:").split())[:40]
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def read_yes_no(cell: str) -> bool | None:
    """True, False, or None where the cell is neither; in the languages of our users."""
    word = plain(cell) or cell.strip().casefold()
    if word in _YES:
        return True
    return False if word in _NO else None


@lru_cache(maxsize=5_000)
def read_country(cell: str) -> str | None:
    """The two-letter code (ISO 3166-1) of a country named or coded in the cell, or None."""
    return country_codes().get(plain(cell))


@lru_cache(maxsize=5_000)
def read_language(cell: str) -> str | None:
    """The language code (`de`, `pt-br`) of a language named in English or in itself, or coded; or None."""
    first = cell.split(",")[0].split(";")[0].strip()
    code = first.replace("_", "-").lower()
    if code in LANG_INFO:
        return code
    if code.partition("-")[0] in LANG_INFO and len(code) <= 7:
        return code.partition("-")[0]
    return _languages().get(plain(first))


def read_tags(cell: str) -> tuple[str, ...]:
    """Tags of a cell, split at `;`, `|`, `:::`, and at `,` where none of these occurs; Google's `* `
    taken off.
    """
    parts = _BETWEEN_TAGS.split(cell)
    if len(parts) == 1:
        parts = cell.split(",")
    tags = [" ".join(part.removeprefix("* ").split())[:80] for part in parts]
    return tuple(dict.fromkeys(tag for tag in tags if tag and not is_empty(tag)))


def read_domain(cell: str) -> str | None:
    """The host of a web address without `www.`, in lower case; the part after @ of an address; or None."""
    text = cell.strip().lower().rpartition("@")[2]
    host = _WEB.sub("", text).split("/")[0].split("?")[0].split("#")[0].partition(":")[0].strip(".")
    if "." not in host or " " in host or len(host) > 253 or host.endswith(_SPECIAL_ENDS):
        return None
    return host


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    names: dict[str, str] = {}
    for code, info in LANG_INFO.items():
        for label in ("name", "name_local"):
            if label in info and "fallback" not in info:
                names.setdefault(plain(str(info[label])), code)
    return names

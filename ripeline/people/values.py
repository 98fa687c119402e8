"""What people and files write of somebody, as we keep it: addresses, names, yes or no, countries, languages,
numbers, tags, domains. Phone numbers are in `people.phones`.

Every door reads by these: the forms of the pages, imports, the API. Pure: no database, no clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.conf.locale import LANG_INFO
from email_validator import EmailNotValidError, validate_email

from ripeline.kit.folding import plain
from ripeline.people.countries import country_codes

_YES = frozenset("yes y true t 1 on ja j wahr oui o vrai si sim s verdadero vero tak x ✓ ✔".split())
_NO = frozenset("no n false f 0 off nein falsch non faux nao falso nie nee".split())
_SMALL_WORDS = frozenset(
    "van von der den de del della di da dos das do la le du des ten ter te el al bin ibn zu zum zur af av".split()
)
# Addresses that need no second look: plain letters, no label with two dashes, no end that leads to no mailbox.
_EASY_ADDRESS = re.compile(
    r"[a-z0-9_+\-]+(?:\.[a-z0-9_+\-]+)*"
    r"@(?!.*--)(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+"
    r"(?!arpa\Z|invalid\Z|local\Z|localhost\Z|onion\Z)[a-z]{2,24}\Z"
)
LONGEST_ADDRESS, LONGEST_MAILBOX = 254, 64
_BETWEEN_ADDRESSES = re.compile(r"[,;|\n\r\t]+|:::| / ")
_BEFORE_BRACKET = re.compile(r"[^<>@]*<|\([^()]*\)|\[[^\[\]@]*\]")
_WITHOUT_DOTS = frozenset({"gmail.com", "googlemail.com"})
_AROUND_ADDRESS = " '\"<>()[]."
_NAME_BEFORE = re.compile(r'\s*"?([^"<>@]+?)"?\s*<[^<>]*@[^<>]*>\s*\Z')
_BETWEEN_TAGS = re.compile(r"\s*(?:[;|]|:::)\s*")
_AROUND_NUMBER = re.compile(r"[\s  '’€$£%]|EUR|USD|GBP|CHF|PLN", re.I)
_PLAIN_NUMBER = re.compile(r"[-+]?(?=[\d.])\d*(?:\.\d+)?(?:[eE][-+]?\d+)?\Z")
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
    easy = _easy_address(cell.strip())
    if easy:
        return Addresses((easy,))
    good: list[str] = []
    bad: list[str] = []
    for piece in _BETWEEN_ADDRESSES.split(cell):
        if "@" not in piece:
            continue
        words = [_bare_address(word) for word in _BEFORE_BRACKET.sub(" ", piece).split()]
        read = [read_address(word) for word in words if word]
        if not read or None in read:
            # One word too many may be half of an address: what is left of it would be somebody else's.
            bad.append(piece.strip())
        good += [
            address for address in dict.fromkeys(read) if address and None not in read and address not in good
        ]
    if not good and not bad and cell.strip():
        bad.append(cell.strip())
    named = _NAME_BEFORE.match(cell)
    return Addresses(tuple(good), tuple(bad), named[1] if named else "")


def _bare_address(word: str) -> str:
    return word.strip(_AROUND_ADDRESS).removeprefix("mailto:").removeprefix("MAILTO:").partition("?")[0]


def read_address(word: str) -> str | None:
    """`word` as a lower-case address that mail can be sent to, or None. Quoted local parts and bare IP
    numbers are refused: no person's mailbox is called so.
    """
    return _easy_address(word) or careful_address(word)


def mailbox_of(address: str) -> str:
    """The mailbox behind an address (normalised): what follows a plus is only its owner's note, and Google's mail reads
    over dots. For limits; two addresses stay two addresses."""
    name, _, host = address.rpartition("@")
    name = name.partition("+")[0] or name
    return f"{name.replace('.', '')}@gmail.com" if host in _WITHOUT_DOTS else f"{name}@{host}"


def careful_address(word: str) -> str | None:
    """`read_address` without its short cut: by the letter of the standards, and slow."""
    try:
        checked = validate_email(word, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        return None
    return checked.normalized.lower()


def _easy_address(word: str) -> str | None:
    """A plain address in lower case; None where `careful_address` has to say whether it is one."""
    low = word.lower()
    if len(low) > LONGEST_ADDRESS or not word.isascii() or low.find("@") > LONGEST_MAILBOX:
        return None
    return low if _EASY_ADDRESS.match(low) else None


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


def read_number(text: str, decimal: Literal[".", ","] = ".") -> float | None:
    """The finite number a text holds, without currency, per cent and thousands signs, or None. `decimal` is the
    sign before its decimals."""
    if text.isascii() and text.isdigit() and len(text) < 16:
        return float(text)
    bare = _AROUND_NUMBER.sub("", text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    other = "," if decimal == "." else "."
    bare = bare.replace(other, "").replace(decimal, ".")
    if not bare.strip("+-.") or not _PLAIN_NUMBER.match(bare):
        return None
    number = float(bare)
    return number if abs(number) < 1e15 else None


def read_tags(cell: str) -> tuple[str, ...]:
    """Tags of a cell, once each, split at `;`, `|`, `:::`, and at `,` where none of these occurs; Google's `* `
    taken off.
    """
    parts = _BETWEEN_TAGS.split(cell)
    if len(parts) == 1:
        parts = cell.split(",")
    tags = [" ".join(part.strip().removeprefix("* ").split())[:80] for part in parts]
    return tuple(dict.fromkeys(tag for tag in tags if tag))


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

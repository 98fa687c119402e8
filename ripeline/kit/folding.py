"""Words as people type them, made comparable: without case and without accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)

# Quotation marks as books print them, and those a keyboard has: O’Brien and O'Brien are one name.
_QUOTES = str.maketrans({**dict.fromkeys("’‘‛ʼʹ′´＇", "'"), **dict.fromkeys("“”„‟″", '"')})

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_OTHER = re.compile(r"[^\w]+|_+")


def fold_words(text: str) -> str:
    """`text` in lower case, plain letters and straight quotes: "Jürgen Strauß" becomes "jurgen strauss"."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN).translate(_QUOTES))
    return "".join(each for each in apart if not unicodedata.combining(each))


@lru_cache(maxsize=50_000)
def plain(text: str) -> str:
    """`text` for comparing: lower case, no accents, every run of signs one blank. `E-Mail_Adresse` and
    `e mail adresse` are the same."""
    if text.isascii():
        return _OTHER.sub(" ", text.lower()).strip()
    low = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in low if not unicodedata.combining(letter))
    return _OTHER.sub(" ", bare).strip()


def clean(text: str) -> str:
    """Without letters no keyboard writes, and without blanks around it; line ends are as on Unix."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()

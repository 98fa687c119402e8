"""Words as people type them, made comparable: without case and without accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)

_OTHER = re.compile(r"[^\w]+|_+")


def fold_words(text: str) -> str:
    """`text` in lower case and plain letters: "Jürgen Strauß" becomes "jurgen strauss"."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
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

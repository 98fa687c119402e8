"""Country names, in English and in the main languages of Europe, and their ISO 3166-1 codes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ripeline.kit.folding import plain


@lru_cache(maxsize=1)
def country_codes() -> dict[str, str]:
    """Every name and code we know, as `folding.plain` writes it, to its two-letter code."""
    codes: dict[str, str] = {}
    for line in Path(__file__).with_name("countries.txt").read_text(encoding="utf-8").splitlines():
        code, names = line[:2], line[3:]
        codes[code.lower()] = code
        for name in names.split("|"):
            codes[plain(name)] = code
    return codes


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """The English name of every country, by its code."""
    lines = Path(__file__).with_name("countries.txt").read_text(encoding="utf-8").splitlines()
    return {line[:2]: line[3:].split("|")[0] for line in lines if line.strip()}

"""How somebody came to a page: by a search, social media, a mail, something paid for, another site, or directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ripeline.lifecycle.written import read_yaml

TABLE = Path(__file__).with_name("sources.yaml")
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
LONGEST = 200
CLASSES = ("search", "social", "mail", "paid")


@dataclass(frozen=True, slots=True)
class Source:
    """The class (search, social, mail, paid, referral, direct) and the name of where they came from."""

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    hosts: Mapping[str, Source]
    clicks: Mapping[str, str]
    mediums: Mapping[str, str]
    words: Mapping[str, str]


def source_of(url: str, referrer: str, campaign: Mapping[str, str]) -> Source | None:
    """How they came to the page at `url`; None where they were on its site already.

    `campaign` holds the utm words and the click id. What was paid for goes before what the referrer says, and both
    before the other words of the campaign.
    """
    known = _known()
    medium = known.mediums.get(campaign.get("utm_medium", "").strip().lower(), "")
    named = campaign.get("utm_source", "").strip()
    if click := campaign.get("click"):
        return Source("paid", named or known.clicks[click])
    if medium:
        return Source(medium, named)
    came = referrer_source(referrer)
    if named:
        return Source(came.kind if came and came.kind != "referral" else "referral", named)
    if not referrer:
        return Source("direct")
    return None if came is None or is_same_site(url, referrer) else came


@lru_cache(maxsize=4096)
def referrer_source(referrer: str) -> Source | None:
    """The class and name of a page that somebody came from; None where that is no page."""
    host, path = _host(referrer)
    if not host:
        return None
    hosts = _known().hosts
    parts = host.split(".")
    # The longest name that is known counts: mail.google.com before google.
    for start in range(len(parts)):
        below = ".".join(parts[start:])
        first = path.strip("/").split("/")[0]
        found = hosts.get(f"{below}/{first}") or hosts.get(below)
        for ending in (1, 2):
            stem = ".".join(parts[start : len(parts) - ending])
            found = found or (hosts.get(f"{stem}.") if stem else None)
        if found:
            return found
    named = host.removeprefix("www.")[:LONGEST]
    stem = named.partition(".")[0]
    by_word = (kind for word, kind in _known().words.items() if word in stem)
    return Source(next(by_word, "referral"), named)


def campaign_of(url: str, said: Mapping[str, object]) -> dict[str, str]:
    """The utm words of a page's address, or as an SDK says them apart (`said`: source, medium, name, term, content);
    and `click`, the name of the parameter, with `click_id`, where the click was paid for."""
    found: dict[str, str] = {}
    clicks = _known().clicks
    for name, value in _parameters(url):
        low = name.lower()
        if low in UTM and value.strip():
            found.setdefault(low, value.strip()[:LONGEST])
        elif low in clicks and value:
            found.setdefault("click", low)
            found.setdefault("click_id", value[:LONGEST])
    for name, word in said.items():
        called = "utm_campaign" if name == "name" else f"utm_{name}"
        if called in UTM and isinstance(word, str) and word.strip():
            found.setdefault(called, word.strip()[:LONGEST])
    return found


def is_same_site(url: str, referrer: str) -> bool:
    """Whether both are pages of one host, www. or not."""
    here, there = _host(url)[0], _host(referrer)[0]
    return bool(here) and here.removeprefix("www.") == there.removeprefix("www.")


@lru_cache(maxsize=8192)
def path_of(url: str) -> str:
    """The path of an address, "/" where it has none; "" where it is no address."""
    try:
        read = urlsplit(url)
    except ValueError:
        return ""
    return (read.path or "/") if read.netloc else ""


@lru_cache(maxsize=8192)
def _parameters(url: str) -> list[tuple[str, str]]:
    if "?" not in url:
        return []
    try:
        return parse_qsl(urlsplit(url).query, max_num_fields=100)
    except ValueError:
        return []


@lru_cache(maxsize=8192)
def _host(url: str) -> tuple[str, str]:
    try:
        read = urlsplit(url)
        return (read.hostname or "").strip("."), read.path
    except ValueError:
        return "", ""


@cache
def _known() -> _Known:
    table: dict[str, Any] = read_yaml(TABLE.read_text(encoding="utf-8")).plain
    hosts = {
        str(host): Source(kind, str(name))
        for kind in CLASSES
        for name, listed in table[kind].items()
        for host in listed
    }
    mediums = {str(word): str(kind) for kind, words in table["mediums"].items() for word in words}
    words = {str(word): str(kind) for kind, listed in table["words"].items() for word in listed}
    return _Known(hosts, {str(name): str(who) for name, who in table["clicks"].items()}, mediums, words)

"""What may not stand in a mail because it runs, or is loaded without anybody asking for it."""

from __future__ import annotations

import re

VOID = frozenset(("area", "br", "col", "hr", "img", "wbr"))
REFUSED = frozenset(
    "script iframe object embed form input button select textarea option link base meta svg math video audio source"
    " track frame frameset applet noscript template style head body html title portal dialog marquee canvas".split()
)
LINKED = ("http:", "https:", "mailto:", "tel:")
LOADED = frozenset(("src", "background", "background-url", "poster", "srcset"))
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_BLANK = re.compile(r"[\x00-\x20\u00a0\u200b\u2028\u2029]+")
_FIXED = re.compile(r"https?://[^/?#\s{}]+([/?#]|$)", re.I)
OWN = re.compile(r"\{\{-?\s*(unsubscribe|preferences|browser)\s*-?\}\}")
"""Addresses that are the reader's own, written as fields."""


def wrong_tag(tag: str) -> str:
    """Why HTML of this kind may not stand in a mail; "" for nothing."""
    return f"<{tag}> is not sent: mail programs cut it out, or worse." if tag in REFUSED else ""


def wrong_attribute(name: str, value: str) -> str:
    """Why an attribute may not stand in a mail; "" for nothing. Liquid stands in the value as it was written."""
    if name.startswith("on") or name in ("srcdoc", "formaction", "action"):
        return f"{name} would run something: no mail may."
    if name == "style" and (said := wrong_style(value)):
        return said
    if name in LOADED and value:
        return wrong_picture(value)
    if name == "href":
        return wrong_link(value)
    return ""


def wrong_style(style: str) -> str:
    """Why these styles may not stand in a mail."""
    low = _BLANK.sub("", style.lower())
    if "@import" in low or "expression(" in low or "behavior:" in low or "-moz-binding" in low:
        return "These styles would load or run something from elsewhere."
    for address in re.findall(r"url\(['\"]?([^)'\"]*)", low):
        if not address.startswith(("https://", "http://")):
            return "A picture in styles has an address that begins with https://."
    return ""


def wrong_picture(address: str) -> str:
    """Why a picture may not be loaded from there."""
    shown = address.strip()
    if not shown.lower().startswith(("https://", "http://")):
        return f"A picture has a whole address that begins with https://, not {shown[:60]}."
    return _not_fixed(shown)


def wrong_link(address: str) -> str:
    """Why a link may not lead there."""
    shown = address.strip()
    if not shown:
        return "A link leads nowhere: its address is missing."
    if shown.startswith("#") or OWN.fullmatch(shown):
        return ""
    low = _BLANK.sub("", shown.lower())
    if not low.startswith(LINKED):
        scheme = _SCHEME.match(low)
        named = f"{scheme[0]} cannot be followed" if scheme else f"{shown[:60]} is no whole address"
        return f"{named[0].upper() + named[1:]}: a link begins with https://, mailto: or tel:."
    return _not_fixed(shown) if low.startswith("http") else ""


def _not_fixed(address: str) -> str:
    if ("{{" in address or "{%" in address) and not _FIXED.match(address):
        return f"{address[:60]} leads wherever a field says: the name of the site must be written out."
    if "{%" in address:
        return "Conditions stand round a whole link, not in its address."
    if any(each.isspace() for each in re.sub(r"\{\{.*?\}\}", "", address)):
        return f"The address {address[:60]} has spaces in it."
    return "" if _FIXED.match(address) else f"{address[:60]} is no whole address."

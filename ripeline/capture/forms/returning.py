"""Where a form may lead afterwards, and from where it may be shown and sent to: sites on its list, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings

from ripeline.capture.collector.keys import NoOrigin, read_origin

# What browsers read otherwise than we do: backslashes as slashes, blanks and controls as nothing.
_ODD = re.compile(r"[\x00-\x20\x7f-\uffff\\<>\"'`{}|^]")
_SITE = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?")
LONGEST = 2_000


def read_return(written: str) -> str | None:
    """An address to be led to, as it is kept; None where it is no whole address of a web page."""
    text = written.strip()
    if _ODD.search(text) or len(text) > LONGEST or not re.match(r"https?://[^/?#]", text, re.IGNORECASE):
        return None
    return text if origin_of(text) else None


def origin_of(address: str) -> str:
    """The site that an address is of, as browsers write it; "" where it is none that anybody should be led to."""
    try:
        site = urlsplit(address)
        if not _SITE.fullmatch(site.netloc.lower()):
            return ""
        return read_origin(f"{site.scheme}://{site.netloc}")
    except (NoOrigin, ValueError):
        return ""


def may_lead_to(address: str, origins: Sequence[str]) -> bool:
    """Whether a form may lead there: to a site on its list, or to a page of ours."""
    read = read_return(address)
    return read is not None and origin_of(read) in {*origins, own_origin()}


def own_origin() -> str:
    """Our own site, as browsers write it."""
    return read_origin(settings.CONFIG.base_url)


def read_origins(written: str) -> tuple[list[str], list[str]]:
    """The sites of a list, one a line or by commas, and what of it is none."""
    good, bad = [], []
    for word in re.split(r"[\s,]+", written.strip()):
        try:
            if word:
                good.append(read_origin(word if "://" in word else f"https://{word}"))
        except NoOrigin:
            bad.append(word)
    return list(dict.fromkeys(good)), bad

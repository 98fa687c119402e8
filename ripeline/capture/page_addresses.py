"""The address of a page as it is kept: nobody's mail address stays in it, and no token that says who came."""

from __future__ import annotations

from ripeline.capture.tracker.links import PARAMETER

LONGEST = 2_000


def kept_address(url: str) -> str:
    """A page's address without the value of anything behind its `?` that holds a mail address, without the token of a
    signed link, and without what follows `#` where either is in there. At most 2,000 letters are looked at."""
    # Cut first, and looked at piece by piece: whoever sends it may have made it to be dear.
    front, _, fragment = url[:LONGEST].partition("#")
    head, mark, query = front.partition("?")
    pieces = [_without_address(each) for each in query.split("&") if not _is_token(each)]
    kept = f"{head}{mark if any(pieces) else ''}{'&'.join(pieces)}"
    return f"{kept}#{fragment}" if fragment and not _tells(fragment) else kept


def _without_address(piece: str) -> str:
    name, equals, value = piece.partition("=")
    return f"{name}{equals}" if _holds_mail(value) or _holds_token(value) else piece


def _tells(fragment: str) -> bool:
    words = fragment.replace("?", "&").split("&")
    return any(_holds_mail(each) or _is_token(each) for each in words)


def _holds_mail(text: str) -> bool:
    return "@" in text or "%40" in text


def _holds_token(value: str) -> bool:
    """Whether it is the address of another page, with a token in it."""
    low = value.lower()
    return f"%3f{PARAMETER}%3d" in low or f"%26{PARAMETER}%3d" in low


def _is_token(piece: str) -> bool:
    return piece.partition("=")[0] == PARAMETER

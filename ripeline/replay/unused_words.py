"""What could not be used of a history, said on a terminal: a line for each sort, with the first touches of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ripeline.lifecycle.instant import format_instant
from ripeline.replay.unused import MOST_KINDS, SHOWN, Listing, Unused

_ODD: Final = {
    "attrs nested": "hold a list or a map within the map",
    "attrs no map": "are no map",
    "attrs unreadable": "are no JSON",
}


def say_unused(listing: Listing, *, end: int, now: int, names: tuple[str, str] = ("", "")) -> Iterator[str]:
    """A sentence for each sort; `names` are those of the two definitions where two are compared."""
    for sort, those in listing.told.items():
        subject = f"{those.count:,} {'touch' if those.count == 1 else 'touches'}"
        is_one = those.count == 1
        if sort == "kinds":
            yield f"{subject} {'is' if is_one else 'are'} of {_further(listing)} that nobody knows"
        else:
            yield f"{subject} {_why(sort, is_one, end > now, names)}: {_examples(those)}"


def say_end(end: int | None, *, now: int, was_asked: bool) -> Iterator[str]:
    """A warning where the end lies in the future: all that depends on time is then reckoned up to a day to come."""
    if end is None or end <= now:
        return
    of = "was asked for" if was_asked else "is the latest touch, perhaps a wrong date"
    yield (
        f"WARNING: the end, {format_instant(end)}, lies in the future; it {of}. Silence, fading points and days are "
        f"reckoned up to then. For the present give --as-of {format_instant(now - now % 1_000_000)}"
    )


def to_json(listing: Listing) -> list[dict[str, Any]]:
    """The same as plain values: sort (of an unknown kind also the kind), how many, and the first of them."""
    return [_sort_json(sort, those, listing) for sort, those in listing.told.items()]


def _sort_json(sort: str, those: Unused, listing: Listing) -> dict[str, Any]:
    found: dict[str, Any] = {"sort": sort, "count": those.count}
    if sort.startswith("kind "):
        found = {"sort": "kind", "kind": sort[5:], "count": those.count}
    elif sort == "kinds":
        found |= {"kinds": listing.further_kinds, "or_more": bool(listing.rest)}
    first = [{"person": it.person, "at": format_instant(it.at), "what": it.what} for it in those.examples]
    return found | {"examples": first}


def _why(sort: str, is_one: bool, is_counted: bool, names: tuple[str, str]) -> str:
    if sort.startswith("kind "):
        verb = "is" if is_one else "are"
        return f"{verb} of the kind {sort[5:]!r}, which neither the vocabulary nor a signal knows"
    if sort == "future":
        then = "count, for so does the end" if is_counted else "are left out"
        return f"{'is' if is_one else 'are'} dated in the future (such {then})"
    if sort in _ODD:
        return f"{'has' if is_one else 'have'} attrs that {_ODD[sort]}; they count as empty"
    name = dict(zip(("stage one", "stage other"), names, strict=True))[sort]
    return f"{'moves' if is_one else 'move'} somebody by hand to a stage that {name!r} does not have; ignored there"


def _examples(those: Unused) -> str:
    said = [f"{it.person} {format_instant(it.at)} {it.what}".rstrip() for it in those.examples]
    return "; ".join([*said, "..."] if those.count > len(said) else said)


def _further(listing: Listing) -> str:
    least = f"more than {MOST_KINDS - SHOWN:,}" if listing.rest else f"{listing.further_kinds:,}"
    return f"{least} more {'kind' if least == '1' else 'kinds'}"

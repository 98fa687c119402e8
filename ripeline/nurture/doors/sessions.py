"""What the links that were followed from one mail tell of who followed them. Pure.

Programs that look through mails follow all links at once, also the one that no reader sees, and often before the mail
is delivered. What is noticed becomes marks of the facts, and the rules of verdicts say what these mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ripeline.capture.verdicts.judging import Facts

AT_ONCE = timedelta(seconds=2)
"""Nobody reads two pages in so little time."""
TOGETHER = timedelta(seconds=60)
"""So long what looks the same is the same program, once it followed the hidden link."""
ALL_LINKS, HONEYPOT, BEFORE = "all-links", "honeypot", "before-delivery"


@dataclass(frozen=True, slots=True)
class Click:
    """One link followed (`link` None: the hidden one), by its touch's id."""

    uid: str
    link: int | None
    at: datetime
    facts: Facts


@dataclass(frozen=True, slots=True)
class Noticed:
    """Marks of the click, and those that earlier ones get by it, by touch id."""

    marks: tuple[str, ...]
    earlier: Mapping[str, tuple[str, ...]]


def notice(click: Click, earlier: Sequence[Click], delivered_at: datetime | None) -> Noticed:
    """What a click tells, after those of the same mail within the last minute; `delivered_at` null: not yet."""
    marks, before = dict[str, None](), dict[str, tuple[str, ...]]()
    if delivered_at is None or click.at <= delivered_at:
        marks[BEFORE] = None
    if click.link is None:
        marks[HONEYPOT] = None
    for each in earlier:
        found = list[str]()
        if each.link != click.link and click.at - each.at <= AT_ONCE:
            marks[ALL_LINKS] = None
            found.append(ALL_LINKS)
        if _is_alike(each.facts, click.facts) and click.at - each.at <= TOGETHER:
            if each.link is None:
                marks[HONEYPOT] = None
            elif click.link is None:
                found.append(HONEYPOT)
        if found:
            before[each.uid] = tuple(found)
    return Noticed(tuple(marks), before)


def _is_alike(one: Facts, other: Facts) -> bool:
    return (one.agent, one.network) == (other.agent, other.network)

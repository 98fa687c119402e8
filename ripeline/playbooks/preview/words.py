"""What a preview found, in words a marketer understands, and honest about small numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from ripeline.lifecycle.instant import say_day

FEW: Final = 30
"""Below so many people a share is a hint and no measure."""


def say_outcome(outcome: str) -> str:
    """What those did who came to the outcome: "bought"."""
    return "bought" if outcome == "deal_won" else f"came to “{outcome}”"


def say_found(stage: Mapping[str, Any], outcome: str) -> str:
    """How well a stage told the outcome: "Of 100 people this definition calls MQL, 18 later bought; ..."."""
    did, title = say_outcome(outcome), stage["title"]
    precision, recall, lead = stage["precision"], stage["recall"], stage["lead"]
    if not precision["of"]:
        return f"Nobody was {title} by this definition before they {did}, so it told nothing."
    said = f"Of 100 people this definition calls {title}, {_hundredths(precision)} later {did}"
    if recall["of"]:
        said += f"; of those who {did} it had found {_percent(recall)} before"
        if lead["days"] is not None:
            said += f", {say_days(lead['days'])} earlier (median)"
    return f"{said}.{_say_written_after(stage, did)}{_caution(precision, recall, did)}"


def say_then(as_of: datetime, asked_at: datetime) -> str:
    """What a column is headed by that shows where people stand: "Now", or "On 1 March" of a past day."""
    if as_of >= asked_at:
        return "Now"
    day, today = timezone.localtime(as_of), timezone.localtime(asked_at)
    return f"On {day.day} {day:%B}" + ("" if day.year == today.year else f" {day.year}")


def _say_written_after(stage: Mapping[str, Any], did: str) -> str:
    """Of those found, who would not have been by what was in the books before."""
    after, found = stage.get("written_after") or 0, stage["recall"]["count"]
    if not after:
        return ""
    if after == found:
        who = "The one it found was" if found == 1 else f"All {found:,} it found were"
    else:
        who = f"Of the {found:,} it found, {after:,} {'was' if after == 1 else 'were'}"
    return f" {who} written down only after they {did}."


def say_days(days: float) -> str:
    """ "23 days", "half a day" and the like."""
    if days < 1:
        return "less than a day"
    rounded = round(days)
    return "1 day" if rounded == 1 else f"{rounded:,} days"


def say_change(one: Mapping[str, Any], other: Mapping[str, Any], differ: int, people: int) -> str:
    """Who would stand elsewhere, in one sentence."""
    if one["version"] == other["version"]:
        return "Both are the same definition to the letter, so nobody would stand elsewhere."
    if not people:
        return "There is nobody with a touch by then, so there is nothing to compare."
    if not differ:
        return f"None of {people:,} people would stand elsewhere."
    share = 100 * differ / people
    few = f"{_in_words(share)} in 100"
    many = "person" if people == 1 else "people"
    return f"{differ:,} of {people:,} {many} would stand elsewhere ({few})."


def say_unused(sort: str, one: str, other: str, *, is_one: bool = False) -> str:
    """Why touches of a sort could not be used, said of several, or of one."""
    have, are, moves, count, left = (
        ("has", "is", "moves", "it counts", "it is")
        if is_one
        else ("have", "are", "move", "they count", "they are")
    )
    those = "that move is" if is_one else "those moves are"
    it_counts = f"{count} only by a signal"
    without = f"{count} as if {'it' if is_one else 'they'} had none"
    where = other if sort == "stage other" else one
    by_hand = f"{moves} somebody by hand to a stage that “{where}” does not have: {those} left out there"
    if sort.startswith("kind "):
        return (
            f"{have} the kind “{sort[5:]}”, which neither the vocabulary nor a signal of the two knows: "
            f"{it_counts} that asks for no kind, such as “inbound”"
        )
    return {
        "kinds": f"{have} kinds that are rarer still and nobody knows either: {it_counts} that asks for no kind",
        "future": f"{are} dated in the future: {left} left out until {'its' if is_one else 'their'} day comes",
        "attrs": f"{have} details that cannot be read: {without}",  # of a preview made by an earlier release
        "attrs unreadable": f"{have} details that cannot be read: {without}",
        "attrs no map": f"{have} details without names: {without}",
        "attrs nested": f"{have} details within details: {without}",
        "stage one": by_hand,
        "stage other": by_hand,
    }[sort]


def say_when(at: int) -> str:
    """The day of a touch."""
    return say_day(at, year=True)


def _caution(precision: Mapping[str, Any], recall: Mapping[str, Any], did: str) -> str:
    if not recall["of"]:
        return f" Nobody {did} yet, so nothing can be said of what it would find."
    if precision["of"] >= FEW and recall["of"] >= FEW:
        return ""
    few = []
    if precision["of"] < FEW:
        few.append(f"only {precision['of']} were called so")
    if recall["of"] < FEW:
        few.append(f"only {recall['of']} {did}")
    low, high = round(100 * precision["low"]), round(100 * precision["high"])
    reach = f"the true share may be anywhere from {low} to {high} in 100"
    return f" That is a hint at most: {' and '.join(few)}, and {reach}."


def _hundredths(share: Mapping[str, Any]) -> str:
    value = 100 * share["value"]
    return _in_words(value)


def _in_words(value: float) -> str:
    """A number from 0 to 100 without decimals, which says neither none nor all where that is not so."""
    if 0 < value < 1:
        return "fewer than 1"
    return "more than 99" if 99 < value < 100 else f"{value:.0f}"


def _percent(share: Mapping[str, Any]) -> str:
    value = 100 * share["value"]
    return f"{_in_words(value)} %"

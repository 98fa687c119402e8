"""Signals as parts of a sentence about a person: a thing there is or is not (`a reply`, `no reply yet`), or something
they did or did not do (`has bought`, `has not bought yet`)."""

import re
from collections.abc import Mapping
from typing import Final

from ripeline.lifecycle.model import Playbook, Signal
from ripeline.lifecycle.words import say_signal

_DONE: Final[Mapping[str, str]] = {"identification": "telling us who they are"}
"""What would do, where the noun with an article is no English."""
_LACKING: Final[Mapping[str, str]] = {
    "purchase": "has not bought",
    "identification": "has not told us who they are",
    "form": "no form sent",
    "video": "no video watched",
    "event": "not met at an event",
    "opened mail": "no mail opened",
    "booked meeting": "no meeting booked",
    "won deal": "no deal won",
}
"""What is lacking, where `no` and the noun is not how people say it."""

_PARTICIPLES: Final[Mapping[str, str]] = {
    "bought": "bought",
    "came": "come",
    "chose": "chosen",
    "gave": "given",
    "left": "left",
    "met": "met",
    "paid": "paid",
    "read": "read",
    "said": "said",
    "saw": "seen",
    "sent": "sent",
    "sold": "sold",
    "spoke": "spoken",
    "told": "told",
    "won": "won",
    "wrote": "written",
}
_REGULAR: Final = re.compile(r"[a-z]+[^e]ed")
_NO_DEEDS: Final = frozenset({"interested", "hundred", "feed", "embed"})
_ADVERBS: Final = frozenset({"again", "back", "long", "often", "online", "twice"})
_NO_ARTICLE: Final = frozenset({"content", "effort", "interest", "talk"})
"""Last words of things that are not counted."""


def noun_of(playbook: Playbook, name: str) -> str:
    """A signal as a noun; one that is a kind and nothing else goes by what that kind is called."""
    signal = playbook.signals.get(name)
    if signal is not None and signal.kind and signal == Signal(kind=signal.kind[:1]):
        return say_signal(signal.kind[0])
    return say_signal(name)


def say_there(noun: str) -> str:
    """What there is, or what would do: `a reply`, `two-way talk`, `has bought`."""
    deed = _deed(noun)
    return f"has {deed}" if deed else _DONE.get(noun) or with_article(noun)


def say_lacking(noun: str, span: str) -> str:
    """What there is not; `span` is the time looked at, with a blank before it, "" for ever:
    `no reply in the last 90 days`, `no reply yet`, `has not bought yet`."""
    deed = _deed(noun)
    lacking = f"has not {deed}" if deed else _LACKING.get(noun, f"no {noun}")
    return f"{lacking}{span or ' yet'}"


def say_never(noun: str, span: str) -> str:
    """The same told of the past, as a sentence: `there was no reply in 90 days`, `they have never bought`."""
    deed = _deed(noun)
    if not deed:
        return f"there was no {noun}{span or ' ever'}"
    return f"they have not {deed}{span}" if span else f"they have never {deed}"


def with_article(noun: str) -> str:
    last = noun.rpartition(" ")[2]
    if last in _NO_ARTICLE or (last.endswith("s") and not last.endswith("ss")):
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _deed(noun: str) -> str:
    """`bought`, `come often`: the participle of a signal named by what people did; "" for a thing."""
    first, _, rest = noun.partition(" ")
    if rest and rest not in _ADVERBS:
        return ""
    regular = _REGULAR.fullmatch(first) and first not in _NO_DEEDS
    participle = _PARTICIPLES.get(first) or (first if regular else "")
    return f"{participle} {rest}".strip() if participle else ""

"""Kinds, signals, values and rules in plain English."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ripeline.lifecycle.conditions import (
    AllOf,
    AnswerIs,
    AnyOf,
    FitIs,
    Idle,
    Not,
    PersonaIs,
    ScoreIs,
    SignalIs,
    Test,
    TraitIs,
)
from ripeline.lifecycle.instant import say_duration
from ripeline.lifecycle.model import Playbook

KIND_WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "page_viewed": ("page view", "they viewed a page", "they viewed the page {}"),
    "form_submitted": ("form", "a form was sent", "the form {} was sent"),
    "asset_downloaded": ("download", "they downloaded something", "they downloaded {}"),
    "subscribed": ("subscription", "they subscribed", "they subscribed to {}"),
    "link_clicked": ("link click", "they clicked a link", "they clicked the link {}"),
    "video_watched": ("video", "they watched a video", "they watched the video {}"),
    "chat_started": ("started chat", "a chat was started", "a chat was started ({})"),
    "email_sent": ("mail from us", "we sent a mail", "we sent the mail {}"),
    "email_delivered": ("delivered mail", "a mail was delivered", "the mail {} was delivered"),
    "email_bounced": ("bounce", "a mail bounced", "the mail {} bounced"),
    "email_opened": ("opened mail", "a mail was opened", "the mail {} was opened"),
    "email_clicked": ("email click", "they clicked a link in a mail", "they clicked a link in the mail {}"),
    "email_replied": ("reply", "they replied by email", "they replied to the mail {}"),
    "auto_replied": ("automatic reply", "an automatic reply came", "an automatic reply came to the mail {}"),
    "complained": ("complaint", "they complained", "they complained about the mail {}"),
    "unsubscribed": ("unsubscription", "they unsubscribed", "they unsubscribed from {}"),
    "call_held": ("call", "a call was held", "a call was held ({})"),
    "meeting_booked": ("booked meeting", "a meeting was booked", "a meeting was booked ({})"),
    "meeting_held": ("meeting", "a meeting was held", "a meeting was held ({})"),
    "chat_held": ("chat", "a chat was held", "a chat was held ({})"),
    "met_at_event": ("event", "we met at an event", "we met at {}"),
    "social_asked": ("question on social media", "they asked on social media", "they asked on {}"),
    "call_attempted": ("call attempt", "we tried to call", "we tried to call ({})"),
    "message_sent": ("message from us", "we sent a message", "we sent the message {}"),
    "social_liked": ("like", "they liked a post", "they liked {}"),
    "social_commented": ("comment", "they commented on a post", "they commented on {}"),
    "social_followed": ("follow", "they followed us", "they followed us on {}"),
    "social_connected": ("connection", "they connected with us", "they connected with us on {}"),
    "imported": ("import", "they were imported", "they were imported from {}"),
    "identified": ("identification", "we learned who they are", "we learned who they are through {}"),
    "traits_changed": (
        "change of traits",
        "we learned more about them",
        "we learned more about them from {}",
    ),
    "answered": ("answer", "they answered a question", "they answered on {}"),
    "fit_confirmed": ("confirmation of fit", "the fit was confirmed", "the fit was confirmed ({})"),
    "objected": ("objection", "they objected", "they objected on {}"),
    "accepted": ("acceptance by sales", "sales accepted", "sales accepted ({})"),
    "rejected": ("rejection by sales", "sales rejected the hand-off", "sales rejected the hand-off ({})"),
    "disqualified": ("disqualification", "they were disqualified", "they were disqualified ({})"),
    "recycled": ("recycling", "they were recycled", "they were recycled ({})"),
    "reopened": ("reopening", "they were reopened", "they were reopened ({})"),
    "stage_set": ("move by hand", "the stage was set by hand", "the stage was set to {} by hand"),
    "deal_opened": ("deal", "a deal was opened", "the deal {} was opened"),
    "quote_sent": ("quote", "we sent a quote", "we sent the quote {}"),
    "quote_viewed": ("quote view", "a quote was viewed", "the quote {} was viewed"),
    "deal_won": ("won deal", "a deal was won", "the deal {} was won"),
    "deal_lost": ("lost deal", "a deal was lost", "the deal {} was lost"),
    "purchased": ("purchase", "they bought something", "they bought {}"),
}
"""For every known kind: its noun, what happened, and what happened to a subject."""

_NAMED_PAGE: Final = re.compile(r"/([a-z]{3,})/?")
_OURS: Final = frozenset({"message", "quote", "offer", "proposal", "letter", "invitation", "newsletter"})
"""Mails that go by what they are rather than by a name."""
_COMMON: Final = frozenset({"newsletter", "webinar", "website", "shop", "chat", "form"})
"""Subjects that are common nouns and want an article."""
_SHOWN: Final = frozenset({"asset_downloaded", "video_watched", "purchased", "met_at_event"})
"""Kinds whose subject tells more than how often it happened."""

_WELL_KNOWN: Final[Mapping[str, str]] = {
    "inbound": "sign of life",
    "two_way": "two-way talk",
    "one_way": "one-way touch",
}
"""Signals whose key is the field's word, but no noun."""
_KEY: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_ORDERS: Final = (("gte", "at least"), ("gt", "more than"), ("lte", "at most"), ("lt", "less than"))


def say_touch(kind: str, subject: str | None) -> str:
    """What happened, as part of a sentence: `they viewed the pricing page`, `they replied by email`."""
    words = KIND_WORDS.get(kind)
    if words is None:
        name = spaced(kind)
        return f"{name} {subject} happened" if subject else f"{name} happened"
    if not subject:
        return words[1]
    return _say_well_known(kind, subject) or words[2].format(subject)


def say_thing(kind: str, subject: str | None) -> str:
    """What happened, as a noun: `pricing page`, `contact form`, `reply`, `video covers`."""
    noun = KIND_WORDS[kind][0] if kind in KIND_WORDS else spaced(kind)
    if subject and kind == "page_viewed":
        return _say_page(subject)
    if subject and kind == "form_submitted":
        return _say_form(subject)
    return f"{noun} {subject}" if subject and kind in _SHOWN else noun


def _say_well_known(kind: str, subject: str) -> str | None:
    """What happened to a subject that English has a better word for than the kind's pattern; else None."""
    if kind == "page_viewed":
        return f"they viewed the {_say_page(subject)}"
    if kind == "form_submitted":
        return f"the {_say_form(subject)} was sent"
    if kind == "email_replied":
        return f"they replied to {_say_mail(subject)}"
    if kind == "objected" and subject == "price":
        return "they objected to the price"
    pattern = KIND_WORDS[kind][2]
    return pattern.format(f"the {subject}") if subject in _COMMON and "({})" not in pattern else None


def _say_page(path: str) -> str:
    """`/pricing` is the pricing page; a longer path is told as it is."""
    if path == "/":
        return "home page"
    named = _NAMED_PAGE.fullmatch(path)
    return f"{named[1]} page" if named else f"page {path}"


def _say_form(name: str) -> str:
    return name if name.lower().endswith("form") else f"{name} form"


def _say_mail(name: str) -> str:
    return f"our {name}" if name in _OURS else f"the mail {name}"


def say_signal(name: str) -> str:
    """A signal as a noun: its key in words, or the noun of a kind."""
    if name in KIND_WORDS:
        return KIND_WORDS[name][0]
    return _WELL_KNOWN.get(name) or spaced(name)


def spaced(key: str) -> str:
    """A key in words: `pricing_visit` is `pricing visit`."""
    return key.replace("_", " ").replace("-", " ")


def number(value: float) -> str:
    """A number with at most one decimal, none where it is whole."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def say_times(count: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def say_near(value: float, bound: float) -> str:
    """A number beside the bound it is compared with: whole where it is far away, and never rounded onto it."""
    if abs(value - bound) >= 1 and round(value) != bound:
        return str(round(value))
    texts = (f"{value:.{places}f}" for places in range(1, 17))
    text = next(it for it in texts if abs(value - bound) < 1e-9 or float(it) != bound)
    return text.rstrip("0").rstrip(".")


def say_value(value: object) -> str:
    """A scalar as a person would write it; a text that is a key, such as `aspiring_author`, in words."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}"
    return spaced(str(value)) if _KEY.fullmatch(str(value)) else str(value)


def listing(parts: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    texts = list(parts)
    if len(texts) <= 1:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def say_test(test: Test) -> str:
    """A test as the end of a sentence: `is media or publishing`, `is at least 50`."""
    parts = []
    if test.in_ is not None:
        parts.append("is " + listing(map(say_value, test.in_), "or"))
    if test.not_ is not None:
        parts.append("is not " + say_value(test.not_))
    if test.exists is not None:
        parts.append("is known" if test.exists else "is not known")
    if test.glob is not None:
        parts.append(f"is like {test.glob}")
    parts += [
        f"is {words} {say_value(getattr(test, name))}"
        for name, words in _ORDERS
        if getattr(test, name) is not None
    ]
    return listing(parts)


def say_condition(playbook: Playbook, condition: Any) -> str:
    """A rule as text people can read: `score at least 30 and (reply in the last 90 days or fit B or better)`."""
    if isinstance(condition, AllOf):
        return _say_parts(playbook, condition.all, "and") or "always"
    if isinstance(condition, AnyOf):
        return _say_parts(playbook, condition.any, "or") or "never"
    if isinstance(condition, Not):
        return f"not ({say_condition(playbook, condition.not_)})"
    return say_leaf(playbook, condition)


def say_leaf(playbook: Playbook, condition: Any) -> str:
    """A condition that has no parts, as text."""
    if isinstance(condition, ScoreIs):
        bounds = (("at least", condition.score.gte), ("below", condition.score.lt))
        return "score " + listing(f"{words} {number(bound)}" for words, bound in bounds if bound is not None)
    if isinstance(condition, SignalIs):
        return say_wanted(condition.signal, condition.count, condition.within)
    if isinstance(condition, FitIs):
        return f"fit {condition.fit}" if condition.fit == "A" else f"fit {condition.fit} or better"
    if isinstance(condition, PersonaIs):
        return "persona " + say_personas(playbook, condition.persona)
    if isinstance(condition, AnswerIs):
        return listing(
            f"{spaced(name)} answered {say_value(value)}" for name, value in condition.answer.items()
        )
    if isinstance(condition, TraitIs):
        return listing(f"{spaced(name)} {say_test(test)}" for name, test in condition.trait.items())
    if isinstance(condition, Idle):
        return f"nothing heard for {say_duration(condition.idle)}"
    return f"{say_duration(condition.in_stage)} in the stage"


def say_wanted(signal: str, count: int, within: int | None) -> str:
    """So many of a signal in such a time: `reply in the last 90 days`, `pricing visit (3 times)`."""
    noun = say_signal(signal)
    times = noun if count == 1 else f"{noun} ({count} times)"
    return times if within is None else f"{times} in the last {say_duration(within)}"


def say_personas(playbook: Playbook, keys: Iterable[str]) -> str:
    """Personas by title."""
    titles = {persona.key: persona.title for persona in playbook.personas}
    return listing((titles.get(key, key) for key in keys), "or")


def _say_parts(playbook: Playbook, parts: tuple[Any, ...], joint: str) -> str:
    texts = [
        f"({say_condition(playbook, part)})"
        if _needs_brackets(part, parts)
        else say_condition(playbook, part)
        for part in parts
    ]
    return f" {joint} ".join(texts)


def _needs_brackets(part: Any, parts: tuple[Any, ...]) -> bool:
    inner = part.all if isinstance(part, AllOf) else part.any if isinstance(part, AnyOf) else ()
    return len(parts) > 1 and len(inner) > 1

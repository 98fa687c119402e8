"""What an arrival goes through to become a touch: a list of named steps.

`drop_..` may end it with a sentence that is kept with the arrival; `put_..` says one thing about it. No step asks the
database: who the event is about and whether it is a second copy comes after them (`people`, `writing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from ripeline.capture.digest.flat import flatten, number, plain
from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.moments import happened_at
from ripeline.capture.digest.naming import Meaning
from ripeline.capture.digest.products import bought_of
from ripeline.capture.digest.sources import UTM, campaign_of, path_of, source_of
from ripeline.capture.page_addresses import kept_address
from ripeline.capture.tracker import links
from ripeline.capture.verdicts.judging import Facts, judge, read_facts
from ripeline.capture.verdicts.rules import Rules
from ripeline.lifecycle.touch import KINDS

PLAIN_KEY = re.compile(r"[0-9a-f]{32}\Z")
LONGEST_SUBJECT = 500
OURS = {"identify": "identified", "group": "grouped", "alias": "aliased"}
PAGE = ("url", "title", "referrer")
SIGNATURE = ("by", "by_id")
"""By what a touch says which of us made it: what a sender calls so is kept as `said_by` and `said_by_id`."""
Step = Callable[[Happening], str | None]


def go_through(happening: Happening, rules: Rules) -> str | None:
    """Takes an arrival through all the steps; the sentence of the one that drops it, or None."""
    for step in STEPS:
        if why := step(happening):
            return why
    put_verdict(happening, rules)
    put_link(happening)
    return None


def drop_unreadable(happening: Happening) -> str | None:
    """What the collector would not have kept: a row that something else wrote."""
    message = happening.message
    if not isinstance(message.get("messageId"), str) or message.get("type") not in TYPES:
        return "it is no event: it has no messageId, or a type that is none"
    return None


def put_uid(happening: Happening) -> None:
    """The touch's id: the same for each copy of an event, and another for what another sender calls the same."""
    happening.uid = f"{happening.write_key}:{happening.message['messageId']}"


def put_time(happening: Happening) -> None:
    """When it happened, by the sender's clock set right."""
    message = happening.message
    happening.at, note = happened_at(message.get("timestamp"), message.get("sentAt"), happening.received_at)
    if note:
        happening.notes.append(note)


def put_visitor(happening: Happening) -> None:
    """The browser's key: the anonymousId, if it is one of 128 bits, else its hash."""
    if anonymous := happening.message.get("anonymousId"):
        happening.visitor = visitor_key(str(anonymous), happening.write_key)


def put_user(happening: Happening) -> None:
    """The sender's id of the person."""
    happening.user = str(happening.message.get("userId") or "").strip()


def put_meaning(happening: Happening) -> None:
    """The kind of touch, what it is about and its number."""
    kind = happening.type
    if kind in OURS:
        happening.kind, happening.direction = OURS[kind], "internal"
        if kind == "group":
            happening.subject = plain(happening.message.get("groupId"), LONGEST_SUBJECT)
    elif kind == "page":
        happening.kind, happening.direction = "page_viewed", KINDS["page_viewed"]
    elif kind == "screen":
        happening.kind = "screen_viewed"
        happening.subject = plain(_name(happening), LONGEST_SUBJECT)
    else:
        name = str(happening.message["event"])
        _put_track(happening, happening.names.meaning_of(name, is_public=happening.is_public))


def put_attrs(happening: Happening) -> None:
    """Properties, flat and bounded. Of traits nothing: they become the person's."""
    if happening.type in OURS:
        return
    happening.attrs, left = flatten(happening.said("properties"))
    for name in SIGNATURE:
        if name in happening.attrs:
            happening.attrs[f"said_{name}"] = happening.attrs.pop(name)
    if left:
        happening.notes.append(f"{left} more properties than are kept")
    if happening.type == "track":
        happening.attrs.setdefault("event", str(happening.message["event"])[:255])


def put_products(happening: Happening) -> None:
    """Of a purchase without a product of its own: what it is about, and the other products of the order."""
    if happening.kind != "purchased" or happening.subject:
        return
    found = bought_of(happening.said("properties").get("products"), happening.value)
    if found:
        first, *happening.more = found
        happening.subject, happening.value = first.subject, first.value
        happening.attrs |= first.attrs


def put_page(happening: Happening) -> None:
    """The page it happened on; what a page view is about is its path."""
    if happening.type in OURS:
        return
    page = happening.said("context").get("page")
    seen: Mapping[str, Any] = page if isinstance(page, dict) else {}
    for name in PAGE:
        value = happening.attrs.get(name) or plain(seen.get(name), 2_000)
        if value:
            happening.attrs[name] = value if name == "title" else kept_address(str(value))
    if happening.type == "page":
        said = plain(happening.said("properties").get("path")) or plain(seen.get("path"))
        of_url = path_of(str(happening.attrs.get("url") or ""))
        called = plain(_name(happening))
        happening.subject = said or of_url or called
        if called:
            happening.attrs.setdefault("name", called)
    elif happening.kind == "page_viewed" and (happening.subject or "").startswith("http"):
        happening.subject = path_of(happening.subject or "") or happening.subject
    if happening.subject:
        happening.subject = happening.subject[:LONGEST_SUBJECT]


def put_source(happening: Happening) -> None:
    """How they came: utm words, click ids, the page before. Pages of the same site say nothing."""
    if happening.type in OURS:
        return
    url, referrer = (str(happening.attrs.get(name) or "") for name in ("url", "referrer"))
    said = happening.said("context").get("campaign")
    campaign = campaign_of(url, said if isinstance(said, dict) else {})
    for name in (*UTM, "click_id"):
        if name in campaign:
            happening.attrs.setdefault(name, campaign[name])
    if not campaign and (happening.type != "page" or not url):
        return
    if source := source_of(url, referrer, campaign):
        happening.source = source.kind
        happening.attrs["source"] = source.kind
        if source.name:
            happening.attrs["source_name"] = source.name


def put_language(happening: Happening) -> None:
    """The language the browser asks for."""
    if happening.type not in OURS and (locale := plain(happening.said("context").get("locale"), 20)):
        happening.attrs.setdefault("language", locale)


def put_verdict(happening: Happening, rules: Rules) -> None:
    """Whether a person did it, as the request shows. A server tells of others: of its own request nothing follows, only
    of the browser that it names."""
    facts = read_facts(happening.kept_facts)
    if not happening.is_public:
        agent = plain(happening.said("context").get("userAgent"), 512)
        if agent is None:
            return
        facts = Facts(agent, "", (), facts.network)
    happening.facts = facts
    happening.verdict = judge(facts, rules)


def put_link(happening: Happening) -> None:
    """For whom the link was made by which they came. Programs that look through mails follow links too."""
    token = happening.said("context").get("link")
    if not isinstance(token, str) or not token:
        return
    link = links.read(token, links.MAIL, happening.received_at)
    if link is None:
        happening.notes.append("its link is none of ours, or too old")
    elif happening.verdict and happening.verdict.actor == "machine":
        happening.notes.append("a machine followed its link: nobody is recognised by that")
    else:
        happening.link = link


@lru_cache(maxsize=4096)
def visitor_key(anonymous: str, write_key: int) -> str:
    """The 32 hexadecimal letters of a browser. Random 128 bits are the same with every write key of ours; other ids may
    be given to two browsers by two senders."""
    plain_key = anonymous.replace("-", "").lower()
    if PLAIN_KEY.match(plain_key):
        return plain_key
    return blake2b(f"{write_key}:{anonymous}".encode(), digest_size=16).hexdigest()


def _put_track(happening: Happening, meaning: Meaning) -> None:
    said = happening.said("properties")
    happening.kind, happening.direction = meaning.kind, meaning.direction
    words = (plain(said.get(name), LONGEST_SUBJECT) for name in meaning.subject)
    happening.subject = meaning.about or next((word for word in words if word), None)
    numbers = (number(said.get(name)) for name in meaning.value)
    happening.value = next((each for each in numbers if each is not None), None)


def _name(happening: Happening) -> object:
    return happening.message.get("name") or happening.said("properties").get("name")


TYPES = frozenset({"track", "page", "screen", *OURS})
STEPS: tuple[Step, ...] = (
    drop_unreadable,
    put_uid,
    put_time,
    put_visitor,
    put_user,
    put_meaning,
    put_attrs,
    put_products,
    put_page,
    put_source,
    put_language,
)

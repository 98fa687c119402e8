"""From a request to what somebody sent: the page it came from, the browser, the words, and what is odd about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from ripeline.capture.browsers import address_of, facts_of, visitor_of
from ripeline.capture.digest.sources import UTM, campaign_of, source_of
from ripeline.capture.forms import proof
from ripeline.capture.forms.becoming import email_of
from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.languages import pick_language, sentence
from ripeline.capture.forms.models import Form, Submission
from ripeline.capture.forms.reading import Posted, Read, read_answers
from ripeline.capture.forms.returning import own_origin
from ripeline.capture.forms.spam import HONEYPOT, WINDOW, Noticed, Rate, is_often, signals_of
from ripeline.capture.forms.submitting import Sent
from ripeline.capture.forms.tokens import Page, uid_of
from ripeline.capture.page_addresses import kept_address
from ripeline.capture.verdicts.force import rules_in_force
from ripeline.capture.verdicts.judging import judge
from ripeline.kit.folding import clean

OURS = "ripeline_"
"""Begins the names of what a page sends beside the answers."""
LARGEST_BODY = 64 * 1024
LONGEST_KEY = 60
MOST_NAMES = 200
_SECRET = re.compile(r"pass(?:word|wd|phrase)|\bpwd\b|cvc|cvv|card.?num|iban", re.IGNORECASE)
NOT_KEPT = "(not kept)"
NO_ADDRESS = "no address was found in it"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a request brought: `raw` as it came, `posted` the same under the names of our fields, the language, the
    page, the browser's key, and the key of the asset it was sent for."""

    raw: Sequence[tuple[str, str]]
    posted: Posted
    language: str
    page: str
    referrer: str
    visitor: str
    asset: str
    is_background: bool


def read_request(request: HttpRequest, form: Form, definition: Definition) -> Arrived:
    """Reads a request that sends a form."""
    said = {clean(name): [clean(value) for value in values] for name, values in request.POST.lists()}
    told = {
        name.removeprefix(OURS): values[0]
        for name, values in said.items()
        if name.startswith(OURS) and values
    }
    theirs = {
        name: values for name, values in said.items() if not name.startswith(OURS) and name != proof.NAME
    }
    raw = [(name, each) for name, values in theirs.items() for each in values]
    language = pick_language(
        definition.languages, told.get("language", ""), request.headers.get("Accept-Language", "")
    )
    return Arrived(
        raw,
        mapped(raw, form.mapping),
        language,
        kept_address(told.get("page") or _page_of(request)),
        kept_address(told.get("referrer", "")),
        visitor_of(request, told.get("visitor", "")),
        told.get("asset", "")[:LONGEST_KEY],
        is_background(request),
    )


def is_background(request: HttpRequest) -> bool:
    """Whether a script sent it, so that nobody reads the answer as a page."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode != "navigate" or "application/json" in request.headers.get("Accept", "")


def hidden_values(definition: Definition, page: str, referrer: str, language: str) -> dict[str, str]:
    """What hidden fields hold of how somebody came to a page."""
    found = campaign_of(page, {}) if page else {}
    source = source_of(page, referrer, found) if page else None
    known = {
        **{name: found.get(name, "") for name in (*UTM, "click_id")},
        "source": source.kind if source else "",
        "referrer": referrer,
        "page": page,
        "language": language,
    }
    return {
        each.name: each.fixed or known.get(each.source, "")
        for each in definition.fields
        if each.type == "hidden"
    }


def mapped(raw: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> dict[str, list[str]]:
    """What was sent, under the names of our fields."""
    found: dict[str, list[str]] = {}
    for name, value in raw:
        found.setdefault(mapping.get(name, name), []).append(value)
    return found


def may_send(request: HttpRequest, form: Form, page: Page | None) -> bool:
    """Whether the site that a request comes from may send to the form. Pages of ours carry a token; others are on the
    form's list, and browsers say of which site they are."""
    origin = request.headers.get("Origin", "")
    if origin.lower() in form.origins:
        return True
    ours = {"", "null", own_origin(), f"{request.scheme}://{request.get_host()}".lower()}
    return page is not None and origin.lower() in ours


def read_sent(
    request: HttpRequest,
    form: Form,
    definition: Definition,
    arrived: Arrived,
    page: Page | None,
    *,
    rate: Rate,
    has_proof: bool,
    now: datetime,
) -> tuple[Read, Sent]:
    """What was filled in, and the whole as it can be kept once that is without mistakes."""
    hidden = hidden_values(definition, arrived.page, arrived.referrer, arrived.language)
    posted = {**{name: [value] for name, value in hidden.items() if value}, **arrived.posted}
    names = page.asked if page else [each.name for each in definition.fields]
    read = read_answers(definition, posted, names)
    uid = _uid(form, page, arrived, address_of(request), now)
    facts = facts_of(request)
    verdict = judge(facts, rules_in_force())
    email = email_of(definition, read.answers)
    if email and not read.mistakes:
        uid = _same(form, arrived.raw, uid)
        rate = "hold" if is_often(form, email, now=now) else rate
    noticed = Noticed(
        now - page.at if page else None,
        " ".join(arrived.posted.get(HONEYPOT, ())),
        rate,
        has_proof,
        verdict.actor == "machine",
        Submission.objects.filter(nonce=page.nonce).exclude(uid=uid).count() if page else 0,
    )
    sent = Sent(
        uid=uid,
        nonce=page.nonce if page else uid,
        raw=[(name, NOT_KEPT if _SECRET.search(name) else value) for name, value in arrived.raw],
        answers=read.answers,
        facts=facts,
        verdict=verdict,
        language=arrived.language,
        page=arrived.page,
        referrer=arrived.referrer,
        visitor=arrived.visitor,
        address=address_of(request) if settings.CONFIG.keep_addresses else "",
        asset=arrived.asset,
        signals=signals_of(noticed, read),
    )
    return read, sent


def forgive(definition: Definition, read: Read, sent: Sent) -> Sent:
    """What was sent where nobody reads what is wrong with it: kept all the same. Without the address it asks for, it
    waits to be understood; other values that cannot be read are left out, with the reason."""
    why = tuple(
        f"{name}: {sentence(wrong.name, 'en', *wrong.words)}" for name, wrong in read.mistakes.items()
    )
    address = next((each.name for each in definition.fields if each.type == "email"), None)
    if address is not None and address not in read.answers:
        return replace(sent, unread=why or (NO_ADDRESS,))
    return replace(sent, notes=why)


def _uid(form: Form, page: Page | None, arrived: Arrived, sender: str, now: datetime) -> str:
    """By the token of a page of ours. On other pages the same words from one sender within ten minutes are one, also
    across the turn of such a stretch."""
    if page:
        return uid_of(page.nonce, arrived.raw)
    turn = int(now.timestamp() // WINDOW.total_seconds())
    who = f"{form.pk}:{sender}:{arrived.visitor}"
    here, before = (uid_of(_digest(f"{who}:{at}"), arrived.raw) for at in (turn, turn - 1))
    was = Submission.objects.filter(uid=before, received_at__gt=now - WINDOW)
    return before if was.exists() else here


def _same(form: Form, raw: Sequence[tuple[str, str]], uid: str) -> str:
    """The id of the same words of the same person, where they were sent within ten minutes: from a page that the
    browser fetched anew when somebody went back to it."""
    name = f"form-same:{uid_of(str(form.pk), raw)}"
    return uid if cache.add(name, uid, WINDOW.total_seconds()) else str(cache.get(name, uid))


def _digest(of: str) -> str:
    return salted_hmac("ripeline.form.sender", of).hexdigest()[:32]


def _page_of(request: HttpRequest) -> str:
    """The page that sent it, where browsers say so of another site."""
    return clean(request.headers.get("Referer", ""))


def queried(request: HttpRequest, names: tuple[str, ...]) -> Mapping[str, str]:
    """What the address of a form's page says beside the form: addresses of pages, as they are kept, and the browser."""
    return {name: kept_address(clean(request.GET.get(name, ""))) for name in names}

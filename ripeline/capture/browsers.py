"""The browser that asks for a page of ours, without a session: its address, its key, and what verdicts want to know."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from ripeline.capture.collector.exchange import Asked
from ripeline.capture.collector.facts import LONGEST_AGENT, marks_of
from ripeline.capture.collector.networks import load_networks
from ripeline.capture.verdicts.judging import Facts
from ripeline.kit.folding import clean

COOKIE = "rl_id"
View = Callable[..., HttpResponseBase]
_KEY = re.compile(r"[0-9a-f]{32}\Z")


def address_of(request: HttpRequest) -> str:
    """Whom a request came from; behind a proxy our server has put there whom that says (`rsgi.py`)."""
    return str(request.META.get("REMOTE_ADDR") or "")


def visitor_of(request: HttpRequest, said: str = "") -> str:
    """The key of the browser: as the page says from which it was sent, else of our own cookie; "" for none. A page that
    says something else ("-") says that it is nobody's: so does the tracker where the visitor did not agree."""
    key = said or request.COOKIES.get(COOKIE, "")
    return key if _KEY.match(key) else ""


def without_session(view: View) -> View:
    """A page that does not differ by who is signed in, and touches no cookie of a session, not even one that is over:
    caches may keep it."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        answer = view(request, *args, **more)
        # What reads the time zone of whoever is signed in has looked at it. Django passes over a request without one.
        del request.session
        return answer

    return shown


def facts_of(request: HttpRequest) -> Facts:
    """What verdicts want to know of a request."""
    header = request.headers.get
    marks = marks_of(Asked(request.method or "", request.path, header, ""))
    agent = clean(header("User-Agent") or "")[:LONGEST_AGENT]
    return Facts(
        agent, request.method or "", marks, load_networks(settings.CONFIG.networks)(address_of(request))
    )

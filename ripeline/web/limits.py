"""How much a request may bring: judged before anything of it is read or kept."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, close_old_connections
from django.http import Http404, HttpRequest, HttpResponse

from ripeline.kit.numbers import read_number
from ripeline.web.sorry import not_found, plain, too_large

MEGABYTE = 1024 * 1024

# What a form of ours can hold; only a file to import is larger.
LARGEST_FORM = 5 * MEGABYTE
# What strangers can want to send: a sign-in, a form filled in. Only who is signed in has a place on the disk.
LARGEST_UNSIGNED = 64 * 1024
PUBLIC = ("/f/", "/p/", "/hooks/mail/")
"""Pages for strangers, which measure what they are sent and say in their own words what is too much."""
UNREADABLE = sys.maxsize

# Letters that no key of a keyboard writes; tabs and line ends come with what is pasted. Databases refuse the first.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONTROLS_QUOTED = re.compile(r"%(?:0[0-8bcef]|1[0-9a-f]|7f)", re.IGNORECASE)


class BodyLimitMiddleware:
    """Answers 413 to a body larger than its page can want from whoever sends it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = read_number(request.META.get("CONTENT_LENGTH") or "0", otherwise=UNREADABLE)
        is_measured = length <= LARGEST_FORM and request.path.startswith(PUBLIC)
        if length > LARGEST_UNSIGNED and not is_measured and length > largest_body(request):
            return too_large(request)
        return self.get_response(request)


class AddressMiddleware:
    """Answers 404 to an address with a control character in it, 400 where it is in what is asked behind the `?`: here,
    so that no page and no database meets one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _CONTROLS.search(request.path):
            return not_found(request, Http404())
        asked = request.META.get("QUERY_STRING", "")
        if _CONTROLS.search(asked) or _CONTROLS_QUOTED.search(asked):
            return plain(request, "400.html", 400)
        return self.get_response(request)


def largest_body(request: HttpRequest) -> int:
    """The largest body, in bytes, that this address takes from this browser."""
    if not _is_signed_in(request):
        return LARGEST_UNSIGNED
    if request.path.startswith(("/imports/", "/library/")):
        return int(settings.CONFIG.upload_limit_mb) * MEGABYTE + LARGEST_FORM
    return LARGEST_FORM


def most_bytes(environ: dict[str, Any]) -> int:
    """The same of a request of which nobody has read anything yet. Where the database does not say who sends it, its
    page will not be answered either: none."""
    close_old_connections()
    try:
        return largest_body(WSGIRequest({**environ, "wsgi.input": io.BytesIO()}))
    except DatabaseError:
        return 0


def _is_signed_in(request: HttpRequest) -> bool:
    """Whether the cookie is of a session of somebody. Asked here since the form is read, and its file kept, by the
    check against forgery, before anybody asks who sent it."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    return get_user(request).is_authenticated

"""How much a request may bring: judged before anything of it is read or kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from ripeline.kit.numbers import read_number
from ripeline.web.sorry import too_large

MEGABYTE = 1024 * 1024

# What a form of ours can hold; only a file to import is larger.
LARGEST_FORM = 5 * MEGABYTE
UNREADABLE = sys.maxsize


class BodyLimitMiddleware:
    """Answers 413 to a body larger than its page can want. Only somebody who is signed in may bring a file."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = read_number(request.META.get("CONTENT_LENGTH") or "0", otherwise=UNREADABLE)
        if length > LARGEST_FORM and length > largest_body(request):
            return too_large(request)
        return self.get_response(request)


def largest_body(request: HttpRequest) -> int:
    """The largest body, in bytes, that this address takes from this browser."""
    if request.path.startswith("/imports/") and _is_signed_in(request):
        return int(settings.CONFIG.upload_limit_mb) * MEGABYTE + LARGEST_FORM
    return LARGEST_FORM


def _is_signed_in(request: HttpRequest) -> bool:
    """Whether the cookie is of a session of somebody. Asked here since the form is read, and its file kept, by the
    check against forgery, before anybody asks who sent it."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    return get_user(request).is_authenticated

"""How much a request may bring: judged before anything of it is read or kept."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ripeline.web.sorry import too_large

MEGABYTE = 1024 * 1024

# What a form of ours can hold; only a file to import is larger.
LARGEST_FORM = 5 * MEGABYTE


class BodyLimitMiddleware:
    """Answers 413 to a body larger than its page can want. Only somebody with a session may bring a file."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > largest_body(request):
            return too_large(request)
        return self.get_response(request)


def largest_body(request: HttpRequest) -> int:
    """The largest body, in bytes, that this address takes from this browser."""
    if request.path.startswith("/imports/") and settings.SESSION_COOKIE_NAME in request.COOKIES:
        return int(settings.CONFIG.upload_limit_mb) * MEGABYTE + LARGEST_FORM
    return LARGEST_FORM

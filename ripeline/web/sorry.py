"""The pages that say sorry: what happened, and what to do. None of them needs the database to be well."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template import loader
from django.urls import is_valid_path
from django.utils.http import escape_leading_slashes

from ripeline.web.error_numbers import error_number
from ripeline.web.frame import address, open_doors

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """An address or a form that cannot be read. Its host may be none of ours, so the page is the plain one."""
    return plain(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Something the reader may not do; the exception says why."""
    return _in_frame(request, "403.html", 403, reason=str(exception))


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form without the token that proves that we made it."""
    return _in_frame(request, "403_csrf.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """An address with nothing at it. One that has a slash too many leads on, as one does that lacks it."""
    path, mark, query = request.get_full_path().partition("?")
    bare = request.path_info.rstrip("/")
    if request.method in ("GET", "HEAD") and request.path_info != bare and is_valid_path(bare):
        return HttpResponsePermanentRedirect(escape_leading_slashes(path.rstrip("/")) + mark + query)
    return _in_frame(request, "404.html", 404)


def our_mistake(request: HttpRequest) -> HttpResponse:
    """A fault of ours or of the database; the number on the page stands in the log beside what went wrong."""
    number = error_number(request)
    is_database = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    template, status = ("503.html", 503) if is_database else ("500.html", 500)
    answer = plain(request, template, status, number=number)
    answer["X-Error"] = number
    if is_database:
        answer["Retry-After"] = "30"
    return answer


def too_large(request: HttpRequest) -> HttpResponse:
    """A body larger than its page can want."""
    return plain(request, "413.html", 413)


def plain(request: HttpRequest, template: str, status: int, **context: object) -> HttpResponse:
    """A page made of nothing but its template: no session, no user and no database is asked.

    Programs, and whoever reads it where not even a template can be rendered, get the words alone.
    """
    words = _WORDS[status] + (f" (error {context['number']})" if "number" in context else "")
    if "text/html" not in request.headers.get("Accept", "text/html"):
        return HttpResponse(f"{words}\n", status=status, content_type="text/plain")
    framed = status != 400 and settings.SESSION_COOKIE_NAME in request.COOKIES
    try:
        frame = {"doors": open_doors(), "search_url": address("contacts")} if framed else {}
        page = loader.get_template(template).render({"framed": framed, **frame, **context})
        return HttpResponse(page, status=status)
    except Exception:
        log.exception("The page %s could not be shown.", template)
        return HttpResponse(f"{words}\n", status=status, content_type="text/plain")


class NoSuchWayMiddleware:
    """Answers with a page where an address takes no such method: what only a form may ask, opened in a browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code != 405 or answer.streaming or answer.content:
            return answer
        page = _in_frame(request, "405.html", 405)
        page["Allow"] = answer["Allow"]
        return page


def _in_frame(request: HttpRequest, template: str, status: int, **context: object) -> HttpResponse:
    """The page in the reader's own frame; the plain one where that fails too."""
    try:
        user = getattr(request, "user", None)
        framed = bool(user and user.is_authenticated)
        get_token(request)
        return render(request, template, {"framed": framed, **context}, status=status)
    except Exception:
        log.exception("The page %s could not be shown in the frame.", template)
        return plain(request, template, status, **context)


_WORDS = {
    400: "That could not be understood; nothing was changed.",
    403: "This is not yours to open or to change.",
    404: "There is nothing at this address.",
    405: "This address takes no such request; nothing was changed.",
    413: "This is more than this page takes; nothing of it was kept.",
    500: "Something went wrong here. It is our mistake, and it is written to the log.",
    503: "The database does not answer; nothing was changed.",
}

"""Whom the pages about the website let in: everybody sees who is there and where people come from; what arrives, with
all it says, is for administrators and marketing; write keys are made and ended by administrators."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from ripeline.people.permissions import WHOLE_TEAM, may_run_the_place, reader_of

View = Callable[..., HttpResponse]


def for_team(view: View) -> View:
    """Not for salespeople."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if reader_of(request).role not in WHOLE_TEAM:
            raise PermissionDenied("What arrives is looked through by administrators and marketing.")
        return view(request, *args, **named)

    return guarded


def for_admins(view: View) -> View:
    """For administrators alone."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not may_run_the_place(reader_of(request)):
            raise PermissionDenied("Write keys are made, changed and ended by administrators.")
        return view(request, *args, **named)

    return guarded

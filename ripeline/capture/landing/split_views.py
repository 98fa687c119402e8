"""Beginning to compare two versions of a page, and ending it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from ripeline.capture.landing.keeping import Refused
from ripeline.capture.landing.models import LandingPage, PageVersion
from ripeline.capture.landing.splits import end_split, start_split
from ripeline.capture.library.views import let_in
from ripeline.kit.numbers import read_number, read_share


@require_POST
def library_page_split(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows the version served and another by turns, from now on."""
    user = let_in(request)
    page = get_object_or_404(LandingPage, slug=slug)
    number = read_number(request.POST.get("other", ""))
    other = PageVersion.objects.filter(page=page, number=number).first()
    rates = [read_share(request.POST.get(name, "")) for name in ("base", "wished")]
    if other is None:
        messages.error(request, "Choose the version to compare with.")
    else:
        done = start_split(page, other, base=rates[0], wished=rates[1], by=user, now=timezone.now())
        if isinstance(done, Refused):
            messages.error(request, " ".join(done.why))
        else:
            words = f"Both are shown by turns; about {done.planned:,} people will tell which does better"
            messages.success(request, words)
    return redirect("library_page", slug=slug)


@require_POST
def library_page_split_end(request: HttpRequest, slug: str) -> HttpResponse:
    """Ends it; the version that was chosen is served from now on."""
    user = let_in(request)
    page = get_object_or_404(LandingPage.objects.select_related("split"), slug=slug)
    if page.split is None:
        messages.error(request, "Nothing is being compared.")
        return redirect("library_page", slug=slug)
    number = read_number(request.POST.get("winner", ""))
    winner = PageVersion.objects.filter(page=page, number=number).first() if number else None
    if number and winner is None:
        messages.error(request, "There is no such version.")
    elif end_split(page.split, winner, by=user, now=timezone.now()):
        words = (
            f"Version {winner.number} is served from now on" if winner else "What was served before is served"
        )
        messages.success(request, f"It is ended. {words}")
    else:
        messages.error(request, "Choose one of the two that are compared.")
    return redirect("library_page", slug=slug)

"""The pages of the house about landing pages: all of them, one with its figures, and its editor."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.capture.collector.keys import public_keys
from ripeline.capture.forms.models import Form
from ripeline.capture.forms.returning import own_origin
from ripeline.capture.landing.content import TITLES, Block, Content, read_content
from ripeline.capture.landing.editing import Edited, read_edited
from ripeline.capture.landing.figures import Figures, figures_of
from ripeline.capture.landing.keeping import (
    LARGEST_PICTURE,
    Refused,
    hindrances,
    keep_picture,
    make_page,
    publish,
    serve_again,
    take_down,
    write_draft,
)
from ripeline.capture.landing.models import LandingPage, PageVersion, Picture
from ripeline.capture.landing.previewing import HOLDS_FOR, sign_preview
from ripeline.capture.landing.splits import state_of
from ripeline.capture.library.models import Asset
from ripeline.capture.library.views import let_in
from ripeline.kit.numbers import read_number
from ripeline.people.permissions import WHOLE_TEAM, reader_of

SINCE = timedelta(days=365)
TAKEN = {"pictures", "preview"}
"""What stands at the place of a slug in addresses of ours."""


@require_safe
def library_pages(request: HttpRequest) -> HttpResponse:
    """All landing pages, with how many people saw each and reached its aim."""
    pages = list(_pages().order_by("slug"))
    figures = figures_of(pages, since=timezone.now() - SINCE)
    context = {"lines": [(each, figures[each.pk]) for each in pages], "may_write": _may_write(request)}
    return render(request, "capture/landing_pages.html", context | {"here": "pages"})


@require_POST
def library_page_new(request: HttpRequest) -> HttpResponse:
    """A new page, to be written next."""
    user = let_in(request)
    title = " ".join(request.POST.get("title", "").split())[:300]
    slug = slugify(request.POST.get("slug", "") or title)[:80].strip("-")
    if not title or not slug:
        messages.error(request, "Give the page a title of letters: its address is made of it.")
    elif slug in TAKEN or LandingPage.objects.filter(slug=slug).exists():
        messages.error(request, f"There is a page at /p/{slug}/ already. Choose another title or address.")
    else:
        start = Content(title=title, blocks=(Block(kind="text"),))
        make_page(slug, start, by=user, now=timezone.now())
        return redirect("library_page_edit", slug=slug)
    return redirect("library_pages")


@require_safe
def library_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page: its figures, what is served, its versions, and the two that are compared."""
    page = get_object_or_404(_pages(), slug=slug)
    now = timezone.now()
    figures = figures_of([page], since=now - SINCE)[page.pk]
    versions = list(page.versions.select_related("author").defer("html").order_by("-number")[:30])
    context = {
        "page": page,
        "figures": figures,
        "chart": _chart(figures, now.astimezone(UTC).date()),
        "versions": versions,
        "state": state_of(page.split, now=now) if page.split else None,
        "over": page.splits.exclude(ended_at=None)
        .select_related("winner", "ended_by")
        .order_by("-ended_at")[:10],
        "others": [each for each in versions if each.pk != page.version_id],
        "address": f"{own_origin()}{reverse('landing_public', args=[slug])}",
        "preview": f"{own_origin()}{reverse('landing_preview', args=[sign_preview(slug, now=now)])}",
        "holds": HOLDS_FOR.days,
        "is_changed": page.version is None or page.draft != page.version.content,
        "hindrances": hindrances(read_content(page.draft)),
        "may_write": _may_write(request),
        "here": "pages",
    }
    return render(request, "capture/landing_page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def library_page_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Writes a page: every button sends the whole of it, so that nothing is lost."""
    let_in(request)
    page = get_object_or_404(LandingPage, slug=slug)
    if request.method != "POST":
        return _editor(request, page, Edited(read_content(page.draft)), page.revision)
    pictures, wrong = _pictures(request)
    edited = read_edited(request.POST, pictures)
    edited = Edited(edited.content, edited.at, [*wrong, *edited.wrong])
    revision = read_number(request.POST.get("revision", ""), otherwise=-1)
    if edited.wrong:
        return _editor(request, page, edited, revision, status=422)
    if not write_draft(page, edited.content, revision=revision):
        why = "Somebody else changed the page meanwhile. Below is what you wrote: Keep mine puts it in place of theirs."
        return _editor(request, page, Edited(edited.content, None, [why]), page.revision, status=409)
    key = public_keys().filter(pk=read_number(request.POST.get("write_key", ""))).first()
    LandingPage.objects.filter(pk=page.pk).update(write_key=key)
    if request.POST.get("do", "") == "done":
        leads = reverse("library_page", args=[slug])
        # What htmx asked for takes the place of the editor alone.
        return (
            HttpResponse(headers={"HX-Redirect": leads})
            if "HX-Request" in request.headers
            else redirect(leads)
        )
    page.refresh_from_db()
    return _editor(request, page, edited, page.revision)


@require_POST
def library_page_publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Serves the page as it is written."""
    user = let_in(request)
    page = get_object_or_404(LandingPage, slug=slug)
    if page.split_id:
        messages.error(
            request, "Two versions are being compared: end that first, else nobody knows what was."
        )
        return redirect("library_page", slug=slug)
    done = publish(page, by=user, now=timezone.now())
    if isinstance(done, Refused):
        messages.error(request, " ".join(done.why))
    else:
        messages.success(request, f"Version {done.number} is served; everybody sees it within a minute")
    return redirect("library_page", slug=slug)


@require_POST
def library_page_again(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Goes back to an earlier version."""
    let_in(request)
    version = get_object_or_404(PageVersion.objects.select_related("page"), page__slug=slug, number=number)
    if version.page.split_id:
        messages.error(request, "Two versions are being compared: end that first.")
    else:
        serve_again(version)
        messages.success(request, f"Version {number} is served")
    return redirect("library_page", slug=slug)


@require_POST
def library_page_down(request: HttpRequest, slug: str) -> HttpResponse:
    """Serves nothing there any more."""
    let_in(request)
    page = get_object_or_404(_pages(), slug=slug)
    if page.split_id:
        messages.error(request, "Two versions are being compared: end that first.")
    elif page.version is not None:
        undo = reverse("library_page_again", args=[slug, page.version.number])
        take_down(page)
        messages.success(request, "Nothing is served there now", extra_tags=f"undo:{undo}")
    return redirect("library_page", slug=slug)


def _editor(
    request: HttpRequest, page: LandingPage, edited: Edited, revision: int, *, status: int = 200
) -> HttpResponse:
    content = edited.content
    pictures = {*content.keys_of("picture"), content.picture}
    context = {
        "page": page,
        "content": content,
        "at": edited.at,
        "wrong": edited.wrong,
        "revision": revision,
        "kinds": TITLES.items(),
        "forms": list(Form.objects.exclude(version=None).order_by("title", "pk").values_list("key", "title")),
        "assets": list(Asset.objects.filter(is_archived=False).order_by("title").values_list("key", "title")),
        "names": dict(Picture.objects.filter(digest__in=pictures).values_list("digest", "name")),
        "siblings": list(
            LandingPage.objects.exclude(pk=page.pk).order_by("slug").values_list("slug", flat=True)
        ),
        "keys": list(public_keys()),
        "preview": reverse("landing_preview", args=[sign_preview(page.slug, now=timezone.now())]),
    }
    # Of an answer that says no, htmx shows nothing.
    shown = 200 if "HX-Request" in request.headers else status
    return render(request, "capture/landing_edit.html", context, status=shown)


def _pictures(request: HttpRequest) -> tuple[dict[int, str], list[str]]:
    """Keeps the pictures that came along: their hashes by place, and which could not be taken."""
    found, wrong = {}, []
    for name, file in request.FILES.items():
        place = -1 if name == "picture-file" else read_number(name.removesuffix("-file"), otherwise=-2)
        if place == -2 or isinstance(file, list):
            continue
        is_small = file.size is not None and file.size <= LARGEST_PICTURE
        kept = keep_picture(file, str(file.name), now=timezone.now()) if is_small else None  # type: ignore[arg-type]
        if kept is None:
            wrong.append(f"{file.name} is no picture that is taken: PNG, JPEG, GIF or WebP, up to 5 MB.")
        else:
            found[place] = kept.digest
    return found, wrong


def _chart(figures: Figures, today: date) -> dict[str, Any] | None:
    """People who saw the page and who reached its aim, week by week; None where nobody was there."""
    if not figures.by_day:
        return None
    first = min(figures.by_day)
    start = first - timedelta(days=first.weekday())
    weeks = [start + timedelta(weeks=number) for number in range((today - start).days // 7 + 1)]
    sums = {each: [0, 0] for each in weeks}
    for day, (seen, reached) in figures.by_day.items():
        week = day - timedelta(days=day.weekday())
        if week in sums:
            sums[week][0] += seen
            sums[week][1] += reached
    return {
        "kind": "line",
        "title": "People by week",
        "x_title": "Week from",
        "x": [each.isoformat() for each in weeks],
        "series": [
            {"name": "Saw it", "data": [sums[each][0] for each in weeks]},
            {"name": "Reached the aim", "data": [sums[each][1] for each in weeks]},
        ],
        "unit": "people",
        "height": 220,
    }


def _pages() -> QuerySet[LandingPage]:
    return LandingPage.objects.select_related("version", "split__one", "split__other", "split__page")


def _may_write(request: HttpRequest) -> bool:
    return reader_of(request).role in WHOLE_TEAM

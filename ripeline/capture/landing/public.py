"""Landing pages for those who come there: the same bytes for everybody, no session, no cookie, one question to the
database."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import parse_etags, urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from ripeline.capture.browsers import without_session
from ripeline.capture.forms.returning import own_origin
from ripeline.capture.landing.content import read_content
from ripeline.capture.landing.models import LandingPage, PageSplit, PageVersion, Picture
from ripeline.capture.landing.previewing import read_preview
from ripeline.capture.landing.rendering import render_page
from ripeline.capture.landing.visiting import Guest, note_reached, note_seen, read_guest, sees_other, visit_of
from ripeline.capture.library.filing import place_of
from ripeline.capture.library.models import Asset
from ripeline.capture.library.sending import FileAnswer, Part
from ripeline.kit.numbers import read_number

FRESH_FOR = 60
"""Seconds that a browser or a cache before us shows a page without asking: what is published is there after that."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
LARGEST_BEAT = 2_000


@login_not_required
@require_safe
@without_session
def landing_public(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A page as it was published; while it is split, one of the two."""
    served = LandingPage.objects.filter(slug=slug, version__isnull=False)
    found = served.values_list("version__html", "version__etag", "split")[:1]
    if not found:
        raise Http404("There is no such page.")
    html, kept, split = found[0]
    if split is not None:
        html, kept = _one_of_two(split, read_guest(request))
    etag = f'"{kept}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "").replace("W/", "")):
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(html)
    answer["ETag"] = etag
    answer["Content-Security-Policy"] = POLICY
    # A shared cache would show everybody the same of the two.
    fresh = "private, no-cache" if split else f"public, max-age={FRESH_FOR}, stale-while-revalidate=600"
    answer["Cache-Control"] = fresh
    return answer


@login_not_required
@csrf_exempt
@require_POST
@without_session
def landing_beat(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Hears from the page's script that it was seen; tells it by what hash a split knows the browser."""
    if read_number(request.META.get("CONTENT_LENGTH") or "0", otherwise=LARGEST_BEAT + 1) > LARGEST_BEAT:
        return HttpResponse(status=413)
    page = get_object_or_404(_pages().exclude(version=None), slug=slug)
    number = read_number(request.POST.get("version", ""))
    if not PageVersion.objects.filter(page=page, number=number).exists():
        return HttpResponse(status=400)
    guest = read_guest(request, request.POST.get("marks", ""))
    visit = note_seen(page, number, guest, now=timezone.now())
    answer = JsonResponse({"visit": visit}) if visit else HttpResponse(status=204)
    answer["Cache-Control"] = "no-store"
    return answer


@login_not_required
@require_safe
@without_session
def landing_asset(request: HttpRequest, slug: str, key: str) -> HttpResponseBase:
    """Leads from a page to an asset: to its form, or, counted, to the thing itself."""
    page = get_object_or_404(_pages().exclude(version=None), slug=slug)
    asset = get_object_or_404(Asset.objects.select_related("form"), key=key, is_archived=False)
    number = read_number(request.GET.get("version", ""))
    guest = read_guest(request)
    if asset.form is not None:
        known = visit_of(page.split, guest) if page.split else None
        said = {"version": str(number)} | ({"visit": known.who} if known else {})
        told = f"{own_origin()}{reverse('landing_public', args=[slug])}?{urlencode(said)}"
        return _see(
            f"{reverse('form_public', args=[asset.form.key])}?{urlencode({'page': told, 'asset': key})}"
        )
    if request.method == "GET" and PageVersion.objects.filter(page=page, number=number).exists():
        note_reached(page, number, guest, now=timezone.now())
    return _see(reverse("asset_open", args=[key]))


@login_not_required
@require_safe
@without_session
def landing_picture(request: HttpRequest, digest: str) -> HttpResponseBase:
    """A picture of a page: it never changes."""
    picture = get_object_or_404(Picture, digest=digest)
    path = place_of(picture.digest)
    if not path.exists():
        raise Http404("The picture is not where it was kept.")
    answer: HttpResponseBase
    is_known = f'"{digest}"' in parse_etags(request.headers.get("If-None-Match", ""))
    if is_known or request.method == "HEAD":
        answer = HttpResponse(status=304 if is_known else 200)
    else:
        answer = FileAnswer(path, Part(0, picture.size))
        answer["Content-Length"] = str(picture.size)
    answer["Content-Type"] = picture.media_type
    answer["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; sandbox; frame-ancestors 'none'"
    )
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    answer["ETag"] = f'"{digest}"'
    return answer


@login_not_required
@require_safe
@without_session
def landing_preview(request: HttpRequest, token: str) -> HttpResponseBase:  # noqa: ARG001
    """What is being written, for whoever was given the link, while it holds."""
    slug = read_preview(token, timezone.now())
    if slug is None:
        raise Http404("This link holds no more.")
    page = get_object_or_404(LandingPage, slug=slug)
    answer = HttpResponse(render_page(page, read_content(page.draft), number=0, is_preview=True))
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _one_of_two(split: int, guest: Guest) -> tuple[str, str]:
    """What a browser sees of a split: the page, and its hash."""
    compared = PageSplit.objects.get(pk=split)
    shown = compared.other_id if sees_other(compared, guest) else compared.one_id
    version = PageVersion.objects.get(pk=shown)
    return version.html, version.etag


def _pages() -> QuerySet[LandingPage]:
    return LandingPage.objects.select_related("version", "split__one", "split__other")


def _see(address: str) -> HttpResponse:
    answer = HttpResponse(status=HTTPStatus.SEE_OTHER)
    answer["Location"] = address
    answer["Cache-Control"] = "no-store"
    return answer

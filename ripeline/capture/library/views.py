"""The pages of the library: everything there is, the grid of what is missing, one asset and who took it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.capture.forms.returning import own_origin
from ripeline.capture.library.coverage import WITHIN, read_coverage
from ripeline.capture.library.figures import Downloads, downloads_of, readers_of
from ripeline.capture.library.filing import path_of
from ripeline.capture.library.forms import AssetForm, read_content_stage, start_of
from ripeline.capture.library.keeping import Written, keep_asset
from ripeline.capture.library.links import link_path, sign_asset
from ripeline.capture.library.models import Asset, AssetVersion
from ripeline.capture.library.sending import send_version
from ripeline.kit.numbers import read_number
from ripeline.lifecycle.model import Playbook
from ripeline.people.models import Identity, User
from ripeline.people.permissions import WHOLE_TEAM, reader_of
from ripeline.timeline.definitions.active import NoPlaybook, active_playbook
from ripeline.timeline.identities.living import keys_by_identity

PERIODS = ((30, "30 days"), (90, "90 days"), (365, "a year"))
USUAL = 365
LONGEST_LINK = 365


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """All assets, with how often people took each."""
    days, since = _period(request)
    is_old = request.GET.get("archived") == "1"
    shown = _assets().filter(is_archived=is_old)
    stage = read_content_stage(request.GET.get("stage", ""))
    if stage:
        shown = shown.filter(content_stage=stage)
    assets = list(shown.order_by("title", "pk"))
    persona = request.GET.get("persona", "")
    if persona:
        assets = [each for each in assets if not each.personas or persona in each.personas]
    figures = downloads_of(assets, since=since)
    context = {
        "lines": [(each, figures[each.pk]) for each in assets],
        "is_old": is_old,
        "stage": stage,
        "persona": persona,
        "stages": Asset.ContentStage.choices,
        "personas": _titles(),
    }
    return render(request, "capture/library.html", context | _common(request, "assets", days))


@require_safe
def library_coverage(request: HttpRequest) -> HttpResponse:
    """Persona by content stage: what there is, what it brings, and what is missing."""
    days, since = _period(request)
    try:
        playbook = active_playbook()
    except NoPlaybook as sorry:
        context: dict[str, Any] = {"sorry": str(sorry)}
    else:
        context = {"grid": read_coverage(playbook, since=since), "playbook": playbook}
    context |= {"stages": Asset.ContentStage.choices, "within": WITHIN.days}
    return render(request, "capture/library_coverage.html", context | _common(request, "coverage", days))


@require_http_methods(["GET", "HEAD", "POST"])
def library_new(request: HttpRequest) -> HttpResponse:
    """Adds an asset; the grid says in the address which one is missing."""
    user, asked = let_in(request), request.GET
    start = {
        "content_stage": read_content_stage(asked.get("stage", "")),
        "personas": [key for key in asked.getlist("persona") if key],
    }
    form = AssetForm(request.POST or None, request.FILES or None, personas=_personas(), initial=start)
    if request.method == "POST" and form.is_valid():
        asset = keep_asset(None, _written(form), by=user, now=timezone.now())
        messages.success(request, f"{asset.title} is in the library")
        return redirect("library_asset", key=asset.key)
    context = {"form": form, "asset": None}
    return render(request, "capture/library_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def library_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Changes an asset; another file is its next version."""
    user = let_in(request)
    asset = get_object_or_404(_assets(), key=key)
    form = AssetForm(
        request.POST or None,
        request.FILES or None,
        asset=asset,
        personas=_personas(),
        initial=start_of(asset),
    )
    if request.method == "POST" and form.is_valid():
        keep_asset(asset, _written(form), by=user, now=timezone.now())
        messages.success(request, "Kept")
        return redirect("library_asset", key=asset.key)
    context = {"form": form, "asset": asset}
    return render(request, "capture/library_edit.html", context, status=422 if form.errors else 200)


@require_safe
def library_asset(request: HttpRequest, key: str) -> HttpResponse:
    """One asset: what it is, how to give it to somebody, who took it."""
    asset = get_object_or_404(_assets().select_related("created_by"), key=key)
    days, since = _period(request)
    titles = dict(_titles())
    context = {
        "asset": asset,
        "figures": downloads_of([asset], since=since).get(asset.pk, Downloads()),
        "readers": readers_of(asset, since=since),
        "versions": list(asset.versions.select_related("created_by").order_by("-number")[:20]),
        "personas": [titles.get(each, each) for each in asset.personas],
        "address": f"{own_origin()}{reverse('asset_open', args=[asset.key])}",
        "link": _link(request, asset),
        "asked": {"for": request.GET.get("for", ""), "link": request.GET.get("link", "7")},
    }
    return render(request, "capture/library_asset.html", context | _common(request, "assets", days))


@require_POST
def library_archive(request: HttpRequest, key: str) -> HttpResponse:
    """Takes an asset out of use; its touches and files stay."""
    return _set_archived(request, key, True)


@require_POST
def library_restore(request: HttpRequest, key: str) -> HttpResponse:
    """Puts an asset back into use."""
    return _set_archived(request, key, False)


@require_safe
def library_file(request: HttpRequest, key: str, number: int) -> HttpResponseBase:
    """The file of a version, for colleagues: no touch comes of it."""
    version = get_object_or_404(AssetVersion, asset__key=key, number=number)
    if not path_of(version).exists():
        raise Http404("The file is not where it was kept.")
    return send_version(request, version)


@require_POST
def library_again(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Goes back to an earlier version of the file."""
    let_in(request)
    version = get_object_or_404(AssetVersion, asset__key=key, number=number)
    Asset.objects.filter(pk=version.asset_id).update(version=version, address="")
    messages.success(request, f"Version {version.number} is the one that is given")
    return redirect("library_asset", key=key)


def let_in(request: HttpRequest) -> User:
    """Who asks, where they may change the library. Raises PermissionDenied."""
    user = reader_of(request)
    if user.role not in WHOLE_TEAM:
        raise PermissionDenied("The library is kept by administrators and marketing.")
    return user


def _set_archived(request: HttpRequest, key: str, is_archived: bool) -> HttpResponse:
    let_in(request)
    asset = get_object_or_404(Asset, key=key)
    Asset.objects.filter(pk=asset.pk).update(is_archived=is_archived)
    if is_archived:
        undo = reverse("library_restore", args=[key])
        messages.success(request, f"{asset.title} is given to nobody now", extra_tags=f"undo:{undo}")
    else:
        messages.success(request, f"{asset.title} is in use again")
    return redirect("library_asset", key=key)


def _link(request: HttpRequest, asset: Asset) -> dict[str, str] | None:
    """The signed link that the page was asked for, or why it can be none; None where nobody asked."""
    if "link" not in request.GET:
        return None
    days = min(max(1, read_number(request.GET["link"], otherwise=7)), LONGEST_LINK)
    written = request.GET.get("for", "").strip()
    contact = keys_by_identity(Identity.Kind.EMAIL, [written.lower()]).get(written.lower(), "")
    if written and not contact:
        return {"wrong": f"No contact has the address {written}."}
    token = sign_asset(asset.key, now=timezone.now(), contact=contact, holds_for=timedelta(days=days))
    return {"address": f"{own_origin()}{link_path(token)}", "days": str(days), "for": written}


def _written(form: AssetForm) -> Written:
    said = form.cleaned_data
    return Written(
        key=said.get("key", ""),
        title=said["title"],
        kind=said["kind"],
        content_stage=said["content_stage"],
        personas=tuple(said["personas"]),
        language=said["language"],
        summary=said["summary"],
        form=said["form"],
        address=said["address"],
        file=said["file"],
        media_type=form.media_type,
    )


def _assets() -> QuerySet[Asset]:
    return Asset.objects.select_related("form", "version")


def _period(request: HttpRequest) -> tuple[int, datetime]:
    asked = read_number(request.GET.get("days", ""), otherwise=USUAL)
    days = asked if asked in dict(PERIODS) else USUAL
    return days, timezone.now() - timedelta(days=days)


def _personas() -> Any:
    playbook = _playbook()
    return playbook.personas if playbook else ()


def _titles() -> list[tuple[str, str]]:
    return [(each.key, each.title or each.key) for each in _personas()]


def _playbook() -> Playbook | None:
    try:
        return active_playbook()
    except NoPlaybook:
        return None


def _common(request: HttpRequest, here: str, days: int) -> dict[str, Any]:
    return {
        "here": here,
        "days": days,
        "periods": PERIODS,
        "may_write": reader_of(request).role in WHOLE_TEAM,
    }

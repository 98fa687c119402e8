"""Where assets are fetched: no session, no page of ours around them."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ripeline.capture.browsers import address_of, facts_of, visitor_of, without_session
from ripeline.capture.forms.models import Submission
from ripeline.capture.library.filing import path_of
from ripeline.capture.library.links import contact_of, read_asset_link
from ripeline.capture.library.models import Asset
from ripeline.capture.library.noting import Fetched, note_download
from ripeline.capture.library.sending import begins, send_version
from ripeline.capture.page_addresses import kept_address
from ripeline.capture.verdicts.force import rules_in_force
from ripeline.capture.verdicts.judging import judge

GONE = "This link held for a time that is over."
TAKEN_DOWN = "This is not offered any more."


@login_not_required
@require_safe
@without_session
def asset_open(request: HttpRequest, key: str) -> HttpResponseBase:
    """Gives an open asset to everybody, a gated one to browsers on which its form was sent; others are led to the
    form."""
    asset = _assets().filter(key=key).first()
    if asset is None:
        raise Http404("There is no such asset.")
    visitor = visitor_of(request)
    if asset.is_archived:
        return _say(TAKEN_DOWN)
    if asset.form and not _has_sent(asset, visitor):
        # The form hands out what it was opened for.
        return _see(f"{reverse('form_public', args=[asset.form.key])}?{urlencode({'asset': key})}")
    return _give(request, asset)


@login_not_required
@require_safe
@without_session
def asset_signed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Gives an asset to whoever has a link to it that holds."""
    link = read_asset_link(token)
    asset = _assets().filter(key=link.asset).first() if link else None
    if link is None or asset is None:
        raise Http404("There is no such link.")
    if asset.is_archived:
        return _say(TAKEN_DOWN)
    if link.is_over(timezone.now()):
        return _say(GONE, leads=reverse("asset_open", args=[asset.key]))
    return _give(request, asset, contact=contact_of(link))


def _assets() -> QuerySet[Asset]:
    return Asset.objects.select_related("form", "version")


def _has_sent(asset: Asset, visitor: str) -> bool:
    if not visitor:
        return False
    sent = Submission.objects.filter(
        form=asset.form_id, visitor__key=visitor, outcome=Submission.Outcome.ACCEPTED
    )
    return sent.exists()


def _give(request: HttpRequest, asset: Asset, *, contact: str = "") -> HttpResponseBase:
    """The asset, noted where somebody fetches it from its beginning: to ask what it is (HEAD) is not to fetch it."""
    if asset.version is not None and not path_of(asset.version).exists():
        raise Http404("The file is not where it was kept.")
    if asset.version is None and not asset.address:
        return _say(TAKEN_DOWN)
    answer = send_version(request, asset.version) if asset.version else _see(asset.address)
    if request.method == "GET" and begins(request) and answer.status_code in (200, 206, HTTPStatus.SEE_OTHER):
        facts = facts_of(request)
        by = Fetched(
            facts,
            judge(facts, rules_in_force()),
            contact,
            visitor_of(request),
            address_of(request),
            kept_address(request.headers.get("Referer", ""))[:500],
        )
        note_download(asset, by, now=timezone.now())
    return answer


def _see(address: str) -> HttpResponse:
    answer = HttpResponse(status=HTTPStatus.SEE_OTHER)
    answer["Location"] = address
    answer["Cache-Control"] = "no-store"
    # Else the site that is led to would be told the link.
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _say(words: str, *, leads: str = "") -> HttpResponse:
    page = render_to_string("capture/asset_gone.html", {"words": words, "leads": leads})
    answer = HttpResponse(page, status=HTTPStatus.GONE)
    answer["Cache-Control"] = "no-store"
    return answer

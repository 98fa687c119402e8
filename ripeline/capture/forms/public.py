"""The pages of a form for those who fill it in: no session, no cookie of ours, nothing of the house around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from ripeline.capture.browsers import address_of, facts_of, visitor_of, without_session
from ripeline.capture.forms import proof
from ripeline.capture.forms.arriving import (
    LARGEST_BODY,
    MOST_NAMES,
    OURS,
    Arrived,
    forgive,
    hidden_values,
    is_background,
    may_send,
    queried,
    read_request,
    read_sent,
)
from ripeline.capture.forms.asking import fields_to_ask
from ripeline.capture.forms.confirming import confirm, sent_before, waiting_for
from ripeline.capture.forms.counting import count_page
from ripeline.capture.forms.definition import Definition, Question
from ripeline.capture.forms.languages import FIRST, pick_language, sentence
from ripeline.capture.forms.models import Confirmation, Form, FormCount, FormVersion
from ripeline.capture.forms.returning import may_lead_to, origin_of
from ripeline.capture.forms.showing import Sheet, draw, with_links
from ripeline.capture.forms.spam import HONEYPOT, WINDOW, rate_of
from ripeline.capture.forms.submitting import Kept, keep
from ripeline.capture.forms.tokens import Page, read_page, sign_page
from ripeline.capture.library.links import after_form, link_path, read_asset_link
from ripeline.capture.library.models import Asset
from ripeline.capture.page_addresses import kept_address
from ripeline.capture.verdicts.force import rules_in_force
from ripeline.capture.verdicts.judging import judge
from ripeline.kit.numbers import read_number
from ripeline.people.models import Consent

CARRIED = ("page", "referrer", "visitor", "asset")
"""What the page that shows a form in a frame tells it by its address."""
EMBED: Path = settings.BASE_DIR / "web" / "static" / "capture" / "embed.js"
CLOSED, TOO_MANY = HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@without_session
def form_public(request: HttpRequest, key: str) -> HttpResponse:
    """Shows a form, and takes in what is sent."""
    form, version = _find(key)
    definition = Definition.model_validate(version.definition)
    if request.method == "POST":
        return _with_origin(request, form, _take(request, form, version, definition))
    language = _language(request, definition)
    if not form.is_open:
        return _say(request, form, definition, language, "closed", status=CLOSED)
    told = queried(request, CARRIED)
    visitor = visitor_of(request, told["visitor"])
    asked = fields_to_ask(definition, visitor)
    hidden = hidden_values(
        definition, told["page"] or kept_address(request.build_absolute_uri()), told["referrer"], language
    )
    sheet = draw(definition, language, asked, hidden=hidden)
    return _show(request, form, version, sheet, told=told, asked=asked)


@login_not_required
@require_safe
@without_session
def form_thanks(request: HttpRequest, key: str) -> HttpResponse:
    """What is said when a form was sent."""
    form, version = _find(key)
    definition = Definition.model_validate(version.definition)
    language = _language(request, definition)
    return _say(request, form, definition, language, "thanks", waits="wait" in request.GET)


@login_not_required
@csrf_exempt
@require_http_methods(["POST"])
@without_session
def form_beat(request: HttpRequest, key: str) -> HttpResponse:
    """Hears from the browser's script that a page was viewed or begun."""
    form, _ = _find(key)
    if _size(request) > LARGEST_BODY:
        return HttpResponse(status=413)
    what = request.POST.get("what", "")
    page = read_page(request.POST.get(f"{OURS}token", ""), form.key)
    now = timezone.now()
    if page is None or page.is_old(now) or what not in (FormCount.What.VIEWED, FormCount.What.STARTED):
        return HttpResponse(status=400)
    actor = str(judge(facts_of(request), rules_in_force()).actor)
    count_page(form, page.nonce, FormCount.What(what), actor, now=now)
    return HttpResponse(status=204)


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@without_session
def form_confirm(request: HttpRequest, key: str) -> HttpResponse:
    """The page behind a link in a mail: it shows what was asked. Only its button confirms, and only what is ticked on
    it: programs that look through mails open links, and press nothing."""
    link = Confirmation.objects.select_related("contact__merged_into", "form").filter(key=key).first()
    if link is None:
        # Whoever comes from a mail is no colleague: they are told what may help them, on a page as of a form.
        title, words = sentence("confirm_title", FIRST), sentence("confirm_old", FIRST)
        sheet = draw(Definition(languages=(FIRST,), title={FIRST: title}), FIRST, ())
        none = Form()
        context: dict[str, Any] = {"form": none, "sheet": sheet, "title": title, "lead": words}
        page = render_to_string("capture/form_confirm.html", context)
        return _closed_to_others(_answer(none, page, HTTPStatus.NOT_FOUND))
    now, language = timezone.now(), link.language or FIRST
    has_confirmed = request.method == "POST" and confirm(link, request.POST.getlist("asked"), now=now)
    # Where nothing was ticked, or the page was of earlier, it is shown again.
    asked: Sequence[Consent] = () if has_confirmed else waiting_for(link, now=now)
    is_done = has_confirmed or (not asked and link.confirmed_at is not None)
    state = "confirmed" if is_done else "confirm" if asked else "confirm_old"
    context = {
        "form": link.form,
        "sheet": draw(Definition(languages=(language,)), language, ()),
        "title": sentence("confirm_title" if state == "confirm_old" else f"{state}_title", language),
        "lead": sentence("confirm_old" if state == "confirm_old" else f"{state}_lead", language),
        "asked": [(each.pk, with_links(each.wording.text)) for each in asked if each.wording],
        "button": sentence("confirm_button", language) if asked else "",
        "ways": _opened_by(link, language) if is_done else (),
    }
    status = CLOSED if state == "confirm_old" else 200
    return _closed_to_others(
        _answer(link.form, render_to_string("capture/form_confirm.html", context), status)
    )


def _closed_to_others(answer: HttpResponse) -> HttpResponse:
    """No other site is told the address of the page, and nobody keeps it."""
    answer["Referrer-Policy"], answer["Cache-Control"] = "no-referrer", "no-store"
    return answer


def _opened_by(link: Confirmation, language: str) -> list[tuple[str, str]]:
    """The assets for which the forms were sent that a link confirms: the address of each, and what is said of it."""
    found: dict[str, tuple[str, str]] = {}
    for row in sent_before(link):
        definition = Definition.model_validate(row.version.definition) if row.version else Definition()
        leads = definition.redirect if may_lead_to(definition.redirect, row.form.origins) else ""
        token = after_form(str(row.facts.get("asset") or ""), leads, row, now=timezone.now())
        opened = read_asset_link(token)
        asset = Asset.objects.filter(key=opened.asset).first() if opened else None
        if asset:
            found.setdefault(asset.key, (link_path(token), sentence("open_it", language, asset.title)))
    return list(found.values())


@login_not_required
@require_safe
@without_session
def form_script(request: HttpRequest, key: str) -> HttpResponse:  # noqa: ARG001
    """The script that puts a form into a page: the same for each, it reads from its own address whose it is."""
    answer = HttpResponse(_embedding(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=3600"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@cache
def _embedding() -> bytes:
    return EMBED.read_bytes()


def _find(key: str) -> tuple[Form, FormVersion]:
    form = Form.objects.select_related("version").filter(key=key).first()
    if form is None or form.version is None:
        raise Http404("There is no such form.")
    return form, form.version


def _take(request: HttpRequest, form: Form, version: FormVersion, definition: Definition) -> HttpResponse:
    """Takes in what is sent, or says what is wrong with it, with all that was typed."""
    if _size(request) > LARGEST_BODY or len(request.POST) > MOST_NAMES:
        return HttpResponse(
            "This is more than a form takes; nothing of it was kept.\n", status=413, content_type="text/plain"
        )
    page = read_page(request.POST.get(f"{OURS}token", ""), form.key)
    if not may_send(request, form, page):
        words = "Pages of this site may not send to this form. Its owner can let them in.\n"
        return HttpResponse(words, status=403, content_type="text/plain")
    now, arrived = timezone.now(), read_request(request, form, definition)
    if not form.is_open:
        return _say(request, form, definition, arrived.language, "closed", status=CLOSED)
    rate = rate_of(form, address_of(request), now=now)
    if rate == "refuse":
        again = _again(request, form, version, definition, arrived, page, wrong="too_many", status=TOO_MANY)
        again["Retry-After"] = str(int(WINDOW.total_seconds()))
        return again
    if page is not None and page.version != version.number:
        # What was asked counts as it was read, though the form was changed meanwhile.
        version = FormVersion.objects.get(form=form, number=page.version)
        definition = Definition.model_validate(version.definition)
    if page is not None and page.is_old(now):
        return _again(request, form, version, definition, arrived, page, wrong="too_old", status=422)
    # What comes without a page of ours has done no work: else whoever leaves the page out need not do any.
    has_proof = not definition.proof_of_work or (page is not None and _has_worked(request, page))
    read, sent = read_sent(request, form, definition, arrived, page, rate=rate, has_proof=has_proof, now=now)
    if page is None and (arrived.is_background or form.is_adopted):
        sent = forgive(definition, read, sent)
    elif read.mistakes:
        return _again(request, form, version, definition, arrived, page, mistakes=read.mistakes, status=422)
    return _done(request, form, definition, arrived, keep(form, version, sent, now=now))


def _has_worked(request: HttpRequest, page: Page) -> bool:
    return proof.is_done(request.POST.get(proof.NAME, ""), page.nonce)


def _done(
    request: HttpRequest, form: Form, definition: Definition, arrived: Arrived, kept: Kept
) -> HttpResponse:
    """Where somebody is led who has sent a form."""
    if arrived.is_background:
        return HttpResponse(status=204)
    is_framed = "embed" in request.GET
    leads = definition.redirect if may_lead_to(definition.redirect, form.origins) else ""
    # An asset that the form stands before is opened for who sent it.
    token = after_form(arrived.asset, leads, kept.submission, now=timezone.now())
    if leads and not token and not kept.waits and not is_framed:
        return _see(leads)
    said = (
        {"lang": arrived.language} | ({"wait": 1} if kept.waits else {}) | ({"embed": 1} if is_framed else {})
    )
    if token and not kept.waits:
        said |= {"to": token}
    return _see(f"{reverse('form_thanks', args=[form.key])}?{urlencode(said)}")


def _see(address: str) -> HttpResponse:
    answer = HttpResponseRedirect(address)
    answer.status_code = HTTPStatus.SEE_OTHER
    return answer


def _again(
    request: HttpRequest,
    form: Form,
    version: FormVersion,
    definition: Definition,
    arrived: Arrived,
    page: Page | None,
    *,
    status: int,
    wrong: str = "",
    mistakes: dict[str, Any] | None = None,
) -> HttpResponse:
    """The form once more, with what was typed and what is wrong."""
    if arrived.is_background:
        return JsonResponse({"wrong": wrong or "mistakes"}, status=status)
    names = page.asked if page else [each.name for each in definition.fields]
    asked = [each for each in definition.fields if each.name in names]
    sheet = draw(
        definition,
        arrived.language,
        asked,
        typed=arrived.posted,
        mistakes=mistakes,
        wrong=sentence(wrong, arrived.language) if wrong else "",
    )
    told = {name: getattr(arrived, name) for name in CARRIED}
    # What was kept of this page before is told from this by its words; one that is too old begins anew.
    token = request.POST.get(f"{OURS}token", "") if page and wrong != "too_old" else ""
    return _show(request, form, version, sheet, told=told, asked=asked, token=token, status=status)


def _show(
    request: HttpRequest,
    form: Form,
    version: FormVersion,
    sheet: Sheet,
    *,
    told: Mapping[str, str],
    asked: Sequence[Question],
    token: str = "",
    status: int = 200,
) -> HttpResponse:
    names = [each.name for each in asked]
    now = timezone.now()
    definition = Definition.model_validate(version.definition)
    context = {
        "form": form,
        "sheet": sheet,
        "token": token or sign_page(form.key, version.number, language=sheet.language, asked=names, now=now),
        "told": told,
        "honeypot": HONEYPOT,
        "is_framed": "embed" in request.GET,
        "challenge": proof.challenge(now=now) if definition.proof_of_work else "",
        "needs_address": any(each.type == "email" for each in asked),
    }
    page = render_to_string("capture/form_public.html", context)
    return _answer(form, page, status, definition, is_framed="embed" in request.GET)


def _say(
    request: HttpRequest,
    form: Form,
    definition: Definition,
    language: str,
    what: str,
    *,
    waits: bool = False,
    status: int = 200,
) -> HttpResponse:
    """A page of a sentence or two."""
    own = definition.say(definition.thanks, language) if what == "thanks" else ""
    leads = definition.redirect and may_lead_to(definition.redirect, form.origins)
    context = {
        "form": form,
        "sheet": draw(definition, language, ()),
        "said": own or sentence(what, language),
        "then": sentence("look_in_mail", language) if waits else "",
        "ways": _opened(request, language)
        or [(definition.redirect, sentence("continue", language))] * bool(leads)
        if what == "thanks"
        else (),
        "is_framed": "embed" in request.GET,
    }
    page = render_to_string("capture/form_said.html", context)
    return _answer(form, page, status, definition, is_framed="embed" in request.GET)


def _opened(request: HttpRequest, language: str) -> list[tuple[str, str]]:
    """The asset that was opened for who sent the form, where one was: its address, and what is said of it."""
    token = request.GET.get("to", "")
    link = read_asset_link(token)
    asset = Asset.objects.filter(key=link.asset).first() if link else None
    return [(link_path(token), sentence("open_it", language, asset.title))] if asset else []


def _answer(
    form: Form, page: str, status: int, definition: Definition | None = None, *, is_framed: bool = False
) -> HttpResponse:
    answer = HttpResponse(page, status=status)
    # Who goes back in their browser finds the page they sent, with its token: sent again, it counts once.
    answer["Cache-Control"] = "private, no-cache"
    # Landing pages of ours show forms in frames too.
    origins = " ".join([*(["'self'"] if is_framed else []), *form.origins])
    leads = origin_of(definition.redirect) if definition and definition.redirect else ""
    answer["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        f" worker-src 'self'; form-action 'self' {leads}; frame-ancestors {origins or chr(39) + 'none' + chr(39)};"
        " base-uri 'none'; object-src 'none'"
    ).replace(" ;", ";")
    if is_framed and not form.origins:
        answer["X-Frame-Options"] = "SAMEORIGIN"
    elif form.origins:
        # X-Frame-Options knows no list of sites; browsers that know the policy above go by that.
        answer.xframe_options_exempt = True
    return answer


def _with_origin(request: HttpRequest, form: Form, answer: HttpResponse) -> HttpResponse:
    """Lets a page of a site on the list read what its script was answered."""
    origin = request.headers.get("Origin", "").lower()
    if is_background(request) and origin in form.origins:
        answer["Access-Control-Allow-Origin"] = origin
        answer["Vary"] = "Origin"
    return answer


def _language(request: HttpRequest, definition: Definition) -> str:
    accepted = request.headers.get("Accept-Language", "")
    return pick_language(definition.languages, request.GET.get("lang", ""), accepted)


def _size(request: HttpRequest) -> int:
    return read_number(request.META.get("CONTENT_LENGTH") or "0", otherwise=LARGEST_BODY + 1)

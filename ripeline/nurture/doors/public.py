"""The page behind a mail's links: leaving by one press, and choosing. Without a session, a cookie or a script.

Only POST changes anything: programs that look through mails open every link. What a mail program posts for its reader
(RFC 8058) is answered without leading elsewhere, whatever page it comes from.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from ripeline.capture.forms.languages import pick_language
from ripeline.kit.numbers import read_number
from ripeline.nurture.doors.leaving import Choices, choices_of, choose, leave, topics_of
from ripeline.nurture.doors.links import links_for
from ripeline.nurture.doors.tokens import Door, read_token
from ripeline.nurture.doors.words import NAMES, sentences, topic_named
from ripeline.nurture.emails.people import data_of
from ripeline.nurture.emails.rendering import Lacking, render
from ripeline.nurture.emails.rendering import Sender as Named
from ripeline.nurture.rules.models import Preference
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.ours import our_settings

MOST = (1, 2, 3, 4, 6, 8)
"""A month, of which to choose."""
LONGEST_PAUSE = timedelta(days=2 * 366)
ONE_CLICK = "One-Click"
POLICY = (
    "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation"
)
"""A mail in a browser: pictures and links work, and nothing runs."""


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mail_leave(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what somebody gets; a press on a button, or a mail program's for them, changes it."""
    found = read_token(Door.LEAVE, token)
    if found is None:
        raise Http404("There is no such link.")
    delivery = _delivery(found.delivery)
    now = timezone.now()
    if request.method != "POST":
        return _page(request, delivery, now)
    agent = request.headers.get("User-Agent", "")[:200]
    if request.POST.get("List-Unsubscribe") == ONE_CLICK:
        if delivery is not None:
            leave(delivery, [delivery.purpose], way="one-click", agent=agent, now=now)
        return _plain(HttpResponse("Done.\n", content_type="text/plain"))
    return _pressed(request, delivery, agent, now)


@login_not_required
@require_safe
def mail_view(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001
    """A mail in a browser, as it was sent, with nothing in it that runs."""
    found = read_token(Door.VIEW, token)
    delivery = _delivery(found.delivery) if found else None
    if delivery is None:
        raise Http404("There is no such mail.")
    person = data_of([delivery.contact_id], timezone.now()).get(delivery.contact_id)
    ours = our_settings()
    made = person and render(
        delivery.version,
        person,
        links=links_for([delivery])[delivery.pk],
        sender=Named(ours.from_name or "Ripeline", ours.postal_address),
    )
    if not made or isinstance(made, Lacking):
        raise Http404("This mail cannot be shown any more.")
    answer = _plain(HttpResponse(made.html))
    answer["Content-Security-Policy"] = POLICY
    return answer


def _pressed(request: HttpRequest, delivery: Delivery | None, agent: str, now: datetime) -> HttpResponse:
    what = request.POST.get("do", "")
    if what not in ("leave", "leave_all", "keep"):
        return _plain(
            HttpResponse("This is nothing that can be chosen here.\n", status=HTTPStatus.BAD_REQUEST)
        )
    if delivery is None:
        return _page(request, None, now)
    if what == "keep":
        topics, shown = request.POST.getlist("topic"), request.POST.getlist("shown")
        # What they read is in the language in which the page was shown.
        read = pick_language(tuple(NAMES), request.POST.get("said_in", ""), "")
        words = sentences()[read]["wording"]
        said = _choices(request, now)
        choose(delivery, topics, shown, said, agent=agent, wording=words, language=read, now=now)
        return _page(request, delivery, now, "kept")
    purposes = [delivery.purpose] if what == "leave" else [each.purpose for each in topics_of(delivery, now)]
    leave(delivery, purposes, way="page", agent=agent, now=now)
    return _page(request, delivery, now, "left")


def _choices(request: HttpRequest, now: datetime) -> Choices:
    most, language = read_number(request.POST.get("most", "")), request.POST.get("language", "")
    opens = request.POST.get("opens", "")
    day = None
    try:
        day = parse_date(request.POST.get("pause", ""))
    except ValueError:
        day = None
    until = datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE)) if day else None
    return Choices(
        most if most in MOST else None,
        min(until, now + LONGEST_PAUSE) if until and until > now else None,
        language if language in NAMES else "",
        opens if opens in Preference.Opens else "",
    )


def _page(request: HttpRequest, delivery: Delivery | None, now: datetime, done: str = "") -> HttpResponse:
    language = _language(request, delivery)
    words = sentences()[language]
    context: dict[str, object] = {"words": words, "language": language, "done": words[done] if done else ""}
    if delivery is None or delivery.source_kind == Delivery.Source.TEST:
        return _answer("nurture/leave.html", context)
    contact = delivery.contact.merged_into or delivery.contact
    chosen, zone = choices_of(delivery.contact), ZoneInfo(settings.TIME_ZONE)
    topics = topics_of(delivery, now)
    opens = chosen.opens or Preference.Opens.NONE.value
    context |= {
        "lead": words["lead"].format(contact.email),
        "leave": words["leave"].format(topic_named(delivery.purpose, language)),
        "is_left": not any(each.is_on for each in topics if each.purpose == delivery.purpose),
        "topics": [(each, topic_named(each.purpose, language)) for each in topics],
        "most": [(number, number == chosen.most_a_month) for number in MOST],
        "pause": chosen.paused_until.astimezone(zone).date().isoformat() if chosen.paused_until else "",
        "today": now.astimezone(zone).date().isoformat(),
        "languages": [(code, name, code == language) for code, name in NAMES.items()],
        "opens": [(each, words[f"opens_{each}"], each == opens) for each in Preference.Opens.values],
    }
    return _answer("nurture/leave.html", context)


def _language(request: HttpRequest, delivery: Delivery | None) -> str:
    wanted = request.POST.get("language", "") or request.GET.get("lang", "")
    if not wanted and delivery is not None:
        contact = delivery.contact.merged_into or delivery.contact
        wanted = choices_of(delivery.contact).language or contact.language
    return pick_language(tuple(NAMES), wanted, request.headers.get("Accept-Language", ""))


def _delivery(pk: int) -> Delivery | None:
    rows = Delivery.objects.select_related("contact__merged_into", "version__email")
    return rows.filter(pk=pk).first()


def _answer(template: str, context: dict[str, object]) -> HttpResponse:
    return _plain(HttpResponse(render_to_string(template, context)))


def _plain(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"], answer["Referrer-Policy"] = "no-store", "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer

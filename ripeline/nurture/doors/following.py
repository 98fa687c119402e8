"""Where links in mails lead: to what their version says, and nowhere else; and the picture that tells of an open."""

from __future__ import annotations

import base64
import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ripeline.capture.browsers import facts_of
from ripeline.capture.collector.models import WriteKey
from ripeline.capture.tracker.links import MAIL, sign, with_token
from ripeline.nurture.doors.engaging import note_click, note_open
from ripeline.nurture.doors.leaving import choices_of
from ripeline.nurture.doors.tokens import Door, read_token
from ripeline.nurture.emails.people import data_of
from ripeline.nurture.emails.rendering import address_of
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import Identity

log = logging.getLogger(__name__)
PICTURE = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""One transparent dot."""


@login_not_required
@require_safe
def mail_link(request: HttpRequest, token: str) -> HttpResponse:
    """Leads to where a link of a mail leads. Who follows it is recognised on our own sites."""
    found = read_token(Door.LINK, token)
    delivery = _delivery(found.delivery) if found else None
    if found is None or delivery is None:
        raise Http404("There is no such link.")
    leads = _leads(delivery, found.link) if found.link is not None else ""
    if leads is None:
        raise Http404("There is no such link.")
    actor = _note(request, delivery, found.link, leads)
    if not leads:
        return HttpResponse(status=204)
    return _redirect(leads if actor == "machine" else _with_name(leads, delivery))


@login_not_required
@require_safe
def mail_open(request: HttpRequest, token: str) -> HttpResponse:
    """A picture of one dot; that it was asked for is noted as far as the reader allows by now."""
    found = read_token(Door.OPEN, token)
    delivery = _delivery(found.delivery) if found else None
    if delivery is not None and request.method == "GET" and delivery.source_kind != Delivery.Source.TEST:
        try:
            chosen = choices_of(delivery.contact).opens
            note_open(delivery, chosen, facts_of(request), now=timezone.now())
        except DatabaseError:
            log.exception("That delivery %s was opened cannot be written down.", delivery.pk)
    answer = HttpResponse(PICTURE, content_type="image/gif")
    answer["Cache-Control"] = "no-store"
    return answer


def _note(request: HttpRequest, delivery: Delivery, link: int | None, leads: str) -> str:
    if delivery.source_kind == Delivery.Source.TEST:
        # Whoever looks at it is not whom it was written for.
        return "machine"
    try:
        return str(note_click(delivery, link, leads, facts_of(request), now=timezone.now()).actor)
    except DatabaseError:
        # Whoever follows a link gets there, whatever we can write down.
        log.exception("That a link of delivery %s was followed cannot be written down.", delivery.pk)
        return "unknown"


def _leads(delivery: Delivery, link: int) -> str | None:
    """Where a link of its version leads for its reader; never what a request says."""
    links = delivery.version.links
    if not 0 <= link < len(links):
        return None
    person = data_of([delivery.contact_id], timezone.now())[delivery.contact_id] if "{" in links[link] else {}
    leads = address_of(delivery.version, link, person)
    is_page = leads is not None and leads.lower().startswith(("http://", "https://"))
    return leads if is_page and not _has_controls(leads) else None


def _has_controls(leads: str | None) -> bool:
    return any(each <= " " or each == "\x7f" for each in leads or "")


def _with_name(leads: str, delivery: Delivery) -> str:
    """The address with what says who follows it, where it is a page of ours; it means something for as long after the
    mail as such links do."""
    if not _is_ours(leads):
        return leads
    sent_to = Identity.objects.filter(kind=Identity.Kind.EMAIL, value=delivery.address.lower()).first()
    return with_token(
        leads, sign(delivery.contact, MAIL, delivery.handed_at or timezone.now(), sent_to=sent_to)
    )


def _is_ours(leads: str) -> bool:
    parts = urlsplit(leads)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    keys = WriteKey.objects.filter(purpose=WriteKey.Purpose.WEBSITE, is_active=True)
    sites = {str(each).lower() for origins in keys.values_list("origins", flat=True) for each in origins}
    return origin in sites | {settings.CONFIG.base_url.lower()}


def _redirect(leads: str) -> HttpResponse:
    answer = HttpResponse(status=302)
    answer["Location"] = leads
    # Else the site that is led to would be told the link.
    answer["Cache-Control"], answer["Referrer-Policy"] = "no-store", "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _delivery(pk: int) -> Delivery | None:
    rows = Delivery.objects.select_related("contact__merged_into", "version__email")
    return rows.filter(pk=pk).first()

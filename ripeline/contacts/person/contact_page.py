"""The page of one contact: where they stand, why, what is missing, and the journey; now or as of any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf.locale import LANG_INFO
from django.db.models import Exists, OuterRef
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ripeline.contacts.lists.trail import read_neighbours, read_trail
from ripeline.contacts.person import consent_slips
from ripeline.contacts.person.consent_forms import ConsentForm
from ripeline.contacts.person.definitions import say_dropped, second_opinion
from ripeline.contacts.person.journey import GROUPS, Stretch, read_journey
from ripeline.contacts.person.ladder import climb, latest_move, life_line
from ripeline.contacts.person.move_forms import AnswerForm, LogForm, MoveForm
from ripeline.contacts.person.picture import Outdated, Picture, read_outdated, take_picture
from ripeline.contacts.person.reasons import read_answers, reason_fit, reason_score
from ripeline.contacts.person.telling import Told, say_value, tell
from ripeline.contacts.person.verdicts import missing_above, reason_persona, reason_rating, touches_behind
from ripeline.contacts.person.whereabouts import clock, country_name
from ripeline.kit.instants import to_datetime
from ripeline.lifecycle.outcome import Transition as Moved
from ripeline.nurture.segments.saying import titles_of
from ripeline.nurture.segments.why import memberships
from ripeline.people.consent import standpoints
from ripeline.people.models import Contact, Identity, User
from ripeline.people.permissions import may_change, reader_of
from ripeline.timeline.asof import AsOf, read_as_of
from ripeline.timeline.changes import PERSONAL, column_traits
from ripeline.timeline.identities.merging import merges_of
from ripeline.timeline.withdraw import slips_among

# An id has fewer digits: more fit no column.
LONGEST_ID = 19
# The kinds of thing a contact is recognised by, as links.
_SCHEMES = {Identity.Kind.EMAIL: "mailto:", Identity.Kind.PHONE: "tel:"}


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of the page; one that came back with a mistake is shown open, with what was typed."""

    move: MoveForm | None = None
    answer: AnswerForm | None = None
    log: LogForm | None = None
    consent: ConsentForm | None = None


@require_safe
def contact_page(request: HttpRequest, key: str) -> HttpResponse:
    """Shows a contact; to htmx, asking for more of the journey, only that. A key that is not, or no longer, their own
    leads to them."""
    contact = find_contact(key)
    if contact.key != key:
        query = request.GET.urlencode()
        return redirect(reverse("contact", args=[contact.key]) + (f"?{query}" if query else ""))
    if getattr(request, "htmx", None) and request.headers.get("HX-Target") == "journey-more":
        return _show_more(request, contact)
    return show_contact(request, contact, Forms())


def show_contact(request: HttpRequest, contact: Contact, forms: Forms) -> HttpResponse:
    """The whole page. With a form that has mistakes in it the answer is 422 and the page is about now."""
    now = timezone.now()
    wrong = [form for form in (forms.move, forms.answer, forms.log, forms.consent) if form is not None]
    as_of = AsOf(now) if wrong else _as_of(request, now)
    picture = take_picture(contact, as_of)
    journey = read_journey(picture, request.GET, timezone.get_current_timezone())
    outdated = read_outdated(picture)
    context = {
        **_who(contact, now),
        **_where(picture, now),
        **_why(picture, outdated),
        "outdated": outdated,
        "second": second_opinion(picture),
        **_allowed(request, picture, now),
        "segments": memberships(contact, titles_of(picture.playbook)) if picture.as_of.is_now else (),
        **_journey(request, picture, journey),
        **_what_to_do(request, picture, forms),
        **_way(request, picture, now),
    }
    return render(request, "contacts/contact.html", context, status=422 if wrong else 200)


def find_contact(key: str) -> Contact:
    """The contact that this key (or, where it is nobody's key, this id) leads to, as they live on, with company and
    owner. Raises Http404."""
    rows = Contact.objects.select_related("company", "owner")
    # Asked with it, since most are one with nobody.
    rows = rows.annotate(is_merged=Exists(Contact.objects.filter(merged_into=OuterRef("pk"))))
    found = rows.filter(key=key).first()
    if found is None and key.isascii() and key.isdigit() and len(key) < LONGEST_ID:
        found = rows.filter(pk=int(key)).first()
    if found is None:
        raise Http404("There is no such contact.")
    return rows.get(pk=found.merged_into_id) if found.merged_into_id else found


def way_back(request: HttpRequest, contact: Contact) -> str:
    """The address of a contact's page, with the list they were found in where the address asked has one."""
    page, carried = reverse("contact", args=[contact.key]), _carried(request)
    return f"{page}?{carried}" if carried else page


def _show_more(request: HttpRequest, contact: Contact) -> HttpResponse:
    picture = take_picture(contact, _as_of(request, timezone.now()))
    journey = read_journey(picture, request.GET, timezone.get_current_timezone())
    context = {
        "contact": contact,
        "playbook": picture.playbook,
        **_journey(request, picture, journey),
    }
    return render(request, "contacts/contact_days.html", context)


def _as_of(request: HttpRequest, now: datetime) -> AsOf:
    return read_as_of(request.GET, now=now, zone=timezone.get_current_timezone())


def _way(request: HttpRequest, picture: Picture, now: datetime) -> dict[str, object]:
    """The list they were found in, and who stands before and after them there."""
    trail = read_trail(request.GET, reader_of(request), picture.playbook, now=now)
    return {"trail": trail, "neighbours": read_neighbours(trail) if trail else None}


def _carried(request: HttpRequest) -> str:
    """What of the address every link of the page takes along: the list they were found in."""
    kept = {name: request.GET[name] for name in ("list", "place") if request.GET.get(name)}
    return urlencode(kept) if "place" in kept else ""


def _who(contact: Contact, now: datetime) -> dict[str, object]:
    identities = contact.identities.order_by("-is_primary", "pk")
    shown = column_traits(contact)
    return {
        "contact": contact,
        "ways": [
            (each.kind, each.value, _SCHEMES[Identity.Kind(each.kind)] + each.value.replace(" ", ""))
            for each in identities
            if each.kind in _SCHEMES
        ],
        "keys": [each.value for each in identities if each.kind == Identity.Kind.EXTERNAL],
        "country": country_name(contact.country),
        "clock": clock(contact.time_zone, contact.country, now),
        "merges": merges_of(contact) if getattr(contact, "is_merged", False) else (),
        "language": str(LANG_INFO.get(contact.language, {}).get("name", contact.language)),
        "traits": [
            (name.replace("_", " "), say_value(value))
            for name, value in sorted(contact.traits.items())
            if name not in PERSONAL and value != shown.get(name)
        ],
    }


def _where(picture: Picture, now: datetime) -> dict[str, object]:
    standing = picture.standing
    begin, whole = picture.born, (now - picture.born).total_seconds() or 1.0
    return {
        "picture": picture,
        "playbook": picture.playbook,
        "as_of": picture.as_of,
        "standing": standing,
        "entered_at": to_datetime(standing.entered_at) if standing else None,
        "heard_at": to_datetime(standing.last_inbound_at)
        if standing and standing.last_inbound_at is not None
        else None,
        "rungs": climb(picture),
        "life": life_line(picture, now),
        "life_days": max(1, (timezone.localtime(now).date() - timezone.localtime(begin).date()).days),
        "life_day": (timezone.localtime(picture.as_of.at).date() - timezone.localtime(begin).date()).days,
        "life_share": max(0.0, min(100.0, 100 * (picture.as_of.at - begin).total_seconds() / whole)),
        "born": begin,
    }


def _why(picture: Picture, outdated: Sequence[Outdated]) -> dict[str, object]:
    standing = picture.standing
    if standing is None:
        return {"answers": read_answers(picture)}
    move = latest_move(picture)
    return {
        "score_reason": reason_score(picture, standing),
        "fit_reason": reason_fit(picture.playbook, standing),
        "persona_reason": reason_persona(picture, standing),
        "rating_reason": reason_rating(picture, standing),
        "stage_reason": picture.say(move) if move else "",
        "is_by_definition": move is not None and picture.cause_of(move) is not None,
        "stage_dropped": say_dropped(picture, outdated),
        "stage_touches": _behind(picture, move) if move else [],
        "answers": read_answers(picture),
        "missing": missing_above(picture, standing),
    }


def _behind(picture: Picture, move: Moved) -> list[Told]:
    rows = [picture.rows[uid] for uid in touches_behind(move) if uid in picture.rows]
    return [tell(row, picture.playbook) for row in rows]


def _allowed(request: HttpRequest, picture: Picture, now: datetime) -> dict[str, object]:
    points, user = standpoints(picture.contact, picture.as_of.at), reader_of(request)
    may_undo = picture.as_of.is_now and may_change(user, picture.contact)
    slips = consent_slips.slips_among(points, by=user, now=now) if may_undo else frozenset()
    return {"consents": points, "consent_slips": slips}


def _journey(request: HttpRequest, picture: Picture, journey: Stretch) -> dict[str, object]:
    carried, user = _carried(request), reader_of(request)
    may_undo = picture.as_of.is_now and may_change(user, picture.contact)
    return {
        "slips": slips_among(picture.touches, by=user, now=timezone.now()) if may_undo else frozenset(),
        "journey": journey,
        "groups": [("", "Everything"), *((key, title) for key, (title, _) in GROUPS.items())],
        "links": _links(picture, journey, carried),
        "carried": carried,
        "as_of": picture.as_of,
    }


def _links(picture: Picture, journey: Stretch, carried: str) -> Mapping[str, str]:
    """From a touch's uid to its place in the journey, on this page or on the one that shows it."""
    page = reverse("contact", args=[picture.contact.key])
    start = f"{page}?" + "".join(f"{part}&" for part in (picture.as_of.query, carried) if part)
    return {
        row.uid: f"#touch-{row.pk}" if row.pk in journey.shown else f"{start}touch={row.pk}#touch-{row.pk}"
        for row in picture.touches
    }


def _what_to_do(request: HttpRequest, picture: Picture, forms: Forms) -> dict[str, object]:
    user, standing = request.user, picture.standing
    allowed = isinstance(user, User) and may_change(user, picture.contact)
    if not allowed or not picture.as_of.is_now:
        return {"may_change": allowed, "may_move": False}
    move = forms.move or MoveForm(
        playbook=picture.playbook,
        stage=standing.stage if standing else "",
        status=standing.status if standing else "active",
    )
    shown: dict[str, Form] = {
        "move_form": move,
        "answer_form": forms.answer or AnswerForm(playbook=picture.playbook),
        "log_form": forms.log or LogForm(),
        "consent_form": forms.consent or ConsentForm(),
    }
    context: dict[str, Any] = {"may_change": True, "may_move": True, **shown}
    return context

"""The page of one company: what is known, who works there and where they stand, and the talk with all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ripeline.contacts.person.edit import may_change_company
from ripeline.contacts.person.telling import Told, tell
from ripeline.contacts.person.whereabouts import country_name
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.touch import TWO_WAY
from ripeline.people.models import Company, Contact, User
from ripeline.timeline.definitions.active import active_playbook
from ripeline.timeline.heat import NO_HEAT, score_from
from ripeline.timeline.models import Standing, Touch

# A company with more people than this is read in the list of contacts; its page shows the warmest.
SHOWN = 200
TALKS = 50


@dataclass(frozen=True, slots=True)
class Colleague:
    """A contact at the company with their present standing; `talked_at` the last two-way touch."""

    contact: Contact
    standing: Standing | None
    score: float
    talked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Talk:
    """A two-way touch with whom it was."""

    contact: Contact
    told: Told


@require_safe
def company_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows a company."""
    company, now = get_object_or_404(Company, pk=pk), timezone.now()
    playbook = active_playbook()
    contacts = _contacts(company)
    talks = _talks(contacts, playbook)
    colleagues = _colleagues(contacts, talks, playbook, now)
    counts = Counter(each.standing.stage for each in colleagues if each.standing)
    user = request.user
    context = {
        "company": company,
        "country": country_name(company.country),
        "playbook": playbook,
        "colleagues": colleagues,
        "stages": [(stage, counts[stage.key]) for stage in playbook.stages],
        "talks": talks[:TALKS],
        "answered": [each for each in colleagues if each.talked_at],
        "shown": SHOWN,
        "is_cut": len(contacts) == SHOWN,
        "limit": playbook.score.max or 100,
        "may_change": isinstance(user, User) and may_change_company(user, company),
    }
    return render(request, "contacts/company.html", context)


def _contacts(company: Company) -> list[Contact]:
    rows = Contact.objects.filter(company=company).select_related("standing", "owner")
    return list(rows.order_by(F("standing__heat").desc(nulls_last=True), "name", "pk")[:SHOWN])


def _talks(contacts: list[Contact], playbook: Playbook) -> list[Talk]:
    by_id = {contact.pk: contact for contact in contacts}
    rows = Touch.objects.filter(contact_id__in=by_id, kind__in=TWO_WAY).order_by("-at", "-uid")[:2000]
    return [Talk(by_id[row.contact_id], tell(row, playbook)) for row in rows if row.contact_id]


def _colleagues(
    contacts: list[Contact], talks: list[Talk], playbook: Playbook, now: datetime
) -> list[Colleague]:
    latest: dict[int, datetime] = {}
    for talk in talks:
        latest.setdefault(talk.contact.pk, talk.told.touch.at)
    return [
        Colleague(contact, standing, _score(standing, playbook, now), latest.get(contact.pk))
        for contact in contacts
        for standing in (getattr(contact, "standing", None),)
    ]


def _score(standing: Standing | None, playbook: Playbook, now: datetime) -> float:
    heat = standing.heat if standing else NO_HEAT
    rules = playbook.score
    return score_from(heat, day_of(to_instant(now)), half_life=rules.half_life, limit=rules.max)

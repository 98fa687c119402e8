"""What a line of the contacts list shows: one query for the whole page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.urls import reverse

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Contact, User
from ripeline.people.permissions import WHOLE_TEAM
from ripeline.timeline.heat import score_from


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as the list shows it. `score` is that of today; `stage` is None until the first assessment.
    `is_changeable` says whether the reader may change them."""

    id: int
    key: str
    url: str
    name: str
    title: str
    email: str
    phone: str
    country: str
    source: str
    tags: tuple[str, ...]
    company: str | None
    company_url: str
    owner_id: int | None
    owner: str | None
    stage: str | None
    rating: str | None
    grade: str | None
    persona: str | None
    status: str
    score: float
    heard: datetime | None
    entered: datetime | None
    created: datetime
    is_changeable: bool

    def __getitem__(self, name: str) -> object:
        """The field called `name`: templates ask this way first, and a miss costs them more than the answer."""
        return getattr(self, name)


FIELDS = (
    *("pk", "key", "name", "title", "email", "phone", "country", "source", "tags", "created_at"),
    *("company_id", "company__name", "owner_id", "owner__name", "owner__email"),
    *("standing__stage", "standing__rating", "standing__grade", "standing__persona", "standing__status"),
    *("standing__heat", "standing__last_inbound_at", "standing__entered_at"),
)


def read_rows(
    ids: Sequence[int],
    playbook: Playbook,
    reader: User,
    *,
    now: datetime,
    trails: Mapping[int, str] | None = None,
) -> list[ContactRow]:
    """The contacts with these ids, in that order; those deleted meanwhile are left out. `trails` holds, by id, what
    the address of each carries along."""
    found = {
        values[0]: values
        for values in Contact.objects.filter(pk__in=ids).order_by().values_list(*FIELDS).iterator()
    }
    day, links = day_of(to_instant(now)), _links(trails or {})
    return [_row(found[each], playbook, reader, day=day, links=links) for each in ids if each in found]


def _row(values: tuple[Any, ...], playbook: Playbook, reader: User, *, day: int, links: _Links) -> ContactRow:
    (pk, key, name, title, email, phone, country, source, tags, created, company_id, company, owner_id, owner,
     owner_email, stage, rating, grade, persona, status, heat, heard, entered) = values  # fmt: skip
    return ContactRow(
        id=pk,
        key=key,
        url=links.contact + quote(key, safe="") + (f"?{trail}" if (trail := links.trails.get(pk)) else ""),
        name=str(name or email or phone or "Nameless"),
        title=title,
        email=email,
        phone=phone,
        country=country,
        source=source,
        tags=tuple(tags),
        company=company,
        company_url=f"{links.company}{company_id}" if company_id else "",
        owner_id=owner_id,
        owner=owner or owner_email,
        stage=stage or None,
        rating=rating,
        grade=grade,
        persona=persona,
        status=status or "active",
        score=score_from(heat, day, half_life=playbook.score.half_life, limit=playbook.score.max),
        heard=heard,
        entered=entered,
        created=created,
        is_changeable=reader.role in WHOLE_TEAM or owner_id in (None, reader.pk),
    )


@dataclass(frozen=True, slots=True)
class _Links:
    contact: str
    company: str
    trails: Mapping[int, str]


def _links(trails: Mapping[int, str]) -> _Links:
    """Where these pages' addresses begin: asking Django for each of a page's hundred costs more than the query."""
    return _Links(
        reverse("contact", args=["-"]).removesuffix("-"),
        reverse("company", args=[0]).removesuffix("0"),
        trails,
    )

"""What a line of the contacts list shows: one query for the whole page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from django.urls import reverse

from ripeline.kit.instants import to_instant
from ripeline.kit.sql import Sql, moment, one_of
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import User
from ripeline.people.permissions import WHOLE_TEAM
from ripeline.timeline.heat import score_from


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as the list shows it. `score` is that of today; `stage` is None until the first assessment.
    `is_changeable` says whether the reader may change them, `trouble` what keeps their past from being told."""

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
    trouble: str = ""

    def __getitem__(self, name: str) -> object:
        """The field called `name`: templates ask this way first, and a miss costs them more than the answer."""
        return getattr(self, name)


# In our own words: Django would spend longer on putting this together than the database on answering it.
ROWS = (
    "SELECT c.id, c.key, c.name, c.title, c.email, c.phone, c.country, c.source, c.tags, c.created_at,"
    " c.company_id, o.name, c.owner_id, u.name, u.email,"
    " s.stage, s.rating, s.grade, s.persona, s.status, s.heat, s.last_inbound_at, s.entered_at"
    " FROM ripeline_contact c LEFT JOIN ripeline_company o ON o.id = c.company_id"
    " LEFT JOIN ripeline_user u ON u.id = c.owner_id LEFT JOIN ripeline_standing s ON s.contact_id = c.id WHERE "
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
    these = one_of("c.id", ids)
    found = {values[0]: values for values in Sql(ROWS + these.text, these.params).rows()} if ids else {}
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
        tags=tuple(json.loads(tags)),
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
        heard=moment(heard),
        entered=moment(entered),
        created=cast(datetime, moment(created)),
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

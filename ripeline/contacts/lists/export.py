"""The list as a file: every column, in the order in which people came in, read and sent a page at a time.

Not in the order of the list: that moves while the file is sent, and who moved along it would be in it twice or never.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ripeline.contacts.lists.asking import read_request, want
from ripeline.contacts.lists.filters import MINE, Filters, read_conditions
from ripeline.contacts.lists.listing import read_page
from ripeline.contacts.lists.rows import ContactRow, read_rows
from ripeline.contacts.lists.wanted import Wanted
from ripeline.kit.spreadsheets import safe_cell
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import User
from ripeline.people.permissions import may_export_all, reader_of
from ripeline.timeline.definitions.active import active_playbook

PAGE = 1_000
HEADS = (
    *(
        "name",
        "email",
        "phone",
        "title",
        "company",
        "country",
        "stage",
        "rating",
        "grade",
        "score",
        "persona",
    ),
    *("status", "owner", "source", "tags", "last_heard_at", "in_stage_since", "created_at", "key"),
)


@require_safe
def contacts_export(request: HttpRequest) -> StreamingHttpResponse | HttpResponse:
    """The filtered list as CSV. A salesperson gets their own contacts of it."""
    now, user, playbook = timezone.now(), reader_of(request), active_playbook()
    asked = read_request(request.GET, user, playbook, now=now)
    if not asked.as_of.is_now:
        messages.error(request, "The list of a past date cannot be exported. Go back to now first.")
        return redirect(f"{reverse('contacts')}?{asked.query}")
    wanted = replace(want(asked.filters, user, playbook, now=now, sort="id"), size=PAGE)
    if not may_export_all(user):
        own = read_conditions(Filters(owner=(MINE,)), user)
        wanted = replace(wanted, conditions=(*wanted.conditions, *own))
    content = _parts(wanted, playbook, user, now)
    name = f"contacts-{timezone.localdate(now):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


class _Line:
    """A file of one line: what the csv module writes to."""

    def write(self, text: str) -> str:
        return text


def _parts(wanted: Wanted, playbook: Playbook, user: User, now: datetime) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark tells a spreadsheet that this is UTF-8.
    yield "\ufeff" + writer.writerow(HEADS)
    while True:
        found = read_page(wanted)
        rows = read_rows([place.id for place in found.places], playbook, user, now=now)
        yield "".join(writer.writerow(_cells(row)) for row in rows)
        if not found.is_more:
            return
        wanted = replace(wanted, after=found.places[-1])


def _cells(row: ContactRow) -> list[str]:
    texts = (row.name, row.email, row.phone, row.title, row.company or "", row.country, row.stage or "")
    more = (row.persona or "", row.status, row.owner or "", row.source, ", ".join(row.tags))
    return [
        *map(safe_cell, (*texts, row.rating or "", row.grade or "")),
        f"{row.score:.1f}",
        *map(safe_cell, more),
        *(
            moment.isoformat(timespec="seconds") if moment else ""
            for moment in (row.heard, row.entered, row.created)
        ),
        safe_cell(row.key),
    ]

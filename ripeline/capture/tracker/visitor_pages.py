"""Who is on the website now, and where its visitors come from."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ripeline.capture.collector.models import WriteKey
from ripeline.capture.tracker.present import SHOWN, read_present
from ripeline.capture.tracker.sources import TITLES, WAYS, Report, read_sources
from ripeline.kit.spreadsheets import safe_cell
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.definitions.active import NoPlaybook, active_playbook

DAYS = (7, 30, 90, 365)
CHARTED = 8


@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """Who did something on the website in the last five minutes; asked again every ten seconds."""
    present = read_present(timezone.now())
    people = [each for each in present if each.actor != "machine"]
    context = {
        "people": people,
        "machines": [each for each in present if each.actor == "machine"],
        "is_full": len(present) == SHOWN,
        "has_key": bool(people) or WriteKey.objects.filter(is_active=True).exists(),
        "playbook": _playbook(),
        "titles": TITLES,
    }
    return render(request, "capture/now.html", context)


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Visitors by source, medium or campaign, and what became of them."""
    days, way = _asked(request)
    playbook = _playbook()
    if playbook is None:
        return render(request, "capture/no_playbook.html", status=503)
    start, end = _period(days)
    report = read_sources(playbook, way, start, end)
    context = {
        "report": report,
        "stages": playbook.stages[1:],
        "playbook": playbook,
        "days": days,
        "way": way,
        "ways": WAYS.items(),
        "choices": DAYS,
        "start": start,
        "chart": chart_of(report, way) if report.total.human else None,
    }
    return render(request, "capture/sources.html", context)


@require_safe
def sources_file(request: HttpRequest) -> HttpResponse:
    """The same as a file for a spreadsheet."""
    days, way = _asked(request)
    playbook = _playbook()
    if playbook is None:
        return render(request, "capture/no_playbook.html", status=503)
    start, end = _period(days)
    text = StringIO()
    writer = csv.writer(text)
    stages = playbook.stages[1:]
    heads = (WAYS[way], "Of", "Human", "Unknown", "Machine", "Known people")
    writer.writerow([*heads, *(safe_cell(stage.title) for stage in stages)])
    for row in read_sources(playbook, way, start, end).rows:
        counted = (
            row.human,
            row.unknown,
            row.machine,
            row.people,
            *(row.reached[stage.key] for stage in stages),
        )
        writer.writerow([safe_cell(row.title), safe_cell(row.name), *counted])
    name = f"sources-{way}-{timezone.localdate(end):%Y-%m-%d}-{days}-days.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def chart_of(report: Report, way: str) -> dict[str, Any]:
    """The largest of the report, people first."""
    people = [row for row in report.rows if row.human]
    rows = people[:CHARTED]
    beside = f": the first {CHARTED} of {len(people)}" if len(people) > CHARTED else ""
    return {
        "kind": "hbar",
        "title": f"People who came{beside}",
        "x_title": WAYS[way],
        "x": [f"{row.title}: {row.name}" if row.name else row.title for row in rows],
        "series": [{"name": "Visitors", "data": [row.human for row in rows]}],
        "height": 60 + 28 * len(rows),
    }


def _asked(request: HttpRequest) -> tuple[int, str]:
    days, way = request.GET.get("days", ""), request.GET.get("by", "")
    return int(days) if days in map(str, DAYS) else DAYS[1], way if way in WAYS else "source"


def _period(days: int) -> tuple[datetime, datetime]:
    """The last so many whole days, in the reader's zone, and today."""
    end = timezone.localtime()
    today = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1), end


def _playbook() -> Playbook | None:
    try:
        return active_playbook()
    except NoPlaybook:
        return None

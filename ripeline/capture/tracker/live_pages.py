"""What arrives, as it arrives: each event with what became of it, and what was turned away at the door."""

from __future__ import annotations

import json
import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ripeline.capture.collector.models import Arrival, WriteKey
from ripeline.capture.tracker.arrivals import (
    LOOKED_AT,
    SHOWN,
    Asked,
    latest_arrived,
    read_arrived,
    read_event,
)
from ripeline.capture.tracker.doors import for_team
from ripeline.capture.tracker.links import PARAMETER
from ripeline.capture.verdicts.models import EngagementVerdict

OUTCOMES = {
    "waiting": "Waiting for the worker",
    "recorded": "Recorded",
    "dropped": "Dropped",
    "failed": "Failed",
    "refused": "Turned away",
}
LONGEST_NUMBER = 18
_TOKEN = re.compile(rf"([?&]{PARAMETER}=)[\w.:~%-]+")


@require_safe
@for_team
def live(request: HttpRequest) -> HttpResponse:
    """The latest that arrived; asked again every two seconds, unless it is held."""
    said = request.GET
    outcome = said.get("outcome", "")
    number = said.get("key", "")
    is_number = number.isdecimal() and len(number) <= LONGEST_NUMBER
    asked = Asked(int(number) if is_number else None, outcome if outcome in OUTCOMES else "")
    context = {
        "arrived": latest_arrived(asked),
        "asked": asked,
        "keys": WriteKey.objects.order_by("-is_active", "name", "pk"),
        "outcomes": OUTCOMES.items(),
        "is_held": said.get("hold") == "yes",
        "shown": SHOWN,
        "looked_at": LOOKED_AT,
    }
    return render(request, "capture/live.html", context)


@require_safe
@for_team
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: as it was sent, what was noticed of the request, and what became of it."""
    row = get_object_or_404(Arrival, pk=pk)
    [arrived] = read_arrived([row])
    facts = row.facts if isinstance(row.facts, dict) else {}
    judged = EngagementVerdict.objects.filter(touch_uid=row.touch_uid).first() if arrived.touch else None
    context = {
        "row": row,
        "arrived": arrived,
        "facts": facts,
        "signals": judged.signals if judged else [],
        "raw": _shown(row.event),
    }
    return render(request, "capture/event.html", context)


def _shown(text: str) -> str:
    """The event in lines. The token of a signed link is left out: whoever has it is taken for whom it was made for."""
    event = read_event(text)
    if not event:
        return text
    context = event.get("context")
    if isinstance(context, dict) and "link" in context:
        context["link"] = "(a signed link)"
    return _TOKEN.sub(r"\1(a signed link)", json.dumps(event, indent=2, ensure_ascii=False))

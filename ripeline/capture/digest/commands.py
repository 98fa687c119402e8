"""`ripeline arrivals`: what became of the events that came."""

from __future__ import annotations

import re
from collections import Counter

import click
from django.db.models import Count

from ripeline.capture.collector.models import Arrival
from ripeline.timeline.models import Touch

SHOWN = 10
_NUMBERS = re.compile(r"\d+")


@click.command("arrivals")
@click.option("--last", "last", default=SHOWN, show_default=True, help="How many of the latest are shown.")
def arrivals_command(last: int) -> None:
    """Show how many events wait, were recorded, dropped or failed, why, and the latest."""
    counts = dict(Arrival.objects.values_list("outcome").annotate(Count("pk")).order_by())
    for outcome in Arrival.Outcome:
        click.echo(f"{outcome.label:<9} {counts.get(str(outcome), 0):>10,}")
    for outcome in (Arrival.Outcome.DROPPED, Arrival.Outcome.FAILED):
        for reason, count in _reasons(outcome):
            click.echo(f"  {outcome.label.lower()}: {reason} ({count:,})")
    latest = list(Arrival.objects.order_by("-pk")[: max(0, last)])
    kinds = dict(
        Touch.objects.filter(uid__in=[each.touch_uid for each in latest if each.touch_uid]).values_list(
            "uid", "kind"
        )
    )
    for each in latest:
        what = kinds.get(each.touch_uid, "")
        said = " ".join(word for word in (each.get_outcome_display().lower(), what) if word)
        why = f": {each.reason}" if each.reason else ""
        click.echo(f"{each.pk}  {each.received_at:%Y-%m-%d %H:%M:%S}  {said}{why}")


def _reasons(outcome: str) -> list[tuple[str, int]]:
    rows = Arrival.objects.filter(outcome=outcome).values_list("reason").annotate(Count("pk")).order_by()
    found: Counter[str] = Counter()
    for reason, count in rows:
        found[_NUMBERS.sub("..", reason)] += count
    return found.most_common(SHOWN)

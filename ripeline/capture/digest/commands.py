"""`ripeline arrivals`: what became of the events that came, and those that failed once more."""

from __future__ import annotations

import re
from collections import Counter

import click
import msgspec
from django.db.models import Count

from ripeline.capture.collector.models import Arrival
from ripeline.capture.digest.failing import failed_arrivals, try_again
from ripeline.timeline.models import Touch

SHOWN = 10
_NUMBERS = re.compile(r"\d+")


@click.group("arrivals", invoke_without_command=True)
@click.option("--last", "last", default=SHOWN, show_default=True, help="How many of the latest are shown.")
@click.pass_context
def arrivals_group(context: click.Context, last: int) -> None:
    """Show how many events wait, were recorded, dropped or failed, why, and the latest."""
    if context.invoked_subcommand is None:
        _show(last)


@arrivals_group.command("failed")
@click.option("--first", default=100, show_default=True, help="How many of the oldest are shown.")
def failed_command(first: int) -> None:
    """Show the events that could not be digested: number, when it came, what it is, why."""
    failed = failed_arrivals()
    for each in failed[: max(0, first)]:
        click.echo(f"{each.pk}  {each.received_at:%Y-%m-%d %H:%M:%S}  {_called(each.event)}: {each.reason}")
    count = failed.count()
    click.echo(
        "None failed." if not count else f"{count:,} failed. `ripeline arrivals retry` tries them again."
    )


@arrivals_group.command("retry")
@click.argument("numbers", nargs=-1, type=click.IntRange(1, 2**63 - 1))
@click.option("--all", "every", is_flag=True, help="All that failed.")
def retry_command(numbers: tuple[int, ...], every: bool) -> None:
    """Let events that failed be digested once more: those with these NUMBERS, or --all.

    For when what was wrong has been mended: another release, a database that was full.
    """
    if bool(numbers) == every:
        raise click.UsageError("Say which: numbers as `ripeline arrivals failed` shows them, or --all.")
    if not every:
        known = set(failed_arrivals().filter(pk__in=numbers).values_list("pk", flat=True))
        if odd := [str(number) for number in dict.fromkeys(numbers) if number not in known]:
            raise click.ClickException(f"None was changed: {', '.join(odd)} did not fail.")
    count = try_again(None if every else numbers)
    click.echo("None failed." if not count else f"{count:,} wait for the worker again.")


def _show(last: int) -> None:
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


def _called(event: str) -> str:
    """What an event is called that may be anything."""
    try:
        said = msgspec.json.decode(event)
    except (ValueError, RecursionError):
        return "unreadable"
    names = (said.get("event"), said.get("type")) if isinstance(said, dict) else ()
    return next((name[:60] for name in names if isinstance(name, str) and name), "unnamed")


def _reasons(outcome: str) -> list[tuple[str, int]]:
    rows = Arrival.objects.filter(outcome=outcome).values_list("reason").annotate(Count("pk")).order_by()
    found: Counter[str] = Counter()
    for reason, count in rows:
        found[_NUMBERS.sub("..", reason)] += count
    return found.most_common(SHOWN)

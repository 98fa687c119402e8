"""How often pages were seen and reached what they are for, day by day and by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.db.models import Sum

from ripeline.capture.landing.models import LandingPage, PageCount
from ripeline.capture.landing.splits import forms_of, sent_from, slug_in

ENOUGH = 100
"""People of whom a rate means something."""


@dataclass(slots=True)
class Figures:
    """Of one page: browsers that saw it and reached its aim, by actor, and people's by day."""

    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    reached: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    by_day: dict[date, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @property
    def people(self) -> int:
        """Who saw it."""
        return self.seen["human"]

    @property
    def aims(self) -> int:
        """Of people."""
        return self.reached["human"]

    @property
    def likely_rate(self) -> float | None:
        """The rate, where enough people came for it to mean something."""
        return self.rate if self.people >= ENOUGH else None

    @property
    def rate(self) -> float | None:
        """Of people who saw it those who reached its aim; None where nobody saw it."""
        return min(1.0, self.aims / self.people) if self.people else None

    @property
    def others(self) -> int:
        """Looks of machines, and of whom nobody can tell."""
        return sum(count for actor, count in self.seen.items() if actor != "human")


def figures_of(pages: Iterable[LandingPage], *, since: datetime) -> Mapping[int, Figures]:
    """By the page's id, of all its versions."""
    listed = list(pages)
    found = {each.pk: Figures() for each in listed}
    day = since.astimezone(UTC).date()
    counts = PageCount.objects.filter(page__in=list(found), day__gte=day)
    rows = counts.values_list("page", "day", "what", "actor").annotate(Sum("count")).order_by()
    for pk, at, what, actor, total in rows:
        _add(found[pk], at, PageCount.What(what), actor, total)
    _add_sent(listed, found, since)
    return found


def _add_sent(pages: Sequence[LandingPage], found: Mapping[int, Figures], since: datetime) -> None:
    """Of each contact the first submission of a day; of whom nobody knows each."""
    contents = {each.slug: each.version.content if each.version else each.draft for each in pages}
    forms = forms_of(contents)
    if not any(forms.values()):
        return
    by_slug = {each.slug: found[each.pk] for each in pages}
    rows = sent_from(set().union(*forms.values()), since=since).order_by("received_at")
    seen = set()
    for pk, page, form, at, actor, contact in rows.values_list(
        "pk", "page", "form__key", "received_at", "actor", "contact"
    ):
        slug, day = slug_in(page), at.astimezone(UTC).date()
        who = (slug, day, actor, contact or -pk)
        if who not in seen and form in forms.get(slug, ()):
            seen.add(who)
            _add(by_slug[slug], day, PageCount.What.REACHED, actor, 1)


def _add(figures: Figures, day: date, what: PageCount.What, actor: str, count: int) -> None:
    is_seen = what == PageCount.What.SEEN
    (figures.seen if is_seen else figures.reached)[actor] += count
    if actor == "human":
        figures.by_day[day][0 if is_seen else 1] += count

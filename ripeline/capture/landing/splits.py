"""Splitting a page in two, and what is known of it: who saw which, how many reached the aim, whether that decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from django.db import transaction
from django.db.models import QuerySet

from ripeline.capture.forms.models import Submission
from ripeline.capture.forms.returning import own_origin
from ripeline.capture.landing.content import read_content
from ripeline.capture.landing.keeping import Refused
from ripeline.capture.landing.models import LandingPage, PageSplit, PageVersion, SplitVisit
from ripeline.capture.library.models import Asset
from ripeline.kit.deciding import Decision, decide, is_uneven, people_needed, wrong_rates
from ripeline.kit.ids import new_key
from ripeline.people.models import User

PATH = "/p/"
WINDOW = timedelta(hours=24)
"""So long after their first look somebody has to reach the aim; who came later than that ago is not judged yet."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: people who saw it and are judged, how many of them reached the aim, and who else saw it."""

    version: PageVersion
    people: int
    reached: int
    machines: int
    unknown: int

    @property
    def rate(self) -> float | None:
        """Reached of people; None where nobody is judged yet."""
        return self.reached / self.people if self.people else None


@dataclass(frozen=True, slots=True)
class SplitState:
    """A split as it stands: both sides, the decision, how many people came within the last day, and whether the two
    were shown so unevenly that something is wrong."""

    split: PageSplit
    one: Side
    other: Side
    decision: Decision
    waiting: int
    is_uneven: bool

    @property
    def better(self) -> Side | None:
        """The side that was found to do better; None where that is not decided."""
        if self.decision.is_other is None:
            return None
        return self.other if self.decision.is_other else self.one

    @property
    def is_over_plan(self) -> bool:
        """Whether as many people came as were planned."""
        return self.one.people + self.other.people >= self.split.planned


def start_split(
    page: LandingPage, other: PageVersion, *, base: float, wished: float, by: User | None, now: datetime
) -> PageSplit | Refused:
    """Begins to show the version served and another by turns, with what is looked for said beforehand."""
    if wrong := wrong_rates(base, wished):
        return Refused([wrong])
    with transaction.atomic():
        held = LandingPage.objects.select_for_update(no_key=True, of=("self",))
        row = held.select_related("version", "split").get(pk=page.pk)
        if row.version is None:
            return Refused(["Publish the page first: one of the two is what is served now."])
        if row.split is not None:
            return Refused(["Two versions are being compared already."])
        if other.page_id != row.pk or other.pk == row.version_id:
            return Refused(["Choose another version than the one that is served."])
        split = PageSplit.objects.create(
            page=row,
            one=row.version,
            other=other,
            salt=new_key(),
            base=base,
            wished=wished,
            planned=people_needed(base, wished),
            started_at=now,
            started_by=by,
        )
        LandingPage.objects.filter(pk=row.pk).update(split=split)
    return split


def end_split(split: PageSplit, winner: PageVersion | None, *, by: User | None, now: datetime) -> bool:
    """Ends it; the `winner` is served from then on (None: what was served before). False where it was over."""
    if winner is not None and winner.pk not in (split.one_id, split.other_id):
        return False
    with transaction.atomic():
        ended = PageSplit.objects.filter(pk=split.pk, ended_at=None)
        if not ended.update(ended_at=now, ended_by=by, winner=winner):
            return False
        pages = LandingPage.objects.filter(pk=split.page_id)
        pages.update(split=None)
        if winner is not None:
            pages.exclude(version=None).update(version=winner)
    return True


def state_of(split: PageSplit, *, now: datetime) -> SplitState:
    """How a split stands, by people alone: machines, and whom nobody can tell, are counted beside."""
    until = split.ended_at or now
    visits = list(
        SplitVisit.objects.filter(split=split, at__lte=until)
        .order_by("at", "id")
        .values_list("who", "is_other", "actor", "at", "reached_at")
    )
    sent = _submitted(split)
    outcomes: dict[bool, list[bool]] = {False: [], True: []}
    beside: dict[tuple[bool, str], int] = {}
    waiting = 0
    for who, is_other, actor, at, reached_at in visits:
        if actor != "human":
            beside[is_other, actor] = beside.get((is_other, actor), 0) + 1
        elif at + WINDOW > now:
            waiting += 1
        else:
            moments = [each for each in (reached_at, sent.get(who)) if each]
            outcomes[is_other].append(any(at <= each <= at + WINDOW for each in moments))
    sides = [_side(version, outcomes[number], beside, number) for version, number in _both(split)]
    decision = decide(outcomes[False], outcomes[True])
    return SplitState(
        split, sides[0], sides[1], decision, waiting, is_uneven(*(each.people for each in sides))
    )


def forms_of(contents: Mapping[str, object]) -> Mapping[str, set[str]]:
    """By the page's slug the keys of the forms by which it reaches its aim: its own, and those before its assets."""
    pages = {slug: read_content(each) for slug, each in contents.items()}
    assets = {key for each in pages.values() for key in each.keys_of("asset")}
    gated = Asset.objects.filter(key__in=assets, form__isnull=False) if assets else Asset.objects.none()
    gates = dict(gated.values_list("key", "form__key"))
    return {
        slug: {*each.keys_of("form"), *(gates[key] for key in each.keys_of("asset") if key in gates)}
        for slug, each in pages.items()
    }


def sent_from(forms: set[str], *, since: datetime) -> QuerySet[Submission]:
    """What was sent by these forms from landing pages, and taken in."""
    return Submission.objects.filter(
        form__key__in=sorted(forms),
        outcome=Submission.Outcome.ACCEPTED,
        received_at__gte=since,
        page__startswith=f"{own_origin()}{PATH}",
    )


def slug_in(page: str) -> str:
    """The slug in the address of a landing page of ours."""
    return page.removeprefix(f"{own_origin()}{PATH}").partition("?")[0].partition("/")[0]


def _submitted(split: PageSplit) -> Mapping[str, datetime]:
    """When people first sent a form in this split, by the hash that the page's script put into it."""
    forms = forms_of({"one": split.one.content, "other": split.other.content})
    rows = sent_from(forms["one"] | forms["other"], since=split.started_at).filter(actor="human")
    found = {}
    for page, at in rows.order_by("-received_at").values_list("page", "received_at"):
        if slug_in(page) == split.page.slug and (visit := visit_in(page)):
            found[visit] = at
    return found


def visit_in(page: str) -> str:
    """The hash of a split in the address of a page; "" for none."""
    try:
        return parse_qs(urlsplit(page).query).get("visit", [""])[0]
    except ValueError:
        return ""


def _both(split: PageSplit) -> Sequence[tuple[PageVersion, bool]]:
    return ((split.one, False), (split.other, True))


def _side(
    version: PageVersion, outcomes: Sequence[bool], beside: Mapping[tuple[bool, str], int], is_other: bool
) -> Side:
    machines, unknown = (beside.get((is_other, actor), 0) for actor in ("machine", "unknown"))
    return Side(version, len(outcomes), sum(outcomes), machines, unknown)

"""What a merge would come to, before it is made: every field, what is done of each, and where they would stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Company, Contact, Identity, User
from ripeline.timeline.changes import PERSONAL
from ripeline.timeline.identities.fields import fill, own_fields
from ripeline.timeline.identities.forest import Edge, groups, read_edges, work_out
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.identities.traits import KIND, differing
from ripeline.timeline.log import read_touches, to_fact

FIELDS = {
    "name": "Name",
    "title": "Title",
    "seniority": "Seniority",
    "company_id": "Company",
    "owner_id": "Owner",
    "country": "Country",
    "language": "Language",
    "time_zone": "Time zone",
    "source": "Source",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A field: what each says, what would be said, whether that is `filled` from the one that goes, or `differs` from
    what that one says, which would be shown no more."""

    label: str
    kept: str
    gone: str
    after: str
    is_filled: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its ways of being recognised, how much is known, and where it stands (a stage's key, or "")."""

    contact: Contact
    emails: Sequence[str]
    phones: Sequence[str]
    keys: Sequence[str]
    touches: int
    browsers: int
    first_at: datetime | None
    last_at: datetime | None
    stage: str
    score: float


@dataclass(frozen=True, slots=True)
class Preview:
    """Both sides, the fields, the tags and traits there would be, and where the one that lives on would stand."""

    kept: Side
    gone: Side
    fields: Sequence[Compared]
    stage: str
    score: float


def preview_merge(kept: Contact, gone: Contact, *, playbook: Playbook, now: datetime) -> Preview:
    """What `merge(kept, gone)` would come to; writes nothing. Both live."""
    before = {pk: copy(each) for pk, each in ((kept.pk, kept), (gone.pk, gone))}
    after, correction = _after(kept, gone, now)
    logs = read_touches([kept.pk, gone.pk])
    facts = {pk: [to_fact(row) for row in rows] for pk, rows in logs.items()}
    everything = [*facts.get(kept.pk, []), *facts.get(gone.pk, []), *correction]
    both = sorted(
        (replace(each, person=kept.key) for each in everything), key=lambda each: (each.at, each.id)
    )
    stage, score = _stand(playbook, both, now)
    sides = [
        _side(each, facts.get(each.pk, []), logs.get(each.pk, []), playbook, now) for each in (kept, gone)
    ]
    return Preview(sides[0], sides[1], _compare(before[kept.pk], before[gone.pk], after), stage, score)


def _after(kept: Contact, gone: Contact, now: datetime) -> tuple[Contact, Sequence[Fact]]:
    """The contact that would live on, not saved, and the touch that would say its traits again."""
    pair = [kept.pk, gone.pk]
    edges = [*read_edges(pair), Edge(2**62, kept.pk, gone.pk, now)]
    homes = work_out(pair, edges)
    people = {each.pk: each for each in Contact.objects.filter(pk__in=homes)}
    alone = {pk: copy(each) for pk, each in people.items()}
    for each in alone.values():
        own_fields(each)
    others = groups(alone, homes)[kept.pk]
    living = alone[kept.pk]
    fill(living, others)
    said = differing(living, [people[each.pk] for each in others])
    fact = Fact("merge", kept.key, to_instant(now), KIND, KINDS[KIND], "human", None, None, dict(said))
    return living, [fact] if said else []


def _stand(playbook: Playbook, facts: Sequence[Fact], now: datetime) -> tuple[str, float]:
    standing = fold(playbook, facts, to_instant(now), explained=False).standing
    return ("", 0.0) if standing is None else (standing.stage, standing.score)


def _side(
    contact: Contact, facts: Sequence[Fact], rows: Sequence[Any], playbook: Playbook, now: datetime
) -> Side:
    ways = list(contact.identities.order_by("-is_primary", "pk").values_list("kind", "value"))
    stage, score = _stand(playbook, facts, now)
    return Side(
        contact=contact,
        emails=[value for kind, value in ways if kind == Identity.Kind.EMAIL],
        phones=[value for kind, value in ways if kind == Identity.Kind.PHONE],
        keys=[value for kind, value in ways if kind == Identity.Kind.EXTERNAL],
        touches=len(rows),
        browsers=Identification.objects.filter(contact=contact).values("visitor").distinct().count(),
        first_at=rows[0].at if rows else None,
        last_at=rows[-1].at if rows else None,
        stage=stage,
        score=score,
    )


def _compare(kept: Contact, gone: Contact, after: Contact) -> list[Compared]:
    named = _named((kept, gone, after))
    found = []
    for name, label in FIELDS.items():
        said = [_say(name, getattr(each, name), named) for each in (kept, gone, after)]
        found.append(_compared(label, said))
    tags = [", ".join(each.tags) for each in (kept, gone, after)]
    # Of both, none is lost.
    found.append(replace(_compared("Tags", tags), differs=False))
    # Those with a column of their own are told by that.
    for name in sorted({*kept.traits, *gone.traits, *after.traits} - set(PERSONAL)):
        said = [_say("", each.traits.get(name), named) for each in (kept, gone, after)]
        label = name.replace("_", " ").capitalize()
        found.append(_compared(label, said))
    return [each for each in found if each.kept or each.gone or each.after]


def _compared(label: str, said: Sequence[str]) -> Compared:
    kept, gone, after = said
    return Compared(label, kept, gone, after, is_filled=kept != after, differs=bool(gone) and gone != after)


def _named(people: Sequence[Contact]) -> Mapping[tuple[str, int], str]:
    firms = Company.objects.in_bulk({each.company_id for each in people if each.company_id})
    owners = User.objects.in_bulk({each.owner_id for each in people if each.owner_id})
    return {("company_id", pk): str(each) for pk, each in firms.items()} | {
        ("owner_id", pk): str(each) for pk, each in owners.items()
    }


def _say(name: str, value: Any, named: Mapping[tuple[str, int], str]) -> str:
    if value in ("", None):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return named.get((name, value), str(value)) if name.endswith("_id") else str(value)

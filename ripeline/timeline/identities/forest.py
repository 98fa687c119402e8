"""Which contacts are one, worked out from the merges that hold.

Merges join the contacts they name into trees. One contact of each tree lives on; whoever merged last two groups said
which: that of the contact that was to be kept. A merge undone is left out, and all is worked out again, so what comes
of merges and undoings does not depend on their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from ripeline.people.models import Contact
from ripeline.timeline.identities.living import Home
from ripeline.timeline.identities.models import Merge


@dataclass(frozen=True, slots=True)
class Edge:
    """A merge that holds: `gone` is `kept`, since `at`; `pk` tells which was first."""

    pk: int
    kept: int
    gone: int
    at: datetime


def read_edges(contact_ids: Iterable[int]) -> list[Edge]:
    """The merges that make these contacts, and whoever is one with them, what they are; in order."""
    reached, fresh = set[int](), set(contact_ids)
    found: dict[int, Edge] = {}
    while fresh:
        reached |= fresh
        rows = Merge.objects.filter(Q(kept__in=fresh) | Q(gone__in=fresh), undone_at=None)
        edges = [Edge(*row) for row in rows.values_list("pk", "kept_id", "gone_id", "at")]
        found |= {edge.pk: edge for edge in edges}
        fresh = {pk for edge in edges for pk in (edge.kept, edge.gone)} - reached
    return [found[pk] for pk in sorted(found)]


def work_out(contact_ids: Iterable[int], edges: Sequence[Edge]) -> dict[int, Home]:
    """Who each of these contacts, and of those the merges name, is by these merges, given in order."""
    lives = {pk: pk for edge in edges for pk in (edge.kept, edge.gone)} | {pk: pk for pk in contact_ids}
    for edge in edges:
        kept, gone = lives[edge.kept], lives[edge.gone]
        lives = {pk: kept if root == gone else root for pk, root in lives.items()}
    since = _since(set(lives.values()), edges)
    return {pk: Home(pk, root, since.get(pk)) for pk, root in lives.items()}


def groups(people: Mapping[int, Contact], homes: Mapping[int, Home]) -> dict[int, list[Contact]]:
    """By who lives on: the others who are one with them, in order of id."""
    found: dict[int, list[Contact]] = {home.contact: [] for home in homes.values()}
    for pk in sorted(homes):
        if homes[pk].contact != pk:
            found[homes[pk].contact].append(people[pk])
    return found


def _since(roots: set[int], edges: Sequence[Edge]) -> Mapping[int, datetime]:
    """When each became who they are: the latest of the merges on the way to the one that lives on."""
    beside: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for edge in edges:
        beside[edge.kept].append((edge.gone, edge.at))
        beside[edge.gone].append((edge.kept, edge.at))
    found: dict[int, datetime] = {}
    reached, ahead = set(roots), list(roots)
    while ahead:
        here = ahead.pop()
        for there, at in beside[here]:
            if there not in reached:
                reached.add(there)
                found[there] = max(at, found.get(here, at))
                ahead.append(there)
    return found

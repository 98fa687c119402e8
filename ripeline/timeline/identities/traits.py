"""What rules may look at, of contacts that are one: what the page says, not what the last of them to change said.

Rules read traits from the log, in which the latest word counts, whoever of them it was about. The contact that lives
on keeps its fields; where another's differ, a touch says so again, dated when they became one. It is made anew with
every merge and taken out when the contact is alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime

from ripeline.kit.ids import new_key
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import KINDS, Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Company, Contact
from ripeline.timeline.changes import rule_traits
from ripeline.timeline.identities.fields import own_fields
from ripeline.timeline.identities.forest import Edge, groups
from ripeline.timeline.identities.living import Home
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.models import Touch
from ripeline.timeline.record import record

KIND = "traits_changed"


def correct_traits(
    people: Mapping[int, Contact], homes: Mapping[int, Home], edges: Sequence[Edge], *, now: datetime
) -> None:
    """Writes these touches for the contacts that live on, and takes out those that stood before.

    `people` are as they are written, `edges` the merges that hold.
    """
    _take_out(people)
    facts, latest = [], {}
    for edge in edges:
        latest[homes[edge.kept].contact] = edge
    for living, others in groups(people, homes).items():
        said = differing(people[living], others) if others else {}
        if said:
            facts.append(_fact(people[living], latest[living], said))
            Merge.objects.filter(pk=latest[living].pk).update(correction=facts[-1].id)
    record(facts, now=now)


def _take_out(people: Mapping[int, Contact]) -> None:
    theirs = Merge.objects.exclude(correction="").filter(kept__in=list(people))
    uids = list(theirs.values_list("correction", flat=True))
    if uids:
        Touch.objects.filter(uid__in=uids).delete()
        theirs.update(correction="")


def differing(living: Contact, others: Sequence[Contact]) -> dict[str, Scalar]:
    """What the contact's page says, where one of them said otherwise by itself."""
    companies = Company.objects.in_bulk(
        {
            pk
            for each in (living, *others)
            for pk in (each.company_id, (each.set_aside or {}).get("company_id"))
            if pk
        }
    )
    shown = _traits(living, companies)
    alone = [_traits(_alone(each), companies) for each in (living, *others)]
    names = {name for said in alone for name in said} | set(shown)
    return {
        name: shown.get(name)
        for name in sorted(names)
        if any(said.get(name) != shown.get(name) for said in alone)
    }


def _alone(contact: Contact) -> Contact:
    """A copy, as the contact is by itself."""
    copied = copy(contact)
    own_fields(copied)
    return copied


def _traits(contact: Contact, companies: Mapping[int, Company]) -> dict[str, Scalar]:
    contact.company = companies.get(contact.company_id or 0)
    return rule_traits(contact)


def _fact(living: Contact, latest: Edge, said: Mapping[str, Scalar]) -> Fact:
    at = to_instant(latest.at)
    return Fact(new_key(), living.key, at, KIND, KINDS[KIND], "human", None, None, dict(said))

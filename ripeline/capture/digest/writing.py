"""What the steps made of arrivals, written down: people, browsers, touches and verdicts, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ripeline.capture.digest.first_sources import fill_sources
from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.joining import join_browsers, join_ids, prove_links
from ripeline.capture.digest.people import People, find_people
from ripeline.capture.digest.products import OF_PRODUCT
from ripeline.capture.digest.refusing import heed_refusals
from ripeline.capture.digest.telling import change_people, hold_people, tell
from ripeline.capture.verdicts.keeping import keep_verdicts
from ripeline.capture.verdicts.rules import Rules
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact, Visitor
from ripeline.timeline.identities.web import WebTouch, record_web
from ripeline.timeline.models import Touch

COPY = "it came before: a copy of an event that was recorded"
NOBODY = (
    "it names nobody: it has neither a userId nor an email address, and nobody is known to use the browser"
)
GONE = "the person is no contact any more"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an arrival: `why` it was dropped, or what is to be said of it; whose the touch is."""

    is_recorded: bool
    why: str = ""
    uid: str = ""
    contact: int | None = None
    visitor: int | None = None


def write_down(happenings: Sequence[Happening], rules: Rules, *, now: datetime) -> dict[int, Done]:
    """Writes what happened, in order, each event once; what became of each, by arrival. In the caller's transaction."""
    done: dict[int, Done] = {}
    fresh = drop_copies(happenings, done)
    people = find_people(fresh, now=now)
    held = hold_people(fresh, people)
    joined = join_browsers(fresh, people, now=now)
    join_ids(fresh, people, now=now)
    prove_links(fresh, people, now=now)
    change_people(fresh, people, now=now)
    fresh = drop_nobodys(fresh, people, done, now)
    record_web(_touches(fresh, people), now=now)
    judged = {
        uid: (each.facts, each.verdict)
        for each in fresh
        if each.facts and each.verdict
        for uid in (each.uid, *(each.uid_of(number) for number in range(len(each.more))))
    }
    keep_verdicts(judged, rules, now=now)
    written = _written(fresh)
    fill_sources(fresh, people, written, held=held | joined, joined=joined, now=now)
    heed_refusals(fresh, people, written, now=now)
    for each in fresh:
        notes = "; ".join(each.notes)
        found = written.get(each.uid)
        done[each.arrival] = Done(True, notes, each.uid, *found) if found else Done(False, GONE, each.uid)
    return done


def drop_copies(happenings: Sequence[Happening], done: dict[int, Done]) -> list[Happening]:
    """Events whose touch is in the log already, or that came twice just now: the first counts."""
    seen = set(Touch.objects.filter(uid__in=[each.uid for each in happenings]).values_list("uid", flat=True))
    fresh = []
    for each in happenings:
        if each.uid in seen:
            done[each.arrival] = Done(False, COPY, each.uid)
        else:
            seen.add(each.uid)
            fresh.append(each)
    return fresh


def drop_nobodys(
    happenings: Sequence[Happening], people: People, done: dict[int, Done], now: datetime
) -> list[Happening]:
    """Identify calls about a browser of which nobody knows whose it is; where it is known, they are told of that
    person."""
    kept = []
    for each in happenings:
        if each.type not in ("identify", "group") or each.arrival in people.keys:
            kept.append(each)
            continue
        users = Visitor.objects.filter(key=each.visitor).values("contact")
        user = Contact.objects.select_related("company", "merged_into", "owner").filter(pk__in=users).first()
        if user is not None:
            tell(user, each, people, now=now)
        if user is not None or each.type == "group":
            kept.append(each)
        else:
            done[each.arrival] = Done(False, NOBODY, each.uid)
    return kept


def _touches(happenings: Sequence[Happening], people: People) -> list[WebTouch]:
    found = []
    for each in happenings:
        fact = _fact(each, people.keys.get(each.arrival, ""))
        found.append(WebTouch(fact, each.visitor))
        found += [WebTouch(more, each.visitor) for more in _further(fact, each)]
        # Rules read traits from the log.
        key, said = people.said.get(each.arrival, ("", {}))
        for number, at in enumerate(sorted(said)):
            found.append(WebTouch(_traits_fact(fact, key, at, said[at], number)))
    return found


def _fact(each: Happening, key: str) -> Fact:
    return Fact(
        id=each.uid,
        person=key,
        at=to_instant(each.at),
        kind=each.kind,
        direction=each.direction,
        actor=each.verdict.actor if each.verdict else "unknown",
        subject=each.subject,
        value=each.value,
        attrs=each.attrs,
    )


def _further(fact: Fact, each: Happening) -> list[Fact]:
    """The touches of what was bought beside the first product of an order."""
    return [
        replace(
            fact,
            id=each.uid_of(number),
            subject=more.subject,
            value=more.value,
            # What the first product alone has is not theirs.
            attrs={name: value for name, value in fact.attrs.items() if name not in OF_PRODUCT}
            | dict(more.attrs),
        )
        for number, more in enumerate(each.more)
    ]


def _traits_fact(fact: Fact, person: str, at: int, traits: Mapping[str, Scalar], number: int) -> Fact:
    return Fact(
        # No event has such an id: those of events begin with the number of a key.
        id=f"traits:{number}:{fact.id}",
        person=person,
        at=at,
        kind="traits_changed",
        direction="internal",
        actor=fact.actor,
        subject=None,
        value=None,
        attrs=traits,
    )


def _written(happenings: Sequence[Happening]) -> dict[str, tuple[int | None, int | None]]:
    rows = Touch.objects.filter(uid__in=[each.uid for each in happenings])
    return {
        uid: (contact, visitor)
        for uid, contact, visitor in rows.values_list("uid", "contact_id", "visitor_id")
    }

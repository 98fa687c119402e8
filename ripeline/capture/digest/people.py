"""Whom events are about: contacts found by an id or an address, and made where nobody has it yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.heeding import Line, heed
from ripeline.capture.digest.placing import EMAIL, EXTERNAL, Places
from ripeline.capture.digest.traits import Told, ToldCompany, read_company, read_traits
from ripeline.kit.ids import new_key
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Scalar
from ripeline.people.contacts import ContactDraft, insert_contacts
from ripeline.people.employers import company_at
from ripeline.people.models import Company, Contact
from ripeline.people.values import read_address
from ripeline.timeline.changes import changed_traits, rule_traits
from ripeline.timeline.identities.claims import Way, take_away
from ripeline.timeline.identities.living import keys_by_identity


@dataclass(slots=True)
class People:
    """Whom each happening (by arrival) is about: contact keys. `told` is what was said of them; `made` are the new;
    `added` the ids that those who were known are to have besides, `losers` those who only claimed one of them. `said`
    is what the log is to say of whom that rules may look at: by arrival the key, and by instant what."""

    keys: dict[int, str] = field(default_factory=dict)
    told: dict[int, Told] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    added: dict[int, tuple[Way, ...]] = field(default_factory=dict)
    losers: set[str] = field(default_factory=set)
    known: dict[Way, str] = field(default_factory=dict)
    said: dict[int, tuple[str, dict[int, dict[str, Scalar]]]] = field(default_factory=dict)

    def say(self, each: Happening, key: str, lines: Iterable[Line]) -> None:
        """Notes what a happening brings to the log of the contact with this key."""
        said = self.said.setdefault(each.arrival, (key, {}))[1]
        for at, traits in lines:
            said[at] = dict(traits) | said.get(at, {})


def find_people(happenings: list[Happening], *, now: datetime) -> People:
    """Finds or makes whom happenings name, in their order, in the caller's transaction. Of the list those are taken out
    that a server says of somebody of whom a website said something in the same batch: they wait for the next turn."""
    people = People()
    people.told = {
        each.arrival: read_traits(each.said("traits")) for each in happenings if each.type == "identify"
    }
    wanted = {each.arrival: _ways(each, people.told.get(each.arrival)) for each in happenings}
    people.known = _known({way for ways in wanted.values() for way in ways})
    places = Places(people.known)
    for number, each in enumerate(happenings):
        if not wanted[each.arrival]:
            continue
        if not each.is_public and places.are_claimed_here(wanted[each.arrival]):
            # Nothing of it is written yet: the rest has its turn when it is.
            del happenings[number:]
            break
        _place(each, wanted[each.arrival], people, places)
    drafts = places.drafts
    # Before the new ones have them.
    for key in sorted(places.taken.keys() & drafts.keys()):
        for kind, value in places.taken[key]:
            take_away(kind, value, now=now)
    _make(happenings, people, drafts, now)
    _recognise(happenings, people)
    return people


def company_told(each: Happening, told: Told, *, now: datetime) -> Company | None:
    """The company that a happening says somebody is at, made where nobody knows it; None where it says none."""
    said = told.company
    if each.type == "group":
        said = read_company(each.message.get("groupId"), each.said("traits"))
    return _company(said, now) if said else None


def _company(said: ToldCompany, now: datetime) -> Company:
    if said.domain:
        found = Company.objects.filter(domain=said.domain).first()
    else:
        found = Company.objects.filter(name=said.name).order_by("pk").first()
    return found or Company.objects.create(
        name=said.name,
        domain=said.domain,
        industry=said.industry,
        employees=said.employees,
        created_at=now,
        updated_at=now,
    )


def way_of(user: str) -> Way | None:
    """An id as it leads to a contact: an address as an address, anything else as a key of another system."""
    if not user:
        return None
    address = read_address(user) if "@" in user else None
    return (EMAIL, address) if address else (EXTERNAL, user)


def _ways(each: Happening, told: Told | None) -> tuple[Way, ...]:
    """By what an event names somebody, surest first."""
    named = [way_of(each.user)]
    if told and told.email:
        named.append((EMAIL, told.email))
    return tuple(dict.fromkeys(way for way in named if way))


def _known(wanted: Iterable[Way]) -> dict[Way, str]:
    wanted = set(wanted)
    found: dict[Way, str] = {}
    for kind in (EMAIL, EXTERNAL):
        if values := sorted(value for each, value in wanted if each == kind):
            found |= {(kind, value): key for value, key in keys_by_identity(kind, values).items()}
    return found


def _place(each: Happening, ways: tuple[Way, ...], people: People, places: Places) -> None:
    """Whom an event is about, and which of its ids they are to have: see `placing`."""
    key = places.holder(ways, is_public=each.is_public) or new_key()
    people.keys[each.arrival] = key
    given = places.claim(key, ways) if each.is_public else places.make_known(key, ways)
    people.losers |= places.losers
    if given and key not in places.drafts:
        people.added[each.arrival] = given


def _recognise(happenings: Sequence[Happening], people: People) -> None:
    """Whoever named nobody is who the link was made for by which they came, if that is still a contact."""
    for each in happenings:
        if each.arrival in people.keys:
            each.link = None
    made_for = {each.link.contact for each in happenings if each.link}
    if not made_for:
        return
    ours = set(Contact.objects.filter(key__in=made_for).values_list("key", flat=True))
    for each in happenings:
        if each.link and each.link.contact in ours:
            people.keys[each.arrival] = each.link.contact


def _make(
    happenings: Sequence[Happening], people: People, drafts: dict[str, ContactDraft], now: datetime
) -> None:
    first: dict[str, Happening] = {}
    # The newest word counts, in whichever order they came.
    for each in sorted(happenings, key=lambda each: each.at):
        key = people.keys.get(each.arrival, "")
        if key not in drafts:
            continue
        first.setdefault(key, each)
        if each.type in ("identify", "group"):
            told = people.told.get(each.arrival) or Told({}, {})
            company = company_told(each, told, now=now)
            heard = heed(drafts[key], told, company, at=each.at, overwrite=not each.is_public)
            drafts[key] = heard.draft
            people.say(each, key, heard.lines)
    at: dict[str, Company | None] = {}
    for key, draft in drafts.items():
        if draft.company is None and draft.emails:
            domain = draft.emails[0].rpartition("@")[2]
            if domain not in at:
                at[domain] = company_at(draft.emails[0], now=now)
            drafts[key] = replace(draft, company=at[domain])
            fresh = changed_traits(rule_traits(draft), rule_traits(drafts[key]))
            people.say(first[key], key, [(to_instant(first[key].at), fresh)] if fresh else [])
    insert_contacts(list(drafts.values()), now=now)
    people.made = set(drafts)


def contacts_by_key(keys: Iterable[str]) -> Mapping[str, Contact]:
    """The contacts with these keys, be they merged, with who they are."""
    found = Contact.objects.select_related("merged_into", "company").filter(key__in=set(keys))
    return {each.key: each for each in found}

"""Whose browsers are, and which ids are one person's, as events say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.people import People, contacts_by_key, way_of
from ripeline.capture.digest.steps import PLAIN_KEY, visitor_key
from ripeline.capture.digest.uses import Uses
from ripeline.kit.bulk import insert_rows
from ripeline.people.models import Contact, Identity, Visitor
from ripeline.timeline.identities.claims import is_weak, make_known
from ripeline.timeline.identities.living import keys_by_identity
from ripeline.timeline.identities.merging import Merged, merge
from ripeline.timeline.identities.models import Identification, Merge
from ripeline.timeline.identities.proving import prove_email
from ripeline.timeline.identities.visitors import join
from ripeline.timeline.record import mark_due

UNPROVEN = "a website's word does not make two known people one"


def hold_browsers(keys: set[str], *, now: datetime) -> Mapping[str, Visitor]:
    """The browsers with these keys, made where they are new, held in order of id until the transaction ends."""
    if not keys:
        return {}
    rows = [(key, now, now) for key in sorted(keys)]
    insert_rows(Visitor, ("key", "first_seen_at", "last_seen_at"), rows, skip_known=True)
    held = Visitor.objects.select_for_update(no_key=True).filter(key__in=keys).order_by("pk")
    return {each.key: each for each in held}


def join_browsers(happenings: Sequence[Happening], people: People, *, now: datetime) -> set[int]:
    """Notes whose browsers are by the events that name both, and by aliases; the ids of the contacts who gained."""
    pairs = [(each, key) for each in happenings if (key := _browser_of(each)) and each.arrival in people.keys]
    if not pairs:
        return set()
    # All of the batch at once: who holds some and wants others could wait for whoever wants those in turn.
    everyone = {key for _, key in pairs} | {each.visitor for each in happenings if each.visitor}
    browsers = hold_browsers(everyone, now=now)
    contacts = contacts_by_key(people.keys[each.arrival] for each, _ in pairs)
    uses = Uses([each.pk for each in browsers.values()], [each.at for each, _ in pairs])
    _take_places(contacts, uses, now)
    gained: set[int] = set()
    for each, key in pairs:
        contact, browser = contacts[people.keys[each.arrival]], browsers[key]
        # An alias leaves no touch on the browser from which what it said could be read again.
        if each.type != "alias" and uses.says(browser.pk, contact.pk, each.at):
            uses.leave_out(browser.pk, contact.pk, each.at)
            continue
        join(browser, contact, how=_how(each), at=each.at, now=now)
        gained.add(contact.pk)
        # What was not noted since it said nothing new may say something now.
        if again := uses.add(browser.pk, contact.pk, each.at):
            other = Contact.objects.get(pk=again[1])
            join(browser, other, how=Identification.How.IDENTIFY, at=again[0], now=now)
    return gained


def join_ids(happenings: Sequence[Happening], people: People, *, now: datetime) -> None:
    """Aliases of two people's ids. A server says that they are one person, and so they are; a website says it only of
    a browser and a person. What leads to somebody is a person's id, whatever it looks like."""
    for each in happenings:
        if each.type != "alias" or each.arrival not in people.keys:
            continue
        before = way_of(str(each.message["previousId"]).strip())
        if before is None:
            continue
        gone_key = people.known.get(before) or keys_by_identity(before[0], [before[1]]).get(before[1])
        if gone_key == people.keys[each.arrival]:
            continue
        if each.is_public:
            if gone_key:
                each.notes.append(UNPROVEN)
        elif gone_key and not is_weak(*before):
            _merge(people.keys[each.arrival], gone_key, each, now)
        else:
            # Random 128 bits may be a browser's id or a person's of whom we hear later: it is kept as both.
            # Who only claimed it, and is known by something else, is not who the server means.
            key = people.keys[each.arrival]
            make_known(contacts_by_key([key])[key], *before, now=now)
            people.known[before] = people.keys[each.arrival]


def prove_links(happenings: Sequence[Happening], people: People, *, now: datetime) -> None:
    """Who followed a link that was sent to an address of theirs has proved that address."""
    followed = [
        (each.link, people.keys[each.arrival])
        for each in happenings
        if each.link and each.arrival in people.keys
    ]
    sent_to = {link.identity for link, _ in followed if link.identity}
    if not sent_to:
        return
    rows = Identity.objects.filter(pk__in=sent_to, kind=Identity.Kind.EMAIL, verified_at=None)
    addresses = {pk: (contact, value) for pk, contact, value in rows.values_list("pk", "contact_id", "value")}
    contacts = contacts_by_key(key for _, key in followed)
    for link, key in followed:
        holder, address = addresses.pop(link.identity or 0, (None, ""))
        contact = contacts.get(key)
        if contact is not None and holder == (contact.merged_into_id or contact.pk):
            prove_email(contact, address, now=now)


def _take_places(contacts: Mapping[str, Contact], uses: Uses, now: datetime) -> None:
    """Everybody whom joining may concern is made due at once: places in the queue are taken in order of id by all."""
    pks = {each.merged_into_id or each.pk for each in contacts.values()}
    if uses.rows:
        others = {row[2] for row in uses.rows}
        for pk, merged in Contact.objects.filter(pk__in=others).values_list("pk", "merged_into_id"):
            pks.add(merged or pk)
    if pks:
        mark_due(dict.fromkeys(pks, now), since=None)


def _how(each: Happening) -> Identification.How:
    if each.link:
        return Identification.How.LINK
    return Identification.How.ALIAS if each.type == "alias" else Identification.How.IDENTIFY


def _browser_of(each: Happening) -> str:
    if each.type != "alias":
        return each.visitor
    before = str(each.message["previousId"]).strip()
    # A website's people have no other ids before they say who they are than those of their browsers.
    return visitor_key(before, each.write_key) if each.is_public or _is_browsers(before) else ""


def _is_browsers(value: str) -> bool:
    return PLAIN_KEY.match(value.replace("-", "").lower()) is not None


def _merge(kept_key: str, gone_key: str, each: Happening, now: datetime) -> None:
    contacts = contacts_by_key((kept_key, gone_key))
    why = f"A server said that {each.message['previousId']} and {each.user} are one person."
    done = merge(contacts[kept_key], contacts[gone_key], by=None, why=why, rule=Merge.Rule.SAME_ID, now=now)
    if not isinstance(done, Merged):
        each.notes.append(done.why[:1].lower() + done.why[1:].rstrip("."))

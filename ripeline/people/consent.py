"""What people allow us, purpose by purpose, with its proof; and addresses that nothing is sent to.

What counts is the latest that was given or withdrawn, by whomever of those who are one contact. A consent that was
asked for and not confirmed counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Q, QuerySet

from ripeline.people.changed import note_changed
from ripeline.people.models import Consent, ConsentWording, Contact, Identity, Suppression, User

PURPOSES = {
    "newsletter": "Newsletter",
    "offers": "Offers by mail",
    "calls": "Calls",
    "tracking": "What they do on our site",
    "events": "Invitations to events",
}
"""The purposes there are names for; a form may have others, by their own key."""
BY_MAIL = frozenset({"newsletter", "offers", "events"})
"""What a suppressed address ends."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What holds of one purpose: the latest that counts (None: nothing does), what waits for a confirmation since, and
    all there is, latest first. `suppressed` says why nothing is sent whatever was given."""

    purpose: str
    title: str
    current: Consent | None
    waiting: Consent | None
    history: Sequence[Consent]
    suppressed: str = ""

    @property
    def is_given(self) -> bool:
        """Whether it may be done."""
        return self.current is not None and self.current.state == Consent.State.GIVEN and not self.suppressed


def may(contact: Contact, purpose: str, now: datetime) -> bool:
    """Whether a contact allows something, as of a moment: given and not withdrawn since, and their address not
    suppressed where it goes by mail."""
    latest = _counted(contact, purpose).filter(at__lte=now).first()
    if latest is None or latest.state != Consent.State.GIVEN:
        return False
    return purpose not in BY_MAIL or not is_suppressed(living(contact).email, purpose)


def standpoints(contact: Contact, now: datetime) -> list[Standpoint]:
    """Where a contact stands, as of a moment, on every purpose anybody asked them about, in order of its title; first
    what closes their address for everything, as a purpose without a name."""
    rows = list(_rows(contact).filter(at__lte=now).select_related("wording", "by"))
    address = living(contact).email
    blocks = (
        Suppression.objects.filter(address=address, at__lte=now) if address else Suppression.objects.none()
    )
    blocked = {each.purpose: each for each in blocks}
    found = []
    for purpose in {each.purpose for each in rows} | blocked.keys():
        history = [each for each in rows if each.purpose == purpose]
        counted = [each for each in history if each.state != Consent.State.ASKED]
        waits = history[0] if history and history[0].state == Consent.State.ASKED else None
        block = (blocked.get(purpose) or blocked.get("")) if purpose in BY_MAIL or not purpose else None
        why = block.get_why_display() if block else ""
        current = counted[0] if counted else None
        found.append(Standpoint(purpose, title_of(purpose), current, waits, history, why))
    return sorted(found, key=lambda each: (bool(each.purpose), each.title))


def note_consent(
    contact: Contact,
    purpose: str,
    state: Consent.State,
    *,
    how: Consent.How,
    at: datetime,
    wording: ConsentWording | None = None,
    place: dict[str, Any] | None = None,
    source: str = "",
    note: str = "",
    by: User | None = None,
) -> Consent:
    """Writes down what a contact said, with its proof, in the caller's transaction, which holds the contact.

    The withdrawal of a purpose that goes by mail closes all their addresses for it, and a consent given anew opens them
    again, unless they were closed for other reasons. Anybody could send a form in their name: after a withdrawal its
    word is kept as asked, and waits for a confirmation by mail. A word that is heard late, older than one that is
    known, changes nothing of that.
    """
    if (state, how) == (Consent.State.GIVEN, Consent.How.FORM) and was_withdrawn(contact, purpose, at):
        state = Consent.State.ASKED
    said = Consent.objects.create(
        contact=contact,
        purpose=purpose,
        state=state,
        at=at,
        how=how,
        wording=wording,
        place=place or {},
        source=source,
        note=note,
        by=by,
    )
    is_asked = state == Consent.State.ASKED
    if purpose in BY_MAIL and not is_asked and _counted(contact, purpose).first() == said:
        said.before = _close_or_open(said)
        said.save(update_fields=["before"])
    note_changed([contact.merged_into_id or contact.pk], now=at)
    return said


def was_withdrawn(contact: Contact, purpose: str, at: datetime) -> bool:
    """Whether a purpose was withdrawn by a moment: by whoever the contact is, or by whoever had one of their
    addresses."""
    latest = _counted(contact, purpose).filter(at__lte=at).first()
    closed = Suppression.objects.filter(
        address__in=addresses_of(contact), purpose=purpose, why=Suppression.Why.WITHDRAWN, at__lte=at
    )
    return (latest is not None and latest.state == Consent.State.WITHDRAWN) or closed.exists()


def take_back_word(said: Consent) -> bool:
    """Removes what was noted as if it had never been said, in the caller's transaction, which holds the contact: their
    addresses are as closed as before. False, and nothing is done, where more was said of that purpose since."""
    if _counted(said.contact, said.purpose).order_by("-pk").first() != said:
        return False
    ours = Suppression.objects.filter(purpose=said.purpose, why=Suppression.Why.WITHDRAWN)
    for address, since in (said.before or {}).items():
        ours.filter(address=address, at=said.at).delete()
        if since:
            at = datetime.fromisoformat(since)
            suppress(address, Suppression.Why.WITHDRAWN, purpose=said.purpose, now=at)
    note_changed([said.contact.merged_into_id or said.contact_id], now=said.at)
    said.delete()
    return True


def waiting(contact: Contact) -> list[Consent]:
    """What was asked of a contact and neither confirmed, given nor withdrawn since; the latest of each purpose."""
    found: dict[str, Consent] = {}
    for each in _rows(contact).select_related("wording"):
        found.setdefault(each.purpose, each)
    return [each for _, each in sorted(found.items()) if each.state == Consent.State.ASKED]


def keep_wording(purpose: str, text: str, language: str, *, now: datetime) -> ConsentWording:
    """The words as they were shown; the same words are kept once."""
    digest = sha256(f"{purpose}\0{language}\0{text}".encode()).hexdigest()
    ConsentWording.objects.bulk_create(
        [ConsentWording(digest=digest, purpose=purpose, language=language, text=text, first_used_at=now)],
        ignore_conflicts=True,
    )
    return ConsentWording.objects.get(digest=digest)


def suppress(address: str, why: Suppression.Why, *, now: datetime, purpose: str = "", note: str = "") -> None:
    """Nothing is sent to an address (normalised) any more, for one purpose or for any. What was there stays."""
    Suppression.objects.bulk_create(
        [Suppression(address=address, purpose=purpose, why=why, at=now, note=note)], ignore_conflicts=True
    )
    theirs = Identity.objects.filter(kind=Identity.Kind.EMAIL, value=address)
    note_changed(theirs.values_list("contact", flat=True), now=now)


def is_suppressed(address: str, purpose: str = "") -> bool:
    """Whether nothing is sent to an address for this purpose."""
    return Suppression.objects.filter(address=address, purpose__in={"", purpose}).exists()


def suppressed_of(addresses: Iterable[str], purpose: str) -> set[str]:
    """Those of these addresses that nothing is sent to for this purpose."""
    rows = Suppression.objects.filter(address__in=set(addresses), purpose__in={"", purpose})
    return set(rows.values_list("address", flat=True))


def title_of(purpose: str) -> str:
    """A purpose as it is read."""
    return PURPOSES.get(purpose) or purpose.replace("_", " ").capitalize() or "All mail"


def living(contact: Contact) -> Contact:
    """Who a contact is by now."""
    return contact.merged_into or contact


def _close_or_open(said: Consent) -> dict[str, str | None] | None:
    """Lets what holds of their addresses follow the latest word; what was before, as `Consent.before` keeps it.

    An address that was closed is closed since the later withdrawal: whoever has it next may have said older things.
    """
    addresses = addresses_of(said.contact)
    rows = Suppression.objects.filter(address__in=addresses, purpose=said.purpose)
    ours = rows.filter(why=Suppression.Why.WITHDRAWN, at__lte=said.at)
    before: dict[str, str | None] = {row.address: row.at.isoformat() for row in ours}
    if said.state == Consent.State.GIVEN:
        ours.delete()
    else:
        before |= dict.fromkeys(addresses - set(rows.values_list("address", flat=True)))
        ours.update(at=said.at)
        for address in sorted(addresses):
            suppress(address, Suppression.Why.WITHDRAWN, purpose=said.purpose, now=said.at)
    return before or None


def addresses_of(contact: Contact) -> set[str]:
    """All addresses of all who are one with a contact."""
    ways = Identity.objects.filter(_of(contact), kind=Identity.Kind.EMAIL)
    return {*ways.values_list("value", flat=True), living(contact).email} - {""}


def _counted(contact: Contact, purpose: str) -> QuerySet[Consent]:
    """What was given or withdrawn of one purpose, latest first."""
    return _rows(contact).filter(purpose=purpose).exclude(state=Consent.State.ASKED)


def _rows(contact: Contact) -> QuerySet[Consent]:
    """What all who are one with a contact said, latest first."""
    return Consent.objects.filter(_of(contact)).order_by("-at", "-pk")


def _of(contact: Contact) -> Q:
    root = contact.merged_into_id or contact.pk
    return Q(contact=root) | Q(contact__merged_into=root)

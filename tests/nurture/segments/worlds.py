"""A small world of people who differ in everything that segments ask about, and what they should answer: a plain
reading of a definition, in Python, over the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.conditions import Test
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.matching import compile_test
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.nurture.segments import definition as d
from ripeline.nurture.segments.models import Segment, SegmentMember
from ripeline.people.consent import may, note_consent, suppress
from ripeline.people.models import Consent, Contact, Suppression, User
from ripeline.timeline.heat import score_from
from ripeline.timeline.identities.merging import merge
from ripeline.timeline.models import Standing, Touch
from ripeline.timeline.record import record
from tests.factories import NOW, make_company, make_contact, make_playbook, make_user, stand

HALF_LIFE, MOST = 30, 100
DAY = timedelta(days=1)


def people(*, seed_segment: bool = True) -> User:
    """Twenty-four people, three of them one; the colleague who owns some. The segment `some` has every third."""
    make_playbook()
    owner = make_user("sales", "Olga Owner")
    companies = [
        make_company("Press [1]", domain="press.example", industry="publishing", employees=40, country="NL"),
        make_company("Tiny", industry="", employees=None),
    ]
    made = [_person(number, owner, (*companies, None)[number % 3]) for number in range(24)]
    for number, contact in enumerate(made):
        _stand(number, contact)
    record([fact for number, contact in enumerate(made) for fact in _facts(number, contact)], now=NOW)
    for number, contact in enumerate(made[:12]):
        _consent(number, contact)
    suppress("person.0@theirs.example", Suppression.Why.BOUNCED, now=NOW)
    for gone in (made[20], made[9]):
        merge(made[1], gone, why="the same person", by=None, now=NOW)
    if seed_segment:
        some = Segment.objects.create(
            key="some", title="Some", definition={"any": [{"stage": "lead"}]}, created_at=NOW
        )
        living = Contact.objects.filter(merged_into=None).order_by("pk")
        SegmentMember.objects.bulk_create(
            SegmentMember(segment=some, contact=each, since=NOW) for each in living[::3]
        )
    return owner


def _person(number: int, owner: User, company: Any) -> Contact:
    return make_contact(
        f"Person {number}",
        company=company,
        owner=owner if number % 2 else None,
        source=("", "ads", "fair")[number % 3],
        country=("NL", "BE", "")[number % 3],
        language=("en", "en-gb", "nl", "")[number % 4],
        tags=(("vip", "a,b"), ("beta",), ())[number % 3],
        traits=(
            {"budget": 1000.0, "role": "author"},
            {"budget": "1000", "role": None},
            {"is_new": True, "a.b'c\"d": "x"},
            {"budget": 1, "is_new": 1, "role": "50% off_[a]*"},
            {},
        )[number % 5],
    )


def _stand(number: int, contact: Contact) -> None:
    stand(
        contact,
        ("suspect", "lead", "mql", "")[number % 4],
        score=(0, 5, 29.999, 30, 60, 250)[number % 6],
        rating=("hot", "warm", None)[number % 3],
        grade=("A", "B", None)[number % 3],
        persona=("author", None)[number % 2],
        status=("active", "active", "disqualified")[number % 3],
    )


def _facts(number: int, contact: Contact) -> list[Fact]:
    found = []
    for count in range(number % 5):
        at = NOW - (count * 10 * DAY if number % 2 else timedelta(0) if count else -DAY)
        found.append(
            Fact(
                id=f"{number}:{count}",
                person=contact.key,
                at=to_instant(at),
                kind=("page_viewed", "form_submitted")[(number + count) % 2],
                direction="in",
                actor=("human", "machine", "unknown")[(number + count) % 3],
                subject=("/pricing", "/pricing/team", None, "/blog/100%_[x]")[(number + count) % 4],
                value=None,
                attrs=({"seconds": 30.0}, {"seconds": "30"}, {})[count % 3],
            )
        )
    return found


def _consent(number: int, contact: Contact) -> None:
    says = (("given",), ("given", "withdrawn"), ("asked",), ("withdrawn", "given"))[number % 4]
    for count, state in enumerate(says):
        at = NOW - 5 * DAY + count * DAY
        note_consent(contact, "newsletter", Consent.State(state), how=Consent.How.FORM, at=at)


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything a definition may ask about, read once: the people alive, and what there is by contact."""

    contacts: tuple[Contact, ...]
    standings: dict[int, Standing]
    touches: dict[int, list[Touch]]
    said: dict[int, dict[str, str]]
    allow: dict[int, bool]
    members: dict[str, set[int]]
    now: datetime

    def who(self, condition: Any) -> set[int]:
        """The ids of everybody for whom a condition holds."""
        return {each.pk for each in self.contacts if self._holds(condition, each)}

    def _holds(self, condition: Any, contact: Contact) -> bool:
        match condition:
            case d.AllOf(all=parts):
                return all(self._holds(part, contact) for part in parts)
            case d.AnyOf(any=parts):
                return any(self._holds(part, contact) for part in parts)
            case d.NoneOf(none=parts):
                return not any(self._holds(part, contact) for part in parts)
            case d.TouchIs(touch=asked):
                rows = self.touches.get(contact.pk, [])
                return sum(_counts(row, asked, self.now) for row in rows) >= asked.count
            case d.ConsentIs():
                if condition.is_ == "given":
                    return self.allow[contact.pk]
                return self.said[contact.pk].get(condition.consent, "unknown") == condition.is_
            case d.SegmentIs(segment=key):
                return contact.pk in self.members.get(key, set())
            case d.TraitIs(trait=tests):
                return all(compile_test(test)(contact.traits.get(name)) for name, test in tests.items())
            case d.CompanyIs(company=tests):
                return all(
                    compile_test(test)(getattr(contact.company, name, None) or None)
                    for name in type(tests).model_fields
                    if isinstance(test := getattr(tests, name), Test)
                )
        return _stands(condition, contact, self.standings[contact.pk], self.now)


def read_all(now: datetime = NOW) -> Reading:
    """The world as it is."""
    contacts = tuple(
        Contact.objects.filter(merged_into=None).select_related("company", "owner").order_by("pk")
    )
    touches: dict[int, list[Touch]] = {}
    for row in Touch.objects.filter(at__lte=now):
        touches.setdefault(row.contact_id or 0, []).append(row)
    said: dict[int, dict[str, str]] = {each.pk: {} for each in contacts}
    for word in (
        Consent.objects.exclude(state="asked")
        .filter(at__lte=now)
        .order_by("at", "pk")
        .select_related("contact")
    ):
        said[word.contact.merged_into_id or word.contact_id][word.purpose] = word.state
    members: dict[str, set[int]] = {}
    for key, pk in SegmentMember.objects.values_list("segment__key", "contact_id"):
        members.setdefault(key, set()).add(pk)
    allow = {each.pk: may(each, "newsletter", now) for each in contacts}
    return Reading(contacts, Standing.objects.in_bulk(), touches, said, allow, members, now)


def _stands(condition: Any, contact: Contact, standing: Standing, now: datetime) -> bool:
    match condition:
        case d.ScoreIs(score=asked):
            shown = round(
                score_from(standing.heat, day_of(to_instant(now)), half_life=HALF_LIFE, limit=MOST), 6
            )
            return (asked.gte is None or shown >= asked.gte) and (asked.lt is None or shown < asked.lt)
        case d.TagIs(tag=wanted):
            return bool(set(wanted) & set(contact.tags))
        case d.LanguageIs(language=wanted):
            ours = contact.language or "none"
            return any(ours == each or ours.startswith(f"{each}-") for each in wanted)
        case d.OwnerIs(owner=wanted):
            return (contact.owner.email if contact.owner else "none") in wanted
    word = next(iter(type(condition).model_fields))
    value = getattr(contact if word in ("source", "country") else standing, word)
    return (value or "none") in getattr(condition, word)


def _counts(row: Touch, asked: d.Touches, now: datetime) -> bool:
    return (
        (asked.kind is None or row.kind in asked.kind)
        and row.actor in asked.actor
        and (asked.within is None or row.at > now - timedelta(microseconds=asked.within))
        and (asked.subject is None or any(_fits(row.subject, each) for each in asked.subject))
        and all(compile_test(test)(row.attrs.get(name)) for name, test in asked.attrs.items())
    )


def _fits(subject: str | None, glob: str) -> bool:
    return subject is not None and fnmatchcase(subject, glob.replace("[", "[[]"))

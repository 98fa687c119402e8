"""Contacts that may be one, and why we think so. Nothing is merged by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Min, QuerySet, Value
from django.db.models.functions import Concat, Left, Replace, StrIndex, Substr

from ripeline.people.models import Contact, Identity
from ripeline.timeline.identities.living import homes_by_id
from ripeline.timeline.identities.models import KeptApart, Merge, Proof


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts by id, the older first, and why they may be one, as a sentence."""

    one: int
    other: int
    why: str


def find_pairs(limit: int) -> list[Pair]:
    """Pairs that may be one, surest first, each once: `limit` of each kind at most. Reads everybody."""
    kinds = (_proven(limit), _claimed(limit), _alike_addresses(limit), _namesakes(limit), _same_phone(limit))
    found: dict[tuple[int, int], Pair] = {}
    for kind in kinds:
        for pair in kind:
            found.setdefault((pair.one, pair.other), pair)
    return list(found.values())


def still_open(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of whom both live, and whom nobody said to be two."""
    living = {pk for pk, home in homes_by_id(_everybody(pairs)).items() if home.contact == pk}
    apart = _kept_apart(_everybody(pairs))
    return [
        each for each in pairs if {each.one, each.other} <= living and (each.one, each.other) not in apart
    ]


def _everybody(pairs: Iterable[Pair]) -> set[int]:
    return {pk for each in pairs for pk in (each.one, each.other)}


def _kept_apart(pks: set[int]) -> set[tuple[int, int]]:
    said = KeptApart.objects.filter(one__in=pks, other__in=pks).values_list("one", "other")
    undone = Merge.objects.filter(
        kept__in=pks, gone__in=pks, undone_at__isnull=False, undone_by__isnull=False
    )
    pairs = [*said, *undone.values_list("kept", "gone")]
    return {(min(pair), max(pair)) for pair in pairs}


def _proven(limit: int) -> Iterator[Pair]:
    """Who proved an address that leads to another."""
    why = "One of them proved that {} is theirs; it leads to the other."
    yield from _said(Proof.objects.filter(is_claim=False), why, limit)


def _claimed(limit: int) -> Iterator[Pair]:
    """Of whom a website said what somebody who knows better said of another."""
    why = "A website or a form had said that {} is one's, before we knew that it is the other's."
    yield from _said(Proof.objects.filter(is_claim=True), why, limit)


def _said(found: QuerySet[Proof], why: str, limit: int) -> Iterator[Pair]:
    proofs = list(found.order_by("-at", "-pk").select_related("contact")[:limit])
    rows = Identity.objects.filter(value__in=[each.value for each in proofs]).exclude(
        kind=Identity.Kind.PHONE
    )
    holders = {(kind, value): pk for kind, value, pk in rows.values_list("kind", "value", "contact")}
    for proof in proofs:
        prover = proof.contact.merged_into_id or proof.contact_id
        holder = holders.get((proof.kind, proof.value), prover)
        if holder != prover:
            low, high = sorted((holder, prover))
            yield Pair(low, high, why.format(proof.value))


def _alike_addresses(limit: int) -> Iterator[Pair]:
    """Addresses that differ by dots and by what follows a plus: mostly one mailbox."""
    local, at = Left("value", StrIndex("value", Value("@")) - 1), StrIndex("value", Value("@"))
    plain = Replace(Left(local, StrIndex(Concat(local, Value("+")), Value("+")) - 1), Value("."), Value(""))
    rows = Identity.objects.filter(kind=Identity.Kind.EMAIL, value__contains="@")
    rows = rows.annotate(mailbox=Concat(plain, Substr("value", at)))
    for mailbox, low, high in _twice(rows.values("mailbox"), "mailbox", limit):
        yield Pair(low, high, f"Their addresses are one but for dots and plus signs: {mailbox}.")


def _same_phone(limit: int) -> Iterator[Pair]:
    """A number that two have; one that more have is an office's."""
    rows = Identity.objects.filter(kind=Identity.Kind.PHONE, contact__merged_into=None)
    for value, low, high in _twice(rows.values("value"), "value", limit, most=2):
        yield Pair(low, high, f"They have the same phone number, {value}.")


def _twice(rows: object, name: str, limit: int, most: int = 20) -> Iterator[tuple[str, int, int]]:
    counted = rows.annotate(  # type: ignore[attr-defined]
        people=Count("contact", distinct=True), low=Min("contact"), high=Max("contact")
    )
    found = counted.filter(people__gt=1, people__lte=most).order_by(name)
    yield from found.values_list(name, "low", "high")[:limit]


def _namesakes(limit: int) -> Iterator[Pair]:
    """Two of a name at one company."""
    rows = (
        Contact.objects.filter(merged_into=None, company__isnull=False)
        .exclude(name="")
        .values("company", "sort_name")
    )
    counted = rows.annotate(people=Count("pk"), low=Min("pk"), high=Max("pk"), called=Min("name"))
    found = counted.filter(people__gt=1).order_by("company", "sort_name")
    for called, firm, low, high in found.values_list("called", "company__name", "low", "high")[:limit]:
        yield Pair(low, high, f"Both are called {called} and work at {firm}.")

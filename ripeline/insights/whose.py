"""Whose contacts a page is about, and how to ask for theirs alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from ripeline.people.models import Contact

MANY = 5_000
"""Of so many contacts the latest few moves are sooner found among everybody's than by a look at each of them; of less
not."""

# Up to here everybody's moves are sooner read than all contacts of somebody who has thousands.
SOON = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Whose:
    """The contacts of the user with this id (None: everybody's); `is_many` where these are thousands."""

    owner: int | None = None
    is_many: bool = False

    @property
    def contacts(self) -> Q:
        """As a condition on rows that have a `contact`."""
        if self.owner is None:
            return Q()
        if not self.is_many:
            return Q(contact__owner=self.owner)
        # Looked at for each row in turn: the database walks the rows in their order, and stops when it has enough.
        return Q(Exists(Contact.objects.filter(pk=OuterRef("contact"), owner=self.owner)))


def theirs(length: timedelta, *, is_many: bool) -> str:
    """The tables contact `c` and transition `t` for the moves of one owner in a period so long, in the order in which
    to read them: CROSS JOIN is an order to SQLite."""
    contact, transition = "ripeline_contact c", "ripeline_transition t"
    if is_many and length < SOON:
        return f"{transition} CROSS JOIN {contact}"
    return f"{contact} CROSS JOIN {transition}"


def whose(owner: int | None) -> Whose:
    """The contacts of a user, counted."""
    if owner is None:
        return Whose()
    return Whose(owner, is_many=Contact.objects.filter(owner=owner).count() >= MANY)

"""The columns of the contacts list, and which of them somebody sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ripeline.contacts.models import ColumnChoice, Room
from ripeline.people.models import User


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, the words at its head, the order it can be sorted by (as an address says it at the first
    click), and whether it is shown until somebody chooses otherwise. Numbers are set right; `is_wide` columns are
    left out on a phone."""

    key: str
    title: str
    sort: str = ""
    is_usual: bool = True
    is_number: bool = False
    is_wide: bool = True


COLUMNS = (
    Column("company", "Company"),
    Column("stage", "Stage", is_wide=False),
    Column("rating", "Rating"),
    Column("grade", "Fit"),
    Column("score", "Score", sort="-score", is_number=True, is_wide=False),
    Column("owner", "Owner"),
    Column("source", "Source", is_usual=False),
    Column("heard", "Last heard", sort="-heard"),
    Column("entered", "In stage since", sort="-entered", is_usual=False),
    Column("created", "Created", sort="-created", is_usual=False),
    Column("email", "Email", is_usual=False),
    Column("country", "Country", is_usual=False),
)
# The name is always there: it is what leads to the person.
NAME = Column("name", "Name", sort="name", is_wide=False)
USUAL = tuple(column.key for column in COLUMNS if column.is_usual)


def read_columns(user: User) -> tuple[Column, ...]:
    """The columns `user` sees, in the list's own order."""
    chosen = (
        ColumnChoice.objects.filter(user=user, room=Room.CONTACTS).values_list("columns", flat=True).first()
    )
    wanted = USUAL if chosen is None else chosen
    return tuple(column for column in COLUMNS if column.key in wanted)


def keep_columns(user: User, keys: Iterable[str]) -> None:
    """Keeps which columns `user` sees; unknown keys are left out."""
    wanted = set(keys)
    known = [column.key for column in COLUMNS if column.key in wanted]
    ColumnChoice.objects.update_or_create(user=user, room=Room.CONTACTS, defaults={"columns": known})


def forget_columns(user: User) -> None:
    """Back to the usual columns."""
    ColumnChoice.objects.filter(user=user, room=Room.CONTACTS).delete()

"""What columns are called in real exports, in the languages our users write.

Two columns of one file may claim the same field; the higher claim wins. 100 is a name that means nothing
else, 50 one that often does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast, get_args

from ripeline.kit.folding import plain

Field = Literal[
    "email",
    "first_name",
    "last_name",
    "full_name",
    "phone",
    "company",
    "domain",
    "industry",
    "employees",
    "title",
    "seniority",
    "country",
    "language",
    "time_zone",
    "owner",
    "tags",
    "source",
    "external_id",
    "created_at",
    "trait",
    "ignore",
]
FIELDS: tuple[Field, ...] = get_args(Field)
# Several columns may fill these together; of the others one column fills one field.
SHARED: frozenset[Field] = frozenset({"email", "phone", "tags", "trait", "ignore"})

_LEADS = re.compile(
    r"^(?:person|contact|kontakt|lead|prospect|customer|user|organization|organisation|mql)\s+"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(name: str) -> str:
    """A column's name as separate plain words: `TotalVisits` is `total visits`."""
    return plain(_CAMEL.sub(" ", name))


def claim_of(name: str) -> tuple[Field, int] | None:
    """The field a column of this name is for, and how surely (0 to 100); None where the name says
    nothing.
    """
    split, whole = words(name), plain(name)
    for form in (split, whole, _LEADS.sub("", split), _LEADS.sub("", whole)):
        if found := _claims().get(form):
            return found
    return None


def is_known_name(name: str) -> bool:
    """Whether a column of this name occurs in the exports we know."""
    return claim_of(name) is not None


@lru_cache(maxsize=1)
def _claims() -> dict[str, tuple[Field, int]]:
    """Every known name with its field and claim; of a name listed twice the higher claim."""
    claims: dict[str, tuple[Field, int]] = {}
    field, claim = FIELDS[0], 0
    for line in Path(__file__).with_name("column_names.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            word, _, number = line.strip("[]").partition(" ")
            field, claim = FIELDS[FIELDS.index(cast(Field, word))], int(number)
        elif not line.startswith("#"):
            for name in filter(None, (each.strip() for each in line.split(";"))):
                if name not in claims or claims[name][1] < claim:
                    claims[name] = (field, claim)
    return claims

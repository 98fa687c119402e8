"""Search by any part of a name, address, number or company; see migration 0002_search for what it stands on.

Each word of the search must occur: three characters or more anywhere, fewer at the beginning of a word.
"""

from __future__ import annotations

from dataclasses import dataclass

from ripeline.contacts.lists.wanted import Condition
from ripeline.kit.folding import fold_words
from ripeline.kit.sql import Sql, is_sqlite, joined

LONGEST = 100
MOST_WORDS = 8
# A trigram index knows nothing shorter.
PART = 3
# What may stand before a word, besides the beginning of a line.
BEFORE = (" ", ".", "@", "-", "+")
TRIGGERS = 7


@dataclass(frozen=True, slots=True)
class Searched:
    """A table that can be searched: its alias in a list, the text a search looks through, folded with its parts on
    lines of their own, SQLite's index of it, and the index of names with what everything in it passes."""

    alias: str
    table: str
    text: str
    index: str
    name_index: str
    holds: str = "1 = 1"


PEOPLE = Searched(
    alias="c",
    table="ripeline_contact",
    text="c.search_text",
    index="ripeline_contact_search",
    name_index="contact_name",
    holds="c.merged_into_id IS NULL",
)
ORGANISATIONS = Searched(
    alias="c",
    table="ripeline_company",
    text="c.search_text",
    index="ripeline_company_search",
    name_index="company_name",
)


def search_words(text: str) -> tuple[str, ...]:
    """The words to look for, folded as `search_text` is, each once."""
    printable = "".join(each if each.isprintable() else " " for each in text[:LONGEST])
    return tuple(dict.fromkeys(fold_words(printable).split()))[:MOST_WORDS]


def search_conditions(searched: Searched, words: tuple[str, ...]) -> tuple[Condition, ...]:
    """The rows in which every word occurs. A single letter alone is how the name begins."""
    longer = [word for word in words if len(word) >= PART - 1]
    letters = [word for word in words if len(word) < PART - 1]
    found = []
    if longer:
        found.append(_holds(searched, longer))
    elif letters:
        found.append(_name_begins(searched, letters.pop(0)))
    if letters:
        check = joined(" AND ", [_occurs(searched, letter) for letter in letters])
        found.append(Condition(check, frozenset(searched.alias)))
    return tuple(found)


def tag_condition(tags: tuple[str, ...]) -> Condition:
    """The contacts that bear one of these tags."""
    if is_sqlite():
        check = joined(
            " OR ", [Sql("EXISTS (SELECT 1 FROM json_each(c.tags) WHERE value = %s)", (tag,)) for tag in tags]
        )
        lines = " OR ".join(_quoted(f"\n{tag}\n") for tag in tags)
        ids = Sql(
            "SELECT rowid AS id FROM ripeline_contact_search WHERE ripeline_contact_search MATCH %s",
            (f"tags : ({lines})",),
        )
    else:
        check = joined(" OR ", [Sql("c.tags @> jsonb_build_array(%s::text)", (tag,)) for tag in tags])
        ids = Sql(f"SELECT c.id AS id FROM ripeline_contact c WHERE {check.text}", check.params)  # noqa: S608
    return Condition(Sql(f"({check.text})", check.params), frozenset("c"), ids, is_dear=not is_sqlite())


def search_ready() -> str | None:
    """What is wrong with the search and what to do about it, as a sentence; None when it is quick and right."""
    if is_sqlite():
        triggers = Sql(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
            " AND tbl_name IN ('ripeline_contact', 'ripeline_company')"
        ).number()
        missing = "The search index is not kept up to date: its triggers are missing. Run `ripeline migrate`."
        return missing if triggers < TRIGGERS else None
    found = Sql(
        "SELECT count(*) FROM pg_indexes WHERE indexname IN ('contact_words', 'company_words')"
    ).number()
    slow = (
        "Searching reads every contact: PostgreSQL's extension pg_trgm was not there when the index was to be made."
        " Install it (Debian: postgresql-contrib; then, as a superuser: CREATE EXTENSION pg_trgm), and run"
        " `ripeline migrate`."
    )
    return slow if found < 2 else None


def _holds(searched: Searched, words: list[str]) -> Condition:
    check = joined(" AND ", [_occurs(searched, word) for word in words])
    if is_sqlite():
        matches = " AND ".join(_match(word) for word in words)
        ids = Sql(
            f"SELECT rowid AS id FROM {searched.index} WHERE {searched.index} MATCH %s",  # noqa: S608
            (f"words : ({matches})",),
        )
    else:
        ids = Sql(f"SELECT c.id AS id FROM {searched.table} c WHERE {check.text}", check.params)  # noqa: S608
    return Condition(check, frozenset(searched.alias), ids, is_dear=not is_sqlite())


def _name_begins(searched: Searched, letter: str) -> Condition:
    """SQLite: a range of the index of names. PostgreSQL orders names by its own rules, and its trigrams know how
    a word begins."""
    if is_sqlite():
        check = Sql("(c.sort_name >= %s AND c.sort_name < %s)", (letter, chr(ord(letter) + 1)))
        hint = f" INDEXED BY {searched.name_index}"
    else:
        check = Sql(f"{searched.text} LIKE %s ESCAPE '!'", (f"{_escaped(letter)}%",))
        hint = ""
    where = f"{searched.holds} AND {check.text}"
    ids = Sql(f"SELECT c.id AS id FROM {searched.table} c{hint} WHERE {where}", check.params)  # noqa: S608
    return Condition(check, frozenset(searched.alias), ids, is_dear=not is_sqlite())


def _occurs(searched: Searched, word: str) -> Sql:
    befores = [""] if len(word) >= PART else ["\n", *BEFORE]
    either = [
        Sql(f"{searched.text} LIKE %s ESCAPE '!'", (f"%{before}{_escaped(word)}%",)) for before in befores
    ]
    if len(word) < PART:
        either.append(Sql(f"{searched.text} LIKE %s ESCAPE '!'", (f"{_escaped(word)}%",)))
    found = joined(" OR ", either)
    return Sql(f"({found.text})", found.params)


def _match(word: str) -> str:
    if len(word) >= PART:
        return _quoted(word)
    return "(" + " OR ".join(_quoted(before + word) for before in ("\n", *BEFORE)) + ")"


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")

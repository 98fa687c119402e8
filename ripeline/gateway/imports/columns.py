"""Which column is which field: by what it is called, then by what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ripeline.gateway.imports import cells
from ripeline.gateway.imports.hosts import shared_host
from ripeline.gateway.imports.mapping import ColumnRule, Mapping, Reads
from ripeline.gateway.imports.names import SHARED, Field, claim_of, words
from ripeline.kit.folding import plain
from ripeline.people.values import read_country, read_domain, read_language, read_yes_no

SAMPLE = 1_000
_PAIRS = ({"y", "n"}, {"j", "n"}, {"t", "f"})
# Words in the names of columns that are answered by yes or no, in the languages our users write.
_ASKING = frozenset(
    "is has had did can should opt opted optin optout consent consented agreed accepts accepted subscribed"
    " unsubscribed newsletter active inactive enabled disabled verified confirmed bounced deleted blocked archived"
    " flag ist hat darf aktiv inaktiv einwilligung abonniert bestatigt actif inactif abonne consentement activo"
    " suscrito consentimiento attivo iscritto consenso ativo inscrito actief".split()
)
_ENOUGH = 0.6
_NUMBERED = re.compile(r"Column \d+\Z")
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z", re.I)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column is taken for, why, and some of its cells. `claim` (0-100) settles who gets a field."""

    column: str
    field: Field
    why: str
    claim: int
    reads: Reads = "text"
    filled: int = 0
    examples: tuple[str, ...] = ()


def guess_columns(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Guess, ...]:
    """What each column is, from its name and the cells of up to 1,000 `rows`.

    A name decides unless the cells plainly contradict it; where two columns claim a field that only one can
    fill, the loser becomes a trait.
    """
    guesses = []
    for number, column in enumerate(columns):
        filled = [text for row in rows[:SAMPLE] if not cells.is_empty(text := cells.clean(row[number]))]
        guesses.append(_guess(column, filled, is_whole=len(rows) < SAMPLE))
    return _one_each(guesses)


def draft_mapping(
    columns: Sequence[str], rows: Sequence[Sequence[str]], base: Mapping | None = None
) -> Mapping:
    """`base` with a rule for every column: its own where it has one, else as `base.others` says."""
    given = base or Mapping()
    if given.others == "ignore":
        rules = dict.fromkeys(columns, ColumnRule(field="ignore"))
    else:
        rules = {guess.column: rule_for(guess) for guess in guess_columns(columns, rows)}
        if given.others == "trait":
            rules = {name: _as_trait(rule) for name, rule in rules.items()}
    taken = {rule.field for rule in given.columns.values()} - SHARED
    rules = {name: _as_trait(rule) if rule.field in taken else rule for name, rule in rules.items()}
    return given.model_copy(update={"columns": rules | given.columns, "others": "ignore"})


def rule_for(guess: Guess) -> ColumnRule:
    """The mapping's rule that says what the guess says."""
    trait = trait_name(guess.column) if guess.field == "trait" else ""
    return ColumnRule(field=guess.field, trait=trait, reads=guess.reads)


def trait_name(column: str) -> str:
    """A column's name as a trait's: `Total Time Spent` becomes `total_time_spent`."""
    return words(column).replace(" ", "_")[:60].strip("_") or "unnamed"


def _as_trait(rule: ColumnRule) -> ColumnRule:
    if rule.field in ("ignore", "trait"):
        return rule
    return rule.model_copy(update={"field": "ignore"})


def _guess(column: str, filled: list[str], *, is_whole: bool) -> Guess:
    named = claim_of(column)
    if not filled:
        return _guess_empty(column, named, is_whole=is_whole)
    examples = tuple(dict.fromkeys(filled))[:3]
    guess = _by_name(column, filled, named) or _by_content(column, filled)
    return replace(guess, filled=len(filled), examples=examples)


def _guess_empty(column: str, named: tuple[Field, int] | None, *, is_whole: bool) -> Guess:
    """A column without a cell so far: further down there may be some, unless it has not even a name."""
    if named:
        return Guess(column, named[0], "by its name; no cell yet", named[1], _reads(named[0]))
    if is_whole or _NUMBERED.match(column):
        return Guess(column, "ignore", "empty in every row looked at", 0)
    return Guess(column, "trait", "kept as a trait of its own; no cell yet", 0)


def _by_name(column: str, filled: list[str], named: tuple[Field, int] | None) -> Guess | None:
    if not named:
        return None
    field, claim = named
    test = _MUST_LOOK.get(field)
    if field == "domain" and _share(filled, cells.is_web) >= 0.3 and _share(filled, _is_own_web) < 0.3:
        return Guess(column, "trait", "its pages are on hosts many share, no company's website", 0)
    if test and _share(filled, test) < 0.3:
        return None
    if field == "company" and _share(filled, cells.is_number) > _ENOUGH:
        return None
    return Guess(column, field, f"by its name '{column}'", claim, _reads(field))


def _reads(field: Field) -> Reads:
    return "date" if field == "created_at" else "text"


def _by_content(column: str, filled: list[str]) -> Guess:
    if _are_yes_no(column, filled):
        return Guess(column, "trait", "its cells are yes or no", 0, "yes_no")
    for field, test, what in _BY_LOOK:
        share = _share(filled, test)
        if share >= (_ENOUGH if field == "email" else 0.9):
            return Guess(column, field, f"{share:.0%} of its cells are {what}", 30)
    if len(set(filled)) == len(filled) >= 20 and _share(filled, _is_long_id) >= 0.95:
        return Guess(column, "external_id", "every cell is another long key", 30)
    if _share(filled, cells.is_date) >= 0.9:
        return Guess(column, "trait", "its cells are dates", 0, "date")
    if _share(filled, cells.is_number) >= 0.95 and not any(_leading_zero(text) for text in filled):
        return Guess(column, "trait", "its cells are numbers", 0, "number")
    return Guess(column, "trait", "kept as a trait of its own", 0)


def _one_each(guesses: list[Guess]) -> tuple[Guess, ...]:
    """Each field that is not shared goes to the column that claims it most, the first of equals."""
    best: dict[Field, Guess] = {}
    for guess in guesses:
        held = best.get(guess.field)
        if held is None or _rank(guess) > _rank(held):
            best[guess.field] = guess
    return tuple(
        guess if guess.field in SHARED or best[guess.field] is guess else _loses(guess, best[guess.field])
        for guess in guesses
    )


def _rank(guess: Guess) -> tuple[bool, int]:
    return (guess.filled > 0, guess.claim)


def _loses(guess: Guess, winner: Guess) -> Guess:
    return replace(guess, field="trait", why=f"'{winner.column}' is the {winner.field.replace('_', ' ')}")


def _share(filled: list[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, filled)) / len(filled)


def _is_own_web(text: str) -> bool:
    return cells.is_web(text) and not shared_host(read_domain(text) or "")


def _has_address(text: str) -> bool:
    return "@" in text


def _is_country(text: str) -> bool:
    return read_country(text) is not None


def _is_language(text: str) -> bool:
    return read_language(text) is not None


def _are_yes_no(column: str, filled: list[str]) -> bool:
    """Whether the cells are yes or no beyond doubt. A `x`, a `y` or a `-1` alone may be anything; the two letters of a
    pair are clear beside each other, and 0 and 1 where the column's name is a question.
    """
    said = {plain(text) if text.isalpha() else text for text in filled}
    if said <= {"0", "1"}:
        return any(word in _ASKING for word in words(column).split()) or column.rstrip().endswith("?")
    return said in _PAIRS or all(len(word) > 1 and word.isalpha() and _is_yes_no(word) for word in said)


def _is_yes_no(text: str) -> bool:
    return read_yes_no(text) is not None


def _is_long_id(text: str) -> bool:
    return _ID.match(text) is not None


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text) or len(text) > 3


def _is_dated(text: str) -> bool:
    return cells.is_date(text) or (text.isdigit() and len(text) in (8, 10, 13)) or text[:4].isdigit()


def _leading_zero(text: str) -> bool:
    return len(text) > 1 and text[0] == "0" and text.isdigit()


def _is_name(text: str) -> bool:
    return not cells.looks_like_data(text)


# What most cells must look like before a name is believed: `Source` full of dates is no source.
_MUST_LOOK: dict[Field, Callable[[str], bool]] = {
    "email": _has_address,
    "first_name": _is_name,
    "last_name": _is_name,
    "full_name": _is_name,
    "phone": _has_digit,
    "country": _is_country,
    "language": _is_language,
    "created_at": _is_dated,
    "domain": cells.is_web,
    "title": _is_name,
    "source": _is_name,
}
_BY_LOOK: tuple[tuple[Field, Callable[[str], bool], str], ...] = (
    ("email", cells.is_address, "email addresses"),
    ("phone", cells.is_phone, "phone numbers"),
    ("country", _is_country, "countries"),
)

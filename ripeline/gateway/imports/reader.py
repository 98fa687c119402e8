"""From a row's cells to what they say of one person: fields, traits and touches, as a mapping rules."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from ripeline.gateway.imports.cells import PLACEHOLDERS, SURE_PLACEHOLDERS, Cleaner
from ripeline.gateway.imports.dates import read_date, why_no_date
from ripeline.gateway.imports.mapping import CellTest, Lookup, MomentRule, Said, TouchRule, places
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.seniority import seniority_of
from ripeline.gateway.imports.table import Rejected, Row, Why
from ripeline.gateway.imports.takes import Settled, taker
from ripeline.gateway.imports.touches import LONGEST_ID, LONGEST_KIND
from ripeline.kit.folding import plain
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.instant import parse_instant
from ripeline.lifecycle.touch import KINDS, Scalar, Touch
from ripeline.people import values
from ripeline.people.contacts import LONGEST

# Country first, since it says how phone numbers are written.
_ORDER = {"country": 0, "email": 1}
_NAMELIKE = frozenset({"first_name", "last_name", "full_name", "country"})


class _Ahead(ValueError):
    """A touch dated at what is still to come."""


class Reader:
    """Reads rows of one file by one mapping. Made once, used for every row."""

    def __init__(self, columns: tuple[str, ...], settled: Settled, latest: int) -> None:
        """`latest` is the last instant a touch may be dated at."""
        self._latest = latest
        mapping = self._mapping = settled.mapping
        self._settled = settled
        self._at = {name: number for number, name in enumerate(columns)}
        keep = {plain(word) for word in mapping.keep}
        extra = {plain(word) for word in mapping.empty}
        self._cleaner = Cleaner((PLACEHOLDERS | extra) - keep)
        surely = Cleaner((SURE_PLACEHOLDERS | extra) - keep)
        self._takes = [
            (
                self._at[name],
                name,
                rule.values,
                surely.said if rule.field in _NAMELIKE else self._cleaner.said,
                taker(settled, name, rule),
            )
            for name, rule in sorted(mapping.columns.items(), key=lambda item: _ORDER.get(item[1].field, 5))
            if name in self._at and rule.field != "ignore"
        ]
        keys = [name for name, rule in mapping.columns.items() if rule.field in ("email", "external_id")]
        self._nobody = _say_nobody([name for name in keys if name in self._at])
        self._has_seniority = any(rule.field == "seniority" for rule in mapping.columns.values())

    def read(self, row: Row) -> Record | Rejected:
        """The record of a row; Rejected where nobody could be recognised by it or a touch's date is
        wrong.
        """
        record = Record(row.line, row.cells)
        cells = row.cells
        for position, name, replaced, said, take in self._takes:
            text = said(cells[position])
            if not text:
                continue
            if replaced and not (text := replaced.get(text, text)):
                continue
            note = take(record, text)
            if note:
                record.notes.append(f"{name}: {note}")
        if not record.emails and not record.external:
            return _nobody(record, row, self._nobody)
        _derive(record, self._has_seniority)
        return self._add_touches(record, row)

    def cell(self, row: Row, column: str) -> str:
        """The cleaned cell of `column`, empty where it is a placeholder."""
        return self._cleaner.said(row.cells[self._at[column]])

    def moment(self, row: Row, rule: MomentRule) -> int | None:
        """The instant a rule names; None where its cell is empty. Raises ValueError with a sentence."""
        at = self._moment(row, rule)
        if at is not None and at > self._latest:
            said = (
                f"'{self.cell(row, rule.column)[:40]}' in {rule.column}" if rule.column else str(rule.fixed)
            )
            raise _Ahead(f"{said} is more than a day ahead: nothing can have happened then")
        return at

    def _moment(self, row: Row, rule: MomentRule) -> int | None:
        if rule.fixed is not None:
            return parse_instant(rule.fixed)
        if rule.column is None:
            raise ValueError("the mapping gives this touch no moment")
        text = self.cell(row, rule.column)
        if not text:
            return None
        column = self._settled.dated(rule.column, rule.order, rule.format)
        found = read_date(text, column)
        if found is None:
            raise ValueError(why_no_date(text, column, f"in {rule.column}"))
        return to_instant(found)

    def _add_touches(self, record: Record, row: Row) -> Record | Rejected:
        try:
            if self._mapping.traits_at:
                record.traits_at = self.moment(row, self._mapping.traits_at)
            for rule in self._mapping.touches:
                if touch := self._touch(record, row, rule):
                    record.touches.append(touch)
        except ValueError as trouble:
            why = Why.FUTURE if isinstance(trouble, _Ahead) else Why.BAD_DATE
            return Rejected(row.line, "", f"{trouble}.", why, tuple(row.cells))
        return record

    def _touch(self, record: Record, row: Row, rule: TouchRule) -> Touch | None:
        if any(not _passes(self.cell(row, name), test) for name, test in rule.when.items()):
            return None
        kind = self._said(row, rule.kind)
        at = self.moment(row, rule.at) if kind else None
        if not kind or at is None:
            return None
        subject = self._said(row, rule.subject)
        attrs = {
            name: said for name, each in rule.attrs.items() if (said := self._scalar(row, each)) is not None
        }
        uid = self._said(row, rule.id) or _uid(record, kind, at, subject)
        if len(uid) > LONGEST_ID:
            raise ValueError(f"'{uid[:40]}...' has {len(uid):,} letters; an id has {LONGEST_ID} at most")
        return Touch(
            id=uid,
            person="",
            at=at,
            kind=kind[:LONGEST_KIND],
            direction=rule.direction or KINDS.get(kind, "internal"),
            actor=rule.actor,
            subject=subject,
            value=self._value(row, rule.value),
            attrs=attrs,
        )

    def _value(self, row: Row, said: Said | None) -> float | None:
        text = self._said(row, said)
        if text is None:
            return None
        name = said.column if isinstance(said, Lookup) else next(iter(places(said or "")), "")
        number = values.read_number(text, self._settled.numbered(name).decimal)
        if number is None:
            raise ValueError(f"'{text}' is no number")
        return number

    def _scalar(self, row: Row, said: Said) -> Scalar:
        if isinstance(said, str) or said.reads == "text":
            return self._said(row, said)
        if said.reads == "number":
            return self._value(row, said)
        return values.read_yes_no(self._said(row, said) or "")

    def _said(self, row: Row, said: Said | None) -> str | None:
        """The text a rule gives for a row; None where a cell it needs is empty."""
        if said is None:
            return None
        if isinstance(said, Lookup):
            text = self.cell(row, said.column)
            if text in said.values:
                return said.values[text]
            return said.otherwise if said.values or not text else text
        for name in places(said):
            text = self.cell(row, name)
            if not text:
                return None
            said = said.replace("{" + name + "}", text)
        return said


def _derive(record: Record, has_seniority: bool) -> None:
    """What follows from the cells: the parts of a whole name, and the level of a job title."""
    fields = record.fields
    if "name" in fields and "first_name" not in fields and "last_name" not in fields:
        first, last = values.read_name(fields["name"])
        fields["first_name"], fields["last_name"] = (
            first[: LONGEST["first_name"]],
            last[: LONGEST["last_name"]],
        )
    if not has_seniority and "title" in fields and (level := seniority_of(fields["title"])):
        fields["seniority"] = level


def _say_nobody(keys: Sequence[str]) -> str:
    """What is said of a row that names nobody, where these columns might have."""
    if not keys:
        return "No column of the file holds an email address or a key of another system."
    said = " and ".join(f"'{key[:40]}'" for key in keys[:5])
    return f"The row names nobody: {said} {'is' if len(keys) == 1 else 'are'} empty."


def _nobody(record: Record, row: Row, said: str) -> Rejected:
    if record.notes:
        wrong = next((note for note in record.notes if "email address" in note), None)
        if wrong:
            return Rejected(row.line, "", f"{wrong}, and no other key.", Why.BAD_ADDRESS, tuple(row.cells))
    return Rejected(row.line, "", said, Why.NO_KEY, tuple(row.cells))


def _passes(text: str, test: CellTest) -> bool:
    if test.exists is not None and bool(text) != test.exists:
        return False
    if test.in_ and text not in test.in_:
        return False
    if test.above is not None:
        number = values.read_number(text) if text else None
        if number is None or number <= test.above:
            return False
    return text not in test.not_


def _uid(record: Record, kind: str, at: int, subject: str | None) -> str:
    said = "\x1f".join((record.first_key, kind, str(at), subject or ""))
    return f"row:{blake2b(said.encode(), digest_size=16).hexdigest()}"

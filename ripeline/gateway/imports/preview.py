"""What an import would do, counted row by row before anything is written, with the first examples of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import islice

from ripeline.gateway.imports.apply import ROWS, known_uids
from ripeline.gateway.imports.columns import trait_name
from ripeline.gateway.imports.companies import company_of, naming
from ripeline.gateway.imports.decide import OUTCOMES, Decider, Decision, Step
from ripeline.gateway.imports.facts import UNDATED, own_kinds
from ripeline.gateway.imports.mapping import ColumnRule, columns_named
from ripeline.gateway.imports.merge import AlreadySaid
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.source import Source
from ripeline.gateway.imports.survey import Progress
from ripeline.people.contacts import display_name

EXAMPLES = 5
WARNED = 5


@dataclass(slots=True)
class Example:
    """One row as an example: its line, who or what it holds, and what would happen or why not."""

    line: int
    who: str
    what: str


@dataclass(slots=True)
class Preview:
    """Rows read, and how many people they would create, update, leave unchanged or merge, and rows rejected: the
    five add up to `rows`. `touches` are the file's by kind, `own_touches` those the import adds. `reasons` counts
    rejections and `left_out` cells that cannot be used, by reason; `columns` says of each column what it was taken
    for and why; `notes` are sentences on the file, `warnings` on what is probably not meant.
    """

    rows: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    companies: int = 0
    touches: dict[str, int] = field(default_factory=dict)
    touched: dict[str, tuple[int, int]] = field(default_factory=dict)
    own_touches: dict[str, int] = field(default_factory=dict)
    touches_known: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    columns: list[dict[str, object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """For keeping with the import."""
        return asdict(self)


@dataclass(slots=True)
class _Touched:
    """Of whom the touches of a file are that the log does not have; a person by their id, else by a hash of their
    surest key, so that a million of them fit in memory."""

    people: set[int] = field(default_factory=set)
    touches: int = 0


def preview(source: Source, progress: Progress | None = None) -> Preview:
    """Reads the whole file and decides on every row as the import would; writes nothing."""
    seen = Preview(notes=_notes(source), columns=_columns(source))
    decider = Decider(source.mapping, AlreadySaid(source.repeats))
    companies: set[tuple[str, str]] = set()
    touched = _Touched(), _Touched()
    names: dict[str, dict[str, str]] = {}
    rows = source.read()
    while batch := list(islice(rows, ROWS)):
        step = decider.decide(batch)
        seen.rows += len(batch)
        _count(seen, step, touched)
        _count_own(seen, step)
        for each in step.decisions:
            name = naming(each.record)
            if all(name):
                names.setdefault(name[0], {}).setdefault(name[1], each.record.fields["company"])
            if any(name) and step.companies.of(each.record) is None:
                companies.add(name)
        if progress:
            progress(seen.rows)
    seen.companies = len(companies)
    for whose, found in zip(("known", "new"), touched, strict=True):
        if found.touches:
            seen.touched[whose] = (len(found.people), found.touches)
    seen.warnings = _warnings(names)
    return seen


def _warnings(names: dict[str, dict[str, str]]) -> list[str]:
    """Domains that carry several companies' names, the most names first: their people would all be put together."""
    several = sorted(((len(each), domain) for domain, each in names.items() if len(each) > 1), reverse=True)
    said = []
    for count, domain in several[:WARNED]:
        shown = ", ".join(list(names[domain].values())[:3]) + (" ..." if count > 3 else "")
        said.append(f"{domain} stands beside {count:,} company names ({shown}): they become one company.")
    if len(several) > WARNED:
        said.append(f"So it is with {len(several) - WARNED:,} more domains.")
    return said


def _count(seen: Preview, step: Step, touched: tuple[_Touched, _Touched]) -> None:
    seen.counts = {name: seen.counts[name] + step.counts[name] for name in OUTCOMES}
    known = known_uids([fact.id for each in step.decisions for fact in each.record.touches])
    for each in step.decisions:
        fresh = _count_touches(seen, each.record, known)
        if fresh:
            whose = touched[each.is_new]
            whose.touches += fresh
            whose.people.add(each.pk or hash(each.record.first_key))
        _example(seen, each.outcome, each.record.line, _who(each), _what(each, fresh))
        for note in each.record.notes:
            _note(seen, each, note)
    reasons: Counter[str] = Counter(seen.reasons)
    for row in step.rejected:
        reasons[row.why.value] += 1
        shown = row.raw or ", ".join(cell for cell in row.cells if cell)
        _example(seen, "rejected", row.line, shown[:120], row.reason)
    seen.reasons = dict(reasons)


def _count_touches(seen: Preview, record: Record, known: set[str]) -> int:
    """Counts the touches of one person; returns how many of them are not `known`, and from now on are."""
    fresh = 0
    for fact in record.touches:
        if fact.id in known:
            seen.touches_known += 1
            continue
        known.add(fact.id)
        seen.touches[fact.kind] = seen.touches.get(fact.kind, 0) + 1
        fresh += 1
    return fresh


def _count_own(seen: Preview, step: Step) -> None:
    kinds: Counter[str] = Counter(seen.own_touches)
    for each in step.decisions:
        company = step.companies.of(each.record)
        if company is None and any(naming(each.record)):
            company = company_of(each.record, UNDATED)
        kinds.update(own_kinds(each, company))
    seen.own_touches = dict(kinds)


def _example(seen: Preview, outcome: str, line: int, who: str, what: str) -> None:
    examples = seen.examples.setdefault(outcome, [])
    if len(examples) < EXAMPLES:
        examples.append(Example(line, who, what))


def _note(seen: Preview, decision: Decision, note: str) -> None:
    """Cells left out are counted by column; a mapping of a thousand bad cells stays a short list."""
    column = note.partition(":")[0] if ": " in note else "keys of another contact"
    seen.left_out[column] = seen.left_out.get(column, 0) + 1
    _example(seen, "left_out", decision.record.line, _who(decision), note)


def _who(decision: Decision) -> str:
    record = decision.record
    fields = record.fields
    name = display_name(fields.get("first_name", ""), fields.get("last_name", ""), fields.get("name", ""))
    if not name and decision.contact:
        name = decision.contact.name
    key = record.emails[0] if record.emails else record.external[0] if record.external else ""
    return f"{name} <{key}>" if name and key else name or key


def _what(decision: Decision, fresh: int) -> str:
    """What would happen to a person of whom so many touches are `fresh`."""
    touches = f"{fresh:,} {'touch' if fresh == 1 else 'touches'}"
    if decision.is_new:
        return f"becomes a contact with {touches}" if fresh else "becomes a contact"
    said = [
        f"{name.removesuffix('_id').replace('_', ' ')}: {value}" for name, value in decision.columns.items()
    ]
    said += [f"{name}: {value}" for name, value in decision.traits.items()]
    said += [f"+{each}" for each in (*decision.emails, *decision.phones, *decision.external, *decision.tags)]
    said += [f"+{touches}"] if fresh else []
    return "; ".join(said)[:300] or "nothing new"


def _notes(source: Source) -> list[str]:
    if source.look is None:
        return []
    shape = source.look.shape
    marks = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    between = marks.get(shape.separator, repr(shape.separator))
    notes = [f"Read as {shape.encoding}, cells between {between}.", *shape.notes]
    dates = source.look.settled.dates
    notes += [f"Dates in {name}: {column.evidence}." for name, column in dates.items() if column.evidence]
    numbers = source.look.settled.numbers
    notes += [f"Numbers in {name}: {column.evidence}." for name, column in numbers.items() if column.evidence]
    return notes


def _columns(source: Source) -> list[dict[str, object]]:
    if source.look is None:
        return []
    rules = source.mapping.columns
    in_touches = {name for steps, name in columns_named(source.mapping) if steps[0] != "columns"}
    return [
        {
            "name": guess.column,
            "field": rules[guess.column].field,
            "trait": _trait(guess.column, rules[guess.column]),
            "in_touches": guess.column in in_touches,
            "reads": rules[guess.column].reads,
            "why": guess.why if guess.field == rules[guess.column].field else "as you say",
            "examples": list(guess.examples),
        }
        for guess in source.look.guesses
    ]


def _trait(column: str, rule: ColumnRule) -> str:
    return (rule.trait or trait_name(column)) if rule.field == "trait" else ""

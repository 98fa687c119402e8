"""A preview and a result as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ripeline.gateway.imports.preview import Preview
from ripeline.gateway.imports.undo import STAYING
from ripeline.gateway.models import Import
from ripeline.lifecycle.words import say_signal

Said = tuple[str, str]
"""One of it, and several."""
_SAID: dict[str, Said] = {
    "created": ("contact made", "contacts made"),
    "updated": ("contact updated", "contacts updated"),
    "unchanged": ("already as the file says",) * 2,
    "merged": (
        "more row about a person named before, united",
        "more rows about a person named before, united",
    ),
    "rejected": ("left out",) * 2,
}
WITH_TOUCHES = "known already, details as they are"
"""What to say of those of whom a file has touches and else nothing new."""
_WILL = _SAID | {
    "created": ("contact to make", "contacts to make"),
    "updated": ("contact to update", "contacts to update"),
    "rejected": ("to leave out",) * 2,
}
_TOUCHES = ("touch recorded", "touches recorded")
OWN_SAID = {"imported": "that they came by this import", "traits_changed": "what became known of them"}
TOLD_STAYING = 5


def preview_lines(seen: Preview) -> Iterator[str]:
    """What an import would do, for a terminal."""
    yield from seen.notes
    unused = [column for column in seen.columns if column["field"] == "ignore"]
    aside = [str(column["name"]) for column in unused if not column["in_touches"]]
    told = [str(column["name"]) for column in unused if column["in_touches"]]
    for column in seen.columns:
        if column["field"] == "ignore":
            continue
        field = str(column["field"]).replace("_", " ")
        where = f"trait {column['trait']}" if field == "trait" else field
        yield f"  {column['name']} -> {where} ({column['why']})"
    if told:
        yield f"  for touches: {', '.join(told)}"
    if aside:
        yield f"  left aside: {', '.join(aside)}"
    yield from (f"! {warning}" for warning in seen.warnings)
    yield f"{_counted(seen.rows, 'row')}:"
    for name, said in _words(_WILL, has_touches=bool(seen.touches or seen.touches_known)).items():
        if seen.counts[name]:
            yield _line(seen.counts[name], said)
            for example in seen.examples.get(name, [])[:3]:
                yield f"             line {example.line}: {example.who}: {example.what}"
    for line in _touch_lines(seen.as_json()):
        yield _line(line.count, (f"  {line.said}" if line.is_part else line.said,) * 2)
    if seen.companies:
        yield _line(seen.companies, ("company to make", "companies to make"))
    yield from _trouble(seen)


def result_lines(import_of: Import, command: str = "contacts") -> Iterator[str]:
    """What became of an import, for a terminal; `command` is the one of `ripeline import` that was used."""
    counts = import_of.counts
    if import_of.state == Import.State.UNDONE:
        yield undone_sentence(import_of)
        yield from (f"  {line}" for line in import_of.left_in_place[:TOLD_STAYING])
        return
    if import_of.state == Import.State.FAILED:
        yield f"Stopped at row {import_of.position:,}: {import_of.error}"
    elif import_of.claimed_by:
        yield f"Another process goes on with it, from {rows_done(import_of)}."
        return
    elif import_of.state != Import.State.DONE:
        yield f"Stopped after {rows_done(import_of)}; nothing is half done."
        yield f"Go on with: ripeline import {command} --resume {import_of.key}"
    yield f"{_counted(import_of.position, 'row')}:"
    for name, said in _words(_SAID, has_touches=has_touches(import_of)).items():
        if counts.get(name):
            yield _line(counts[name], said)
    for name, said in (
        ("touches", _TOUCHES),
        *((kind, (f"  of these: {why}",) * 2) for kind, why in OWN_SAID.items()),
        ("touches_known", ("touch known already", "touches known already")),
        ("companies", ("company made", "companies made")),
    ):
        if counts.get(name):
            yield _line(counts[name], said)
    if counts.get("rejected"):
        yield f"The rows left out, with reasons: ripeline import rejected {import_of.key} > rejected.csv"
    yield f"Take it back with: ripeline import {command} --undo {import_of.key}"


def rows_done(import_of: Import) -> str:
    """How many rows of how many an import is done with, in words."""
    if import_of.rows is None:
        return _counted(import_of.position, "row")
    return f"{import_of.position:,} of {_counted(import_of.rows, 'row')}"


@dataclass(frozen=True, slots=True)
class Line:
    """A number and what it counts; `is_part` where it is part of the line above."""

    count: int
    said: str
    is_part: bool = False


def counted(import_of: Import) -> list[Line]:
    """What an import would do, or did, as numbers with their words, for its page."""
    counts: dict[str, int] = import_of.counts
    tells = has_touches(import_of)
    if counts:
        said = _words(_SAID, has_touches=tells)
        lines = [*_outcomes(said, counts, {}), *_outcomes({"touches": _TOUCHES}, counts, {})]
        own = [
            Line(counts[kind], f"of these: {why}", is_part=True)
            for kind, why in OWN_SAID.items()
            if counts.get(kind)
        ]
        return [*lines, *own, *_outcomes({"companies": ("company made", "companies made")}, counts, {})]
    seen = import_of.preview
    said = _words(_WILL, has_touches=tells)
    lines = [*_outcomes(said, seen.get("counts", {}), seen.get("reasons", {})), *_touch_lines(seen)]
    lines += _outcomes({"companies": ("company to make", "companies to make")}, seen, {})
    cells = sorted(seen.get("left_out", {}).items(), key=lambda item: -item[1])
    return [
        *lines,
        *(
            Line(count, f"{_one_of(('cell', 'cells'), count)} of {column} left empty")
            for column, count in cells
        ),
    ]


def has_touches(import_of: Import) -> bool:
    """Whether the file says what people did, beside who they are."""
    seen = import_of.preview
    return import_of.form == Import.Form.TOUCHES or bool(seen.get("touches") or seen.get("touches_known"))


def _words(words: dict[str, Said], *, has_touches: bool) -> dict[str, Said]:
    """Who is `unchanged` may get touches none the less: the file does not leave them as they were."""
    if not has_touches:
        return words
    merged = ("more row about a person named before", "more rows about people named before")
    return words | {"unchanged": (WITH_TOUCHES,) * 2, "merged": merged}


def _touch_lines(seen: Mapping[str, Any]) -> Iterator[Line]:
    """The touches an import would record, of how many people they are and what they say; `seen` as it is kept."""
    kinds: dict[str, int] = seen.get("touches", {})
    if kinds:
        count = sum(kinds.values())
        yield Line(count, _one_of(("touch to record", "touches to record"), count))
    people = {"known": ("person known already", "people known already"), "new": ("new person", "new people")}
    touched = seen.get("touched", {})
    for name, said in people.items():
        if name in touched:
            many, touches = touched[name]
            yield Line(touches, f"of {many:,} {_one_of(said, many)}", is_part=True)
    for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])):
        yield Line(count, f"of these: {say_signal(kind)}", is_part=True)
    for kind, count in sorted(seen.get("own_touches", {}).items()):
        yield Line(count, f"{_one_of(('touch', 'touches'), count)}: {OWN_SAID[kind]}")
    if count := seen.get("touches_known", 0):
        yield Line(count, _one_of(("touch that is known already", "touches that are known already"), count))


def _outcomes(words: dict[str, Said], counts: Mapping[str, int], reasons: Mapping[str, int]) -> list[Line]:
    lines = []
    for name, said in words.items():
        if counts.get(name):
            lines.append(Line(counts[name], _one_of(said, counts[name])))
            if name == "rejected":
                lines += [
                    Line(count, reason, is_part=True)
                    for reason, count in sorted(reasons.items(), key=lambda item: -item[1])
                ]
    return lines


def _one_of(said: Said, count: int) -> str:
    return said[count != 1]


def undone_sentence(import_of: Import) -> str:
    """How many people were taken back, and how many stay for which reason."""
    counts = import_of.counts
    stays = [
        f"{counts[name]:,} {'stays' if counts[name] == 1 else 'stay'} because {why}"
        for name, why in ((f"stay_{word}", why) for word, why in STAYING.items())
        if counts.get(name)
    ]
    if fields := counts.get("fields_stay"):
        stays.append(
            f"{_counted(fields, 'field')} of contacts {'stays' if fields == 1 else 'stay'} as changed since"
        )
    if not stays:
        return "Everything this import brought was taken back."
    taken = f"{counts.get('taken_back', 0):,} taken back"
    return f"{', '.join([taken, *stays])}."


def _line(count: int, said: Said) -> str:
    return f"  {count:>9,}  {said[count != 1]}"


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one if count == 1 else one + 's'}"


def _trouble(seen: Preview) -> Iterator[str]:
    for reason, count in sorted(seen.reasons.items(), key=lambda item: -item[1]):
        yield f"  left out for {reason}: {count:,}"
    for column, count in sorted(seen.left_out.items(), key=lambda item: -item[1]):
        yield f"  cells of {column} left empty: {count:,}"
    for example in seen.examples.get("left_out", [])[:3]:
        yield f"             line {example.line}: {example.what}"

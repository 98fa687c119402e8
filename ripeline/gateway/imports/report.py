"""A preview and a result as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ripeline.gateway.imports.preview import Preview
from ripeline.gateway.models import Import

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
    for name, said in _WILL.items():
        if seen.counts[name]:
            yield _line(seen.counts[name], said)
            for example in seen.examples.get(name, [])[:3]:
                yield f"             line {example.line}: {example.who}: {example.what}"
    for kind, count in sorted(seen.touches.items()):
        yield _line(count, (f"touch {kind}", f"touches {kind}"))
    for kind, count in sorted(seen.own_touches.items()):
        yield _line(count, (f"touch {kind}: {OWN_SAID[kind]}", f"touches {kind}: {OWN_SAID[kind]}"))
    if seen.touches_known:
        yield _line(seen.touches_known, ("touch that is known already", "touches that are known already"))
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
    elif import_of.state != Import.State.DONE:
        yield f"Stopped after {import_of.position:,} of {import_of.rows or 0:,} rows; nothing is half done."
        yield f"Go on with: ripeline import {command} --resume {import_of.key}"
    yield f"{_counted(import_of.position, 'row')}:"
    for name, said in _SAID.items():
        if counts.get(name):
            yield _line(counts[name], said)
    for name, said in (
        ("touches", _TOUCHES),
        *((kind, (f"of these {kind}: {why}",) * 2) for kind, why in OWN_SAID.items()),
        ("touches_known", ("touch known already", "touches known already")),
        ("companies", ("company made", "companies made")),
    ):
        if counts.get(name):
            yield _line(counts[name], said)
    if counts.get("rejected"):
        yield f"The rows left out, with reasons: ripeline import rejected {import_of.key} > rejected.csv"
    yield f"Take it back with: ripeline import {command} --undo {import_of.key}"


@dataclass(frozen=True, slots=True)
class Line:
    """A number and what it counts; `is_part` where it is part of the line above."""

    count: int
    said: str
    is_part: bool = False


def counted(import_of: Import) -> list[Line]:
    """What an import would do, or did, as numbers with their words, for its page."""
    counts: dict[str, int] = import_of.counts
    if counts:
        lines = [*_outcomes(_SAID, counts, {}), *_outcomes({"touches": _TOUCHES}, counts, {})]
        own = [
            Line(counts[kind], f"of these: {why}", is_part=True)
            for kind, why in OWN_SAID.items()
            if counts.get(kind)
        ]
        return [*lines, *own, *_outcomes({"companies": ("company made", "companies made")}, counts, {})]
    seen = import_of.preview
    lines = _outcomes(_WILL, seen.get("counts", {}), seen.get("reasons", {}))
    for kind, count in sorted(seen.get("touches", {}).items()):
        lines.append(Line(count, f"{_one_of(('touch', 'touches'), count)} {kind}"))
    for kind, count in sorted(seen.get("own_touches", {}).items()):
        lines.append(Line(count, f"{_one_of(('touch', 'touches'), count)}: {OWN_SAID[kind]}"))
    lines += _outcomes({"companies": ("company to make", "companies to make")}, seen, {})
    cells = sorted(seen.get("left_out", {}).items(), key=lambda item: -item[1])
    return [
        *lines,
        *(
            Line(count, f"{_one_of(('cell', 'cells'), count)} of {column} left empty")
            for column, count in cells
        ),
    ]


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
        f"{counts[name]:,} stay because {why}"
        for name, why in (
            ("stay_recorded", "something was recorded of them since"),
            ("stay_changed", "they were changed since"),
        )
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

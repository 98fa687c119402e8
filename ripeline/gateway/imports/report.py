"""A preview and a result as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from ripeline.gateway.imports.preview import Preview
from ripeline.gateway.models import Import

_SAID = {
    "created": "contacts made",
    "updated": "contacts updated",
    "unchanged": "already as the file says",
    "merged": "more rows about a person named before, united",
    "rejected": "left out",
}
_WILL = _SAID | {"created": "contacts to make", "updated": "contacts to update", "rejected": "to leave out"}


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
    yield f"{seen.rows:,} rows:"
    for name, said in _WILL.items():
        if seen.counts[name]:
            yield f"  {seen.counts[name]:>9,}  {said}"
            for example in seen.examples.get(name, [])[:3]:
                yield f"             line {example.line}: {example.who}: {example.what}"
    for kind, count in sorted(seen.touches.items()):
        yield f"  {count:>9,}  touches {kind}"
    if seen.touches_known:
        yield f"  {seen.touches_known:>9,}  touches that are known already"
    if seen.companies:
        yield f"  {seen.companies:>9,}  companies to make"
    yield from _trouble(seen)


def result_lines(import_of: Import) -> Iterator[str]:
    """What became of an import, for a terminal."""
    counts = import_of.counts
    if import_of.state == Import.State.UNDONE:
        yield "Everything this import brought was taken back."
        yield from (f"  {line}" for line in import_of.left_in_place)
        return
    if import_of.state == Import.State.FAILED:
        yield f"Stopped at row {import_of.position:,}: {import_of.error}"
    elif import_of.state != Import.State.DONE:
        yield f"Stopped after {import_of.position:,} of {import_of.rows or 0:,} rows; nothing is half done."
        yield f"Go on with: ripeline import contacts --resume {import_of.key}"
    yield f"{import_of.position:,} rows:"
    for name, said in _SAID.items():
        if counts.get(name):
            yield f"  {counts[name]:>9,}  {said}"
    for name, said in (
        ("touches", "touches recorded"),
        ("touches_known", "touches known already"),
        ("companies", "companies made"),
    ):
        if counts.get(name):
            yield f"  {counts[name]:>9,}  {said}"
    if counts.get("rejected"):
        yield f"The rows left out, with reasons: ripeline import rejected {import_of.key} > rejected.csv"
    yield f"Take it back with: ripeline import contacts --undo {import_of.key}"


def _trouble(seen: Preview) -> Iterator[str]:
    for reason, count in sorted(seen.reasons.items(), key=lambda item: -item[1]):
        yield f"  left out for {reason}: {count:,}"
    for column, count in sorted(seen.left_out.items(), key=lambda item: -item[1]):
        yield f"  cells of {column} left empty: {count:,}"
    for example in seen.examples.get("left_out", [])[:3]:
        yield f"             line {example.line}: {example.what}"

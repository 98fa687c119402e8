"""Properties as a touch keeps them: one level of names, each with a text, a number, yes or no; bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ripeline.lifecycle.touch import Scalar

DEPTH = 3
"""Levels of objects whose names are joined (`address_city`); what lies deeper is left out."""
ATTRS = 64
LONGEST_NAME = 64
LONGEST_TEXT = 500
LONGEST_ADDRESS = 2_000


def flatten(said: Mapping[str, object], *, most: int = ATTRS) -> tuple[dict[str, Scalar], int]:
    """The first `most` values of an object and of those in it, and how many more there were.

    Names of several levels are joined by `_`, as Segment's warehouses do. Lists of plain values become one text, of
    lists of objects only how many there are is kept. Texts are cut.
    """
    found: dict[str, Scalar] = {}
    left = 0
    for name, value in _walk(said, "", DEPTH):
        if name in found:
            continue
        if len(found) < most:
            found[name] = value
        else:
            left += 1
    return found, left


def plain(value: object, longest: int = LONGEST_TEXT) -> str | None:
    """A text or a number as text, cut; None where it is neither, or empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip()[:longest] or None


def number(value: object) -> float | None:
    """The number that was said, in whatever form."""
    if isinstance(value, bool):
        return None
    try:
        read = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return read if read is not None and abs(read) < 1e15 else None


def _walk(said: Mapping[str, object], before: str, depth: int) -> Iterator[tuple[str, Scalar]]:
    for key, value in said.items():
        name = f"{before}{key}"[:LONGEST_NAME]
        if isinstance(value, dict):
            if depth > 1:
                yield from _walk(value, f"{name}_", depth - 1)
        elif isinstance(value, list):
            yield from _of_list(name, value)
        elif isinstance(value, str):
            is_address = value.startswith(("http://", "https://"))
            yield name, value[: LONGEST_ADDRESS if is_address else LONGEST_TEXT]
        elif value is None or isinstance(value, bool):
            yield name, value
        elif isinstance(value, int | float):
            yield name, value if isinstance(value, float) or abs(value) < 2**53 else float(value)


def _of_list(name: str, values: list[object]) -> Iterator[tuple[str, Scalar]]:
    words = [word for each in values[:ATTRS] if (word := plain(each)) is not None]
    if words:
        yield name, ", ".join(words)[:LONGEST_TEXT]
    elif values:
        yield f"{name}_count"[:LONGEST_NAME], len(values)

"""Several things in one field, one a line: what is there already stays to the letter, whatever it looks like."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from ripeline.lifecycle.touch import Scalar


def lines(text: str) -> list[str]:
    """The lines with something in them, blanks at their ends taken off."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def one_line(text: str) -> str:
    """The text as a line can show it: every run of blanks and line breaks is one blank."""
    return " ".join(text.split())


def write_lines(values: Iterable[str]) -> str:
    """The values, one a line."""
    return "\n".join(map(one_line, values))


def read_lines(text: str, known: Iterable[str], read: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """The values, once each: a line that shows a known one is that one, any other is read."""
    shown = {one_line(value): value for value in known}
    found: list[str] = []
    for line in lines(text):
        value = shown.get(one_line(line))
        found += read(line) if value is None else [value]
    return tuple(dict.fromkeys(found))


def write_traits(traits: Mapping[str, Scalar]) -> str:
    """The traits by name, one a line as `name: value`; one without a value as `name:`."""
    return "\n".join(_trait_line(name, value) for name, value in sorted(traits.items()))


def read_traits(text: str, known: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The traits of the lines: a line that shows a known trait is that one; of others numbers and yes or no become
    such. Raises ValueError with a sentence for a line that is no trait."""
    typed = {one_line(line): line for line in lines(text)}
    found = {name: value for name, value in known.items() if _trait_line(name, value) in typed}
    kept = {_trait_line(name, value) for name, value in found.items()}
    for shown, line in typed.items():
        if shown in kept:
            continue
        name, value = _split_trait(shown, known)
        if not name or not value:
            raise ValueError(f"“{line}” is not of the form name: value.")
        found[name] = _scalar(value, known.get(name))
    return found


def _trait_line(name: str, value: Scalar) -> str:
    return one_line(f"{name}: {_written(value)}")


def _split_trait(line: str, known: Mapping[str, Scalar]) -> tuple[str, str]:
    """Name and value; a name we know may have blanks and colons in it, a new one has neither."""
    for name in sorted(known, key=len, reverse=True):
        start = f"{one_line(name)}:"
        if line.startswith(start):
            return name, line.removeprefix(start).strip()
    name, _, value = line.partition(":")
    return name.strip().replace(" ", "_"), value.strip()


def _written(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.15g}" if isinstance(value, int | float) else value


def _scalar(text: str, was: Scalar) -> Scalar:
    """What is written is a number where it looks like one, and yes or no where it was that before."""
    if isinstance(was, bool) and text.lower() in ("yes", "no"):
        return text.lower() == "yes"
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number) or isinstance(was, str):
        return text
    return int(number) if number.is_integer() and "." not in text and "e" not in text.lower() else number

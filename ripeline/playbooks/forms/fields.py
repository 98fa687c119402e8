"""The fields of a draft's forms: each shows one value of the document and reads it back. Pure.

A field never refuses what was typed: it goes into the document as it is, and what is wrong with it is said by the
same check that reads the text. Both views of a draft so tell the same mistakes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from ripeline.lifecycle.playbook import PlaybookMistakes, read_plain
from ripeline.playbooks.drafts.writing import write_block
from ripeline.playbooks.lines import Path

ABSENT: Final = object()
"""Stands for a key that is not there."""
Choices = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""What can be chosen, in groups: a heading (may be empty), and values with what they are called."""
UNITS: Final = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_DURATION = re.compile(r"(\d{1,9})\s*([a-z]*)", re.IGNORECASE)
_SHORT = re.compile(r"\b\d{1,9}[smhdw]\b")
_SCALAR = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,]+?)\s*(?:,|$)')
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")


@dataclass(frozen=True, slots=True)
class Input:
    """One control. `kind` is text, number, select, area or checks; `label` is read aloud, `before` and `after` are
    the words of the sentence round it; `size` is a width in letters, `hint` what being
    empty means."""

    name: str
    value: str
    label: str
    kind: str = "text"
    before: str = ""
    after: str = ""
    choices: Choices = ()
    size: int = 0
    hint: str = ""

    @property
    def chosen(self) -> list[str]:
        """The values ticked, of checks."""
        return self.value.split("\n") if self.value else []


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the document at `path`, in one or more inputs. `read` makes the value from what was typed (one
    text for each input) and the value as it is; `shapes` says that it changes the paths of what is within."""

    path: Path
    inputs: tuple[Input, ...]
    read: Callable[[list[str], Any], Any]
    label: str = ""
    help: str = ""
    errors: tuple[str, ...] = ()
    shapes: bool = False

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of the controls that the errors are of: those they quote, else those that are typed in."""
        if not self.errors:
            return ()
        quoted = [it.name for it in self.inputs if any(_quotes(each, it.value) for each in self.errors)]
        typed = [it.name for it in self.inputs if it.kind != "select"]
        return tuple(quoted or typed or [it.name for it in self.inputs])


def _quotes(error: str, value: str) -> bool:
    return bool(value) and (f"'{value}'" in error or error.startswith(f"{value} "))


def name_of(path: Iterable[str | int]) -> str:
    """A path as the name of a control."""
    return "/".join(quote(str(step), safe="") for step in path)


def value_at(plain: Any, path: Path) -> Any:
    """The value at a path, or ABSENT."""
    for step in path:
        try:
            plain = plain[step]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return plain


def put_at(plain: Any, path: Path, value: Any) -> None:
    """Puts a value at a path; ABSENT takes the key away. Mappings on the way are made where they are not."""
    for step in path[:-1]:
        if isinstance(plain, dict) and (step not in plain or plain[step] is None):
            plain[step] = {}
        plain = plain[step]
    if value is not ABSENT:
        plain[path[-1]] = value
    elif isinstance(plain, dict):
        plain.pop(path[-1], None)


def read_text(given: list[str], _: Any = None) -> Any:
    """A text; nothing typed takes the key away."""
    return given[0].strip() or ABSENT


def read_number(given: list[str], _: Any = None) -> Any:
    """A number where it is one."""
    text = given[0].strip()
    return _number(text) if text else ABSENT


def read_duration(given: list[str], _: Any = None) -> Any:
    """A duration: `60 days`, `60d`, `2 weeks`; anything else as it was typed."""
    text = given[0].strip()
    found = _DURATION.fullmatch(text)
    unit = found[2].lower() if found else ""
    short = next((key for key, word in UNITS.items() if unit and unit in (key, word, f"{word}s")), "")
    return f"{int(found[1])}{short}" if found and short else text or ABSENT


def show_duration(value: Any) -> str:
    """`60d` as `60 days`."""
    found = re.fullmatch(r"(\d{1,9})([smhdw])", value) if isinstance(value, str) else None
    if not found:
        return show_typed(value)
    count = int(found[1])
    return f"{count} {UNITS[found[2]]}{'' if count == 1 else 's'}"


def say_as_typed(message: str) -> str:
    """A mistake in the words of the forms, where `30d` is typed as `30 days`."""
    if (
        " is not a duration" not in message
        and "usable duration" not in message
        and "whole days" not in message
    ):
        return message
    said = _SHORT.sub(lambda found: show_duration(found[0]), message)
    return said.removeprefix("'' is not a duration; ")


def show_scalar(value: Any) -> str:
    """A value as it is typed; a text that reads like something else in quotes."""
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}"
    text = str(value)
    if isinstance(value, str) and (
        text != text.strip() or not text or read_scalar(text) != text or "," in text
    ):
        return json.dumps(text, ensure_ascii=False)
    return text


def read_scalar(text: str) -> Any:
    """A number, true, false, or a text (in quotes where it reads like one of these)."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return json.loads(text)
        except ValueError:
            return text
    if text in ("true", "false"):
        return text == "true"
    return _number(text)


def _number(text: str) -> Any:
    if not _NUMBER.fullmatch(text):
        return text
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def show_typed(value: Any) -> str:
    """A number or duration as it is typed; what was emptied stays empty."""
    return "" if value == "" else show_scalar(value)


def show_list(value: Any) -> str:
    """Values with commas between."""
    return ", ".join(show_scalar(it) for it in listed(value))


def read_list(text: str) -> list[Any]:
    """Values with commas between."""
    return [read_scalar(found) for found in _SCALAR.findall(text)]


def listed(value: Any) -> list[Any]:
    """A list as it is, one value as a list of it, nothing as an empty one."""
    if value is ABSENT or value is None:
        return []
    return value if isinstance(value, list) else [value]


def read_lines(given: list[str], old: Any) -> Any:
    """Texts, one on each line; one alone stays without a list where it was without."""
    lines = [line.strip() for line in given[0].splitlines() if line.strip()]
    if not lines:
        return ABSENT
    return lines[0] if len(lines) == 1 and not isinstance(old, list) else lines


def show_snippet(value: Any) -> str:
    """A value as YAML; what is not YAML as it was typed."""
    return value if isinstance(value, str) else "" if value is ABSENT else write_block(value, 0)


def read_snippet(given: list[str], _: Any = None) -> Any:
    """The value a piece of YAML means; what is not YAML is kept as it was typed, for the check to tell of."""
    text = given[0].replace("\r\n", "\n").strip()
    if not text:
        return ABSENT
    try:
        return read_plain(text)
    except PlaybookMistakes:
        return text


def snippet(path: Path, value: Any, errors: tuple[str, ...], label: str) -> Field:
    """A value too rich for a form, as YAML."""
    control = Input(name_of(path), show_snippet(value), label, kind="area")
    return Field(path, (control,), read_snippet, errors=errors, help="As it is written in the text.")

"""Plain values as YAML, in the manner of the shipped playbooks: a line where it fits, lines where it does not. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

# Words that other readers of YAML take for something else than a text.
AMBIGUOUS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "none", "nan", "inf", "y", "n"})
PLAIN = re.compile(r"\d{1,9}[smhdw]|[^\W\d_](?:[\w./@+()%-]|(?<!:) (?=[\w(]))*")
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def write_scalar(value: Any, *, quoted: bool = False) -> str:
    """A text, number, boolean or nothing; a text in quotes where it must be, or was before."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    if not quoted and PLAIN.fullmatch(text) and text.lower() not in AMBIGUOUS:
        return text
    return UNSEEN.sub(lambda found: _escaped(found[0]), json.dumps(text, ensure_ascii=False))


def write_flow(value: Any) -> str:
    """Any value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write_scalar(key)}: {write_flow(it)}" for key, it in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write_flow(it) for it in value) + "]"
    return write_scalar(value)


def write_value(value: Any, indent: int, room: int) -> str:
    """What follows a colon or a dash that stands `indent` columns in: behind it where `room` letters are enough."""
    line = write_flow(value)
    if len(line) < room or not isinstance(value, dict | list) or not value:
        return f" {line}"
    return "\n" + write_block(value, indent + 2)


def write_block(value: Any, indent: int) -> str:
    """A mapping or a list line by line, `indent` columns in."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "\n".join(
            f"{pad}{write_scalar(key)}:{write_value(it, indent, 108 - indent - len(str(key)))}"
            for key, it in value.items()
        )
    if isinstance(value, list) and value:
        return "\n".join(write_item(it, indent) for it in value)
    return pad + write_flow(value)


def write_item(value: Any, indent: int) -> str:
    """An item of a list with its dash, `indent` columns in; a mapping that does not fit begins behind the dash."""
    pad = " " * indent
    line = write_flow(value)
    if len(line) < 106 - indent or not isinstance(value, dict | list):
        return f"{pad}- {line}"
    return f"{pad}- {write_block(value, indent + 2).lstrip(' ')}"


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"

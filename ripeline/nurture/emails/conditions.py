"""Whom a part of a mail is for, as writers say it (persona is self_publisher, reader) and as Liquid."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ripeline.nurture.emails.templates import quoted

ABOUT: Mapping[str, str] = {
    "persona": 'contact.persona.key == "{}"',
    "stage": 'contact.stage.key == "{}"',
    "language": 'contact.language == "{}"',
    "segment": 'contact.segments contains "{}"',
    "tag": 'contact.tags contains "{}"',
}
_CLAUSE = re.compile(r"\s*(\w+)\s+is(\s+not)?\s+(.+?)\s*", re.S)
RIGHT = "Write it so: persona is self_publisher, reader and stage is not customer."


def read_when(said: str) -> tuple[str, str] | None:
    """The Liquid before and after a part that is for some people only; None where that cannot be read."""
    opened, closed = "", ""
    for clause in re.split(r"\s+and\s+", said.strip()):
        match = _CLAUSE.fullmatch(clause)
        values = [each.strip() for each in match[3].split(",")] if match else []
        if not match or match[1] not in ABOUT or not all(values):
            return None
        word = "unless" if match[2] else "if"
        opened += f"{{% {word} {condition(match[1], values)} %}}"
        closed = f"{{% end{word} %}}{closed}"
    return opened, closed


def condition(about: str, values: list[str]) -> str:
    """A condition of Liquid: what they are is one of these."""
    asked = ABOUT[about].replace('"{}"', "{}")
    return " or ".join(asked.format(quoted(value)) for value in values)

"""The names that mails may use: those of people, and the few of the house."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ripeline.nurture.emails.mistakes import Mistake, meant
from ripeline.nurture.emails.people import FIELDS, GROUPS
from ripeline.nurture.emails.templates import Field

OURS: Mapping[str, str] = {
    "unsubscribe": "Address to unsubscribe",
    "preferences": "Address to choose what they get",
    "browser": "Address to read it in the browser",
    "sender.name": "Our name",
    "sender.address": "Our postal address",
    "now": "The moment it is sent",
    "today": "The day it is sent",
}
KNOWN = (*FIELDS, *OURS)
_ENDS = (".size", ".first", ".last")


def unknown_fields(fields: Iterable[Field], where: str) -> Iterator[Mistake]:
    """Names that nobody has, and groups that cannot be written, each with what was probably meant."""
    for each in fields:
        path = each.path
        for end in _ENDS:
            path = path.removesuffix(end)
        if path in KNOWN or path.startswith("contact.traits"):
            continue
        if path in GROUPS:
            inner = ", ".join(name for name in FIELDS if name.rpartition(".")[0] == path)
            if each.written:
                yield Mistake(where, each.line, f"{path} is several things.", f"It has {inner}.")
            continue
        close = meant(path, KNOWN) or meant(f"contact.{path}", KNOWN)
        instead = f"Did you mean {close}?" if close else "What you know besides stands in contact.traits."
        yield Mistake(where, each.line, f"There is no {path}.", instead)

"""The pages of forms: one for each part of a playbook, one for each stage and each signal. Pure.

A sheet is made from the values of the document alone; what is sent back is applied to the same values (`form_acts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.words import KIND_WORDS, spaced
from ripeline.playbooks.forms.fields import (
    ABSENT,
    Field,
    Input,
    listed,
    name_of,
    read_duration,
    read_number,
    read_text,
    show_duration,
    show_scalar,
    value_at,
)
from ripeline.playbooks.forms.rules import Act, Adder, Names, RuleForm, adder_of, rule_form, with_present
from ripeline.playbooks.lines import Path


@dataclass(frozen=True, slots=True)
class Item:
    """Something of a list: its fields, its rule, and the buttons that move or remove it. `page` is its place in the
    list where it has a page of its own."""

    name: str
    title: str
    fields: tuple[Field, ...] = ()
    rules: tuple[RuleForm, ...] = ()
    acts: tuple[Act, ...] = ()
    adder: Adder | None = None
    page: int | None = None
    said: str = ""
    errors: tuple[str, ...] = ()
    in_line: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with fields, rules, items and what adds one."""

    title: str
    lead: str = ""
    fields: tuple[Field, ...] = ()
    rules: tuple[RuleForm, ...] = ()
    items: tuple[Item, ...] = ()
    adder: Adder | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of forms. `errors` are those of this part that no field of it has."""

    title: str
    sections: tuple[Section, ...]
    errors: tuple[str, ...] = ()
    above: str = ""

    def fields(self) -> Iterator[Field]:
        """Every field of the page."""
        for section in self.sections:
            yield from section.fields
            for rule in section.rules:
                yield from _fields_of(rule)
            for item in section.items:
                yield from item.fields
                for rule in item.rules:
                    yield from _fields_of(rule)

    @property
    def first_wrong(self) -> str:
        """The name of the first control that is wrong; empty where none is."""
        return next((name for field in self.fields() for name in field.wrong), "")


def _fields_of(rule: RuleForm) -> Iterator[Field]:
    yield from rule.fields
    for part in rule.parts:
        yield from _fields_of(part)


def text_field(
    names: Names, path: Path, label: str, *, help: str = "", size: int = 0, hint: str = ""
) -> Field:
    """A text."""
    control = Input(name_of(path), show_scalar(value_at(names.plain, path)), label, size=size, hint=hint)
    return Field(path, (control,), read_title, label, help, names.errors_at(path))


def title_field(names: Names, path: Path) -> Field:
    """The title of what has a key beside it, which stands for a title that is empty."""
    key = value_at(names.plain, (*path[:-1], "key"))
    if not isinstance(key, str) or value_at(names.plain, path) is not ABSENT:
        return text_field(names, path, "Title")
    help = f"Without a title it is called by its key, “{key}”, everywhere people read of it."
    return text_field(names, path, "Title", help=help, hint=key)


def read_title(given: list[str], _: Any = None) -> Any:
    """A text that stays one, whatever it looks like."""
    text = given[0].strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text or ABSENT


def number_field(names: Names, path: Path, label: str, *, help: str = "", after: str = "") -> Field:
    """A number."""
    control = Input(name_of(path), show_scalar(value_at(names.plain, path)), label, size=7, after=after)
    return Field(path, (control,), read_number, label, help, names.errors_at(path))


def duration_field(names: Names, path: Path, label: str, *, help: str = "") -> Field:
    """A duration."""
    control = Input(name_of(path), show_duration(value_at(names.plain, path)), label, size=10)
    return Field(path, (control,), read_duration, label, help, names.errors_at(path))


def choice_field(
    names: Names, path: Path, label: str, choices: tuple[tuple[str, str], ...], *, help: str = ""
) -> Field:
    """One of several; nothing chosen takes the key away."""
    present = value_at(names.plain, path)
    known = (("", choices),)
    shown = "" if present is ABSENT else str(present)
    control = Input(name_of(path), shown, label, "select", choices=with_present(known, shown))
    return Field(path, (control,), read_text, label, help, names.errors_at(path))


def checks_field(
    names: Names, path: Path, label: str, choices: Any, *, help: str = "", usual: tuple[str, ...] = ()
) -> Field:
    """Any of several; nothing ticked takes the key away, and so does what is usual where the key was not there."""
    present = value_at(names.plain, path)
    chosen = list(usual) if present is ABSENT else [str(it) for it in listed(present)]
    control = Input(name_of(path), "\n".join(chosen), label, "checks", choices=choices)
    return Field(path, (control,), read_checks, label, help, names.errors_at(path))


def read_checks(given: list[str], old: Any) -> Any:
    """What is ticked, in the order it had, new ones behind; one alone stays without a list where it was without."""
    ticked = given[0].split("\n") if given[0] else []
    before = [str(it) for it in listed(old)]
    kept = [it for it in before if it in ticked] + [it for it in ticked if it not in before]
    if not kept:
        return ABSENT
    return kept[0] if len(kept) == 1 and not isinstance(old, list) else kept


def place_acts(path: Path, count: int, what: str) -> tuple[Act, ...]:
    """Up, down and remove."""
    name, at = name_of(path), path[-1]
    acts = [] if at == 0 else [Act(f"up {name}", f"Move {what} up", "arrow-up")]
    if at != count - 1:
        acts.append(Act(f"down {name}", f"Move {what} down", "arrow-down"))
    return (*acts, Act(f"remove {name}", f"Remove {what}", "x"))


def optional_rule(names: Names, path: Path) -> tuple[tuple[RuleForm, ...], Adder | None]:
    """The rule at a path, or what adds one."""
    value = value_at(names.plain, path)
    if value is ABSENT or value is None:
        return (), adder_of(path, "Add a rule:")
    return (rule_form(names, path, value),), None


def dicts_at(names: Names, section: str) -> list[tuple[int, dict[Any, Any]]]:
    """The items of a list that are mappings, with their places; others only a text can mend."""
    parts = value_at(names.plain, (section,))
    return [
        (at, it) for at, it in enumerate(parts if isinstance(parts, list) else []) if isinstance(it, dict)
    ]


KIND_GROUPS: Final = (
    ("On the web", ("page_viewed", "form_submitted", "asset_downloaded", "subscribed", "link_clicked", "video_watched",
                    "chat_started")),
    ("By email", ("email_sent", "email_delivered", "email_bounced", "email_opened", "email_clicked", "email_replied",
                  "auto_replied", "complained", "unsubscribed")),
    ("Talk", ("call_held", "meeting_booked", "meeting_held", "chat_held", "met_at_event", "social_asked",
              "call_attempted", "message_sent")),
    ("Social media", ("social_liked", "social_commented", "social_followed", "social_connected")),
    ("Deals", ("deal_opened", "quote_sent", "quote_viewed", "deal_won", "deal_lost", "purchased")),
)  # fmt: skip


def kind_choices(present: list[str]) -> Any:
    """Every kind of touch by where it happens, and those of the playbook's own."""
    grouped = {it for _, kinds in KIND_GROUPS for it in kinds}
    rest = tuple(it for it in KINDS if it not in grouped)
    own = tuple(it for it in present if it not in KINDS)
    groups = (*KIND_GROUPS, ("In our own books", rest), *((("Kinds of our own", own),) if own else ()))
    return tuple(
        (title, tuple((it, KIND_WORDS[it][0] if it in KIND_WORDS else spaced(it)) for it in kinds))
        for title, kinds in groups
    )


Page = Callable[[Names], Sheet]
ItemPage = Callable[[Names, int], Sheet | None]

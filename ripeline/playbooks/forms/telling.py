"""The mistakes of a draft in the words of its forms, each with the field that mends it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ripeline.lifecycle.playbook import Mistake
from ripeline.playbooks.forms.fields import Field, Input, say_as_typed
from ripeline.playbooks.forms.pages import make_sheet
from ripeline.playbooks.forms.rules import RuleForm
from ripeline.playbooks.forms.sheets import Item, Section, Sheet

MOST_TOLD: Final = 50
"""So many mistakes of a draft are looked for in its forms; whoever has more begins with these."""
_NAME_PAGE: Final = frozenset({"key", "title", "actors"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the forms show a mistake: the page, the control (empty: nowhere in particular), and how people find it:
    `MQL, comes in when “if score is at least sixty”`."""

    part: str
    item: int | None
    control: str
    words: str


def find_place(plain: Any, mistake: Mistake) -> Place | None:
    """Where the forms show a mistake; None where only the text can mend it."""
    if not isinstance(plain, dict) or not mistake.path:
        return None
    for part, item in _pages(plain, mistake.path):
        sheet = make_sheet(plain, (mistake,), part, item)
        found = next(_found(sheet), None) if sheet else None
        if sheet and found:
            return Place(part, item, found[0], ", ".join([sheet.title, *found[1]]).replace(", “", " “"))
    return None


def say_mistake(mistake: Mistake) -> str:
    """What is wrong, as the forms say it."""
    return say_as_typed(mistake.message)


def _pages(plain: dict[Any, Any], path: str) -> Iterator[tuple[str, int | None]]:
    """The pages of forms that may show what stands at a path, the closest first."""
    first = re.match(r"\w+", path)
    section = first[0] if first else ""
    if section == "stages" and (at := re.match(r"stages\[(\d{1,6})\]", path)):
        yield "stages", int(at[1])
    if section == "signals" and isinstance(plain.get("signals"), dict):
        for number, key in enumerate(plain["signals"]):
            if re.match(re.escape(f"signals.{key}") + r"(?=$|[.\[])", path):
                yield "signals", number
    yield "stages" if section == "recycle_to" else "name" if section in _NAME_PAGE else section, None


def _found(sheet: Sheet) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each place of a page with an error: its control, and the words that lead there."""
    for section in sheet.sections:
        title = (section.title.lower(),) if section.title else ()
        for control, words in _in_section(section):
            yield control, (*title, *words)
    if sheet.errors:
        yield "", ()


def _in_section(section: Section) -> Iterator[tuple[str, tuple[str, ...]]]:
    for field in section.fields:
        yield from _in_field(field)
    for rule in section.rules:
        yield from _in_rule(rule)
    for item in section.items:
        yield from _in_item(item)


def _in_item(item: Item) -> Iterator[tuple[str, tuple[str, ...]]]:
    title = (item.title.replace("Way down", "way down"),) if item.title else ()
    for field in item.fields:
        for control, words in _in_field(field):
            yield control, (*title, *(_sentence(item.fields) if item.in_line else words))
    for rule in item.rules:
        for control, words in _in_rule(rule):
            yield control, (*title, *words)
    if item.errors:
        yield item.fields[0].inputs[0].name if item.fields else "", title or _sentence(item.fields)


def _in_rule(rule: RuleForm) -> Iterator[tuple[str, tuple[str, ...]]]:
    for field in rule.fields:
        for control, _ in _in_field(field):
            yield control, _sentence(rule.fields)
    for part in rule.parts:
        yield from _in_rule(part)
    if rule.errors:
        yield rule.fields[0].inputs[0].name, () if rule.is_group else _sentence(rule.fields)


def _in_field(field: Field) -> Iterator[tuple[str, tuple[str, ...]]]:
    if field.wrong:
        yield field.wrong[0], (field.label.lower(),) if field.label else _sentence((field,))


def _sentence(fields: tuple[Field, ...]) -> tuple[str, ...]:
    """The fields as the sentence they are, in quotes; what is written as YAML is none."""
    controls = [(it, it.name in field.wrong) for field in fields for it in field.inputs]
    if not controls or any(it.kind == "area" for it, _ in controls):
        return ()
    said = " ".join(_say(it) for it, is_wrong in controls if it.value or is_wrong or it.kind == "select")
    return (f"“{' '.join(said.split())}”",)


def _say(control: Input) -> str:
    titles = {value: title for _, choices in control.choices for value, title in choices}
    if control.kind == "checks":
        value = ", ".join(titles.get(it, it) for it in control.chosen)
    else:
        value = titles.get(control.value, control.value)
    return f"{control.before} {value or '…'} {control.after}"

"""Tests of values as words to choose: `is`, `is at least`, `is known`. Pure."""

from __future__ import annotations

from typing import Any, Final

from ripeline.playbooks.forms.fields import (
    ABSENT,
    Input,
    listed,
    read_list,
    read_scalar,
    show_list,
    show_scalar,
)

OPERATORS: Final = (
    ("in", "is"),
    ("not", "is not"),
    ("gte", "is at least"),
    ("gt", "is more than"),
    ("lte", "is at most"),
    ("lt", "is less than"),
    ("glob", "is like"),
    ("known", "is known"),
    ("unknown", "is not known"),
)
_TESTS: Final = ("in", "not", "gte", "gt", "lte", "lt", "glob", "exists")


def split_test(test: Any) -> tuple[str, str] | None:
    """The operator and the value as typed; None for a test of several parts, which only a text can show."""
    if test is ABSENT or test is None:
        return "", ""
    if not isinstance(test, dict):
        return ("in", show_scalar(test)) if not isinstance(test, list) else None
    if len(test) != 1 or next(iter(test)) not in _TESTS:
        return None
    operator, value = next(iter(test.items()))
    if operator == "exists":
        return ("known" if value is True else "unknown", "") if isinstance(value, bool) else None
    if operator == "in":
        return (
            ("in", show_list(value)) if all(not isinstance(it, dict | list) for it in listed(value)) else None
        )
    return None if isinstance(value, dict | list) else (operator, show_scalar(value))


def join_test(operator: str, typed: str, old: Any) -> Any:
    """The test that an operator and a value mean; ABSENT without an operator. One plain value stays plain."""
    if not operator:
        return ABSENT
    if operator in ("known", "unknown"):
        return {"exists": operator == "known"}
    if operator != "in":
        return {operator: read_scalar(typed)}
    values = read_list(typed)
    plain = len(values) == 1 and not isinstance(old, dict)
    return values[0] if plain else {"in": values}


def inputs_of_test(
    name: str, operator: str, typed: str, *, about: str, optional: bool = False
) -> tuple[Input, ...]:
    """The two controls of a test."""
    none = (("", "may be anything"),) if optional else ()
    return (
        Input(
            f"{name}:op", operator, f"How {about} is tested", "select", choices=(("", (*none, *OPERATORS)),)
        ),
        Input(f"{name}:value", typed, f"Value of {about}; several with commas between", size=24),
    )

"""The forms of score and fit. Pure."""

from __future__ import annotations

from typing import Any, Final

from ripeline.playbooks.forms.fields import (
    ABSENT,
    Field,
    Input,
    name_of,
    read_duration,
    read_number,
    show_duration,
    show_scalar,
    snippet,
    value_at,
)
from ripeline.playbooks.forms.rules import Act, Adder, Names, with_present
from ripeline.playbooks.forms.sheets import Item, Section, Sheet, duration_field, number_field
from ripeline.playbooks.forms.tests import inputs_of_test, join_test, split_test
from ripeline.playbooks.lines import Path

TESTS: Final = ("in", "not", "gte", "gt", "lte", "lt", "glob", "exists")


def score_page(names: Names) -> Sheet:
    """Points and how they fade."""
    fields = (
        duration_field(names, ("score", "half_life"), "Points fade by half in", help="Whole days, or none."),
        number_field(names, ("score", "max"), "Highest score shown", help="Empty: no upper end."),
    )
    found = value_at(names.plain, ("score", "points"))
    points = found if isinstance(found, list) else []
    items = tuple(_points(names, ("score", "points", at), it) for at, it in enumerate(points))
    first = names.signals[0][1] or names.signals[2][1]
    adder = Adder("score/points", "Add points for", (*first, ("inbound", "sign of life")))
    sections = (Section("", fields=fields), Section("Points", items=items, adder=adder))
    return Sheet("Score", sections, names.errors_at(("score",)))


def _points(names: Names, path: Path, value: Any) -> Item:
    acts = (Act(f"remove {name_of(path)}", "Remove these points", "x"),)
    if not isinstance(value, dict):
        field = snippet(path, value, names.errors_at(path), "Points as YAML")
        return Item(name_of(path), "Points", (field,), acts=acts)
    signal, add, limit = ((*path, key) for key in ("signal", "add", "limit"))
    choices = with_present(names.signals, value.get("signal", ""))
    fields = (
        Field(signal, (Input(name_of(signal), str(value.get("signal", "")), "Signal", "select", choices=choices),),
              lambda it, _: it[0], errors=names.errors_at(signal)),
        Field(add, (Input(name_of(add), show_scalar(value.get("add", ABSENT)), "Points", before="adds", size=5),),
              read_number, errors=names.errors_at(add)),
        _limit(names, limit, value.get("limit", "each")),
    )  # fmt: skip
    return Item(name_of(path), "", fields, acts=acts, errors=names.errors_at(path), in_line=True)


def _limit(names: Names, path: Path, value: Any) -> Field:
    if isinstance(value, dict) and set(value) - {"times", "per"}:
        return snippet(path, value, names.errors_at(path), "Limit as YAML")
    kind = "times" if isinstance(value, dict) else str(value)
    times = show_scalar(value.get("times", ABSENT)) if isinstance(value, dict) else ""
    per = show_duration(value.get("per", ABSENT)) if isinstance(value, dict) else ""
    known = (("", (("each", "each time"), ("once", "only once"), ("times", "at most"))),)
    inputs = (
        Input(
            f"{name_of(path)}:kind",
            kind,
            "How often points are added",
            "select",
            choices=with_present(known, kind),
        ),
        Input(f"{name_of(path)}:times", times, "How many times at most", size=3, after="times in"),
        Input(f"{name_of(path)}:per", per, "In which time", size=8),
    )
    return Field(path, inputs, _read_limit, errors=names.errors_at(path))


def _read_limit(given: list[str], old: Any) -> Any:
    kind, times, per = given
    if kind != "times" and (times.strip() or per.strip()) and not isinstance(old, dict):
        kind = "times"  # what was typed behind "at most" says so
    if kind != "times":
        return ABSENT if kind == "each" else kind
    found = {"times": read_number([times]), "per": read_duration([per])}
    return {key: value for key, value in found.items() if value is not ABSENT}


def fit_page(names: Names) -> Sheet:
    """Criteria, their weights and the grades."""
    if not isinstance(names.plain.get("fit"), dict):
        adder = Adder("fit/criteria", "Grade people by a trait", is_named=True, hint="Trait")
        return Sheet(
            "Fit", (Section("", "People are not graded by fit.", adder=adder),), names.errors_at(("fit",))
        )
    grades = tuple(_grade(names, letter) for letter in "ABCD")
    found = value_at(names.plain, ("fit", "criteria"))
    criteria = found if isinstance(found, list) else []
    items = tuple(_criterion(names, ("fit", "criteria", at), it) for at, it in enumerate(criteria))
    adder = Adder("fit/criteria", "Add a criterion", is_named=True, hint="Trait")
    sections = (
        Section(
            "Criteria", "What a good customer looks like, and how much each counts.", items=items, adder=adder
        ),
        Section(
            "Grades", "The share of the weight that must match; below the lowest it is F.", fields=grades
        ),
    )
    return Sheet("Fit", sections, names.errors_at(("fit",)))


def _grade(names: Names, letter: str) -> Field:
    path = ("fit", "grades", letter)
    value = value_at(names.plain, path)
    usual = {"A": 0.8, "B": 0.6, "C": 0.4, "D": 0.2}
    if value is ABSENT and value_at(names.plain, ("fit", "grades")) is ABSENT:
        value = usual[letter]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    shown = f"{100 * value:.10g}" if is_number else show_scalar(value)
    control = Input(name_of(path), shown, f"Grade {letter} from", size=5, after="%")
    return Field(path, (control,), _read_percent, f"{letter} from", errors=names.errors_at(path))


def _read_percent(given: list[str], _: Any) -> Any:
    value = read_number([given[0].removesuffix("%")])
    return round(value / 100, 12) if isinstance(value, int | float) else value


def _criterion(names: Names, path: Path, value: Any) -> Item:
    acts = (Act(f"remove {name_of(path)}", "Remove this criterion", "x"),)
    split = (
        split_test({key: it for key, it in value.items() if key in TESTS})
        if isinstance(value, dict)
        else None
    )
    if not isinstance(value, dict) or (split is None and any(key in TESTS for key in value)):
        field = snippet(path, value, names.errors_at(path), "Criterion as YAML")
        return Item(name_of(path), "Criterion", (field,), acts=acts)
    name, weight = name_of(path), (*path, "weight")
    inputs = (
        Input(f"{name}:trait", show_scalar(value.get("trait", ABSENT)), "Trait", size=14),
        *inputs_of_test(name, *(split or ("", "")), about="the trait"),
    )
    shown = show_scalar(value.get("weight", 1))
    fields = (
        Field(weight, (Input(name_of(weight), shown, "Weight", size=4, before="weight"),), read_number,
              errors=names.errors_at(weight)),
        Field(path, inputs, _read_criterion, errors=names.errors_at(path), shapes=True),
    )  # fmt: skip
    return Item(name, "", fields[::-1], acts=acts, in_line=True)


def _read_criterion(given: list[str], old: Any) -> Any:
    trait, operator, typed = given
    test = join_test(operator, typed, {})
    rest = {key: it for key, it in old.items() if key not in (*TESTS, "trait")}
    return {"trait": trait.strip(), **(test if isinstance(test, dict) else {}), **rest}

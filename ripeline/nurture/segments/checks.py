"""Conditions that a look at somebody's own row answers: the contact `c`, their standing `s`. None is ever null."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import singledispatch

from ripeline.kit.instants import to_instant
from ripeline.kit.sql import Sql, Value, is_sqlite, joined, one_of
from ripeline.lifecycle.instant import day_of
from ripeline.nurture.segments import definition as d
from ripeline.nurture.segments.testing import column_passes, json_passes, like, passes_missing
from ripeline.timeline.heat import NO_HEAT, heat_for_score


@singledispatch
def row_checks(condition: object) -> tuple[Sql, ...]:
    """The checks of a condition that asks about a contact's own row alone."""
    raise TypeError(f"{type(condition).__name__} is no condition of a segment.")


@row_checks.register
def _(condition: d.StageIs) -> tuple[Sql, ...]:
    return (one_of("s.stage", ["" if each == d.NONE else each for each in condition.stage]),)


@row_checks.register
def _(condition: d.StatusIs) -> tuple[Sql, ...]:
    return (one_of("s.status", condition.status),)


@row_checks.register
def _(condition: d.RatingIs) -> tuple[Sql, ...]:
    return (_one_or_none("s.rating", condition.rating),)


@row_checks.register
def _(condition: d.GradeIs) -> tuple[Sql, ...]:
    return (_one_or_none("s.grade", condition.grade),)


@row_checks.register
def _(condition: d.PersonaIs) -> tuple[Sql, ...]:
    return (_one_or_none("s.persona", condition.persona),)


@row_checks.register
def _(condition: d.SourceIs) -> tuple[Sql, ...]:
    return (one_of("c.source", ["" if each == d.NONE else each for each in condition.source]),)


@row_checks.register
def _(condition: d.CountryIs) -> tuple[Sql, ...]:
    return (one_of("c.country", ["" if each == d.NONE else each.upper() for each in condition.country]),)


@row_checks.register
def _(condition: d.LanguageIs) -> tuple[Sql, ...]:
    exact = one_of("c.language", ["" if each == d.NONE else each.lower() for each in condition.language])
    kin = [like("c.language", f"{each.lower()}-*") for each in condition.language if "-" not in each]
    found = joined(" OR ", [exact, *kin])
    return (Sql(f"({found.text})", found.params),)


@row_checks.register
def _(condition: d.TagIs) -> tuple[Sql, ...]:
    if is_sqlite():
        one = one_of("j.value", condition.tag)
        return (Sql(f"EXISTS (SELECT 1 FROM json_each(c.tags) j WHERE {one.text})", one.params),)  # noqa: S608
    return (Sql("c.tags ?| %s::text[]", (_array(condition.tag),)),)


@row_checks.register
def _(condition: d.TraitIs) -> tuple[Sql, ...]:
    return tuple(json_passes("c.traits", name, test) for name, test in condition.trait.items())


@row_checks.register
def _(condition: d.CompanyIs) -> tuple[Sql, ...]:
    asked = condition.company
    tests = [(name, test) for name in type(asked).model_fields if (test := getattr(asked, name)) is not None]
    checks = [column_passes(f"o.{name}", test, is_number=name == "employees") for name, test in tests]
    where = joined(" AND ", checks)
    found = f"c.company_id IN (SELECT o.id FROM ripeline_company o WHERE {where.text})"  # noqa: S608
    is_no_company_enough = all(passes_missing(test) for _, test in tests)
    check = (
        f"(c.company_id IS NULL OR {found})"
        if is_no_company_enough
        else f"(c.company_id IS NOT NULL AND {found})"
    )
    return (Sql(check, where.params),)


def score_checks(
    low: float | None, high: float | None, *, now: datetime, half_life: int | None, most: float | None
) -> tuple[Sql, ...]:
    """The heat that shows such scores today; what is over the most is shown as the most, and nothing below nought."""
    day, found = day_of(to_instant(now)), [Sql("1 = 1")]
    if low is not None and low > 0:
        if most is not None and low > most:
            return (Sql("1 = 0"),)
        found.append(Sql("s.heat >= %s", (heat_for_score(low, day, half_life) - 1e-9,)))
    if high is not None:
        if high <= 0:
            return (Sql("1 = 0"),)
        if most is None or high <= most:
            found.append(Sql("s.heat < %s", (max(NO_HEAT, heat_for_score(high, day, half_life)) - 1e-9,)))
    return tuple(found)


def _one_or_none(column: str, values: Sequence[str]) -> Sql:
    return or_null(column, [each for each in values if each != d.NONE], d.NONE in values)


def or_null(column: str, values: Sequence[Value], with_null: bool) -> Sql:
    """Whether a column that may be null holds one of these values, or with `with_null` nothing."""
    found = one_of(column, values)
    check = f"({found.text} OR {column} IS NULL)" if with_null else f"({column} IS NOT NULL AND {found.text})"
    return Sql(check, found.params)


def _array(words: Sequence[str]) -> str:
    """Words as PostgreSQL reads an array of texts."""
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return "{" + ",".join(f'"{word}"' for word in escaped) + "}"

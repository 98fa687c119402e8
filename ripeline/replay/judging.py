"""What a playbook says of a history's distinct values: every text is looked at once, however many touches have it.

The tests are those of `lifecycle.matching`; globs of subjects are the same patterns run over whole columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from math import inf
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ripeline.lifecycle.conditions import Test
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.matching import ValueTest, compile_test, same
from ripeline.replay import kernel_state
from ripeline.replay.history import Column, History
from ripeline.replay.kernel_state import Array, Tables, Touches, read_only
from ripeline.replay.odd_attrs import flat_map
from ripeline.replay.program import Program, columns_of

SPECIAL = {
    "traits_changed": kernel_state.TRAITS_CHANGED,
    "answered": kernel_state.ANSWERED,
    "stage_set": kernel_state.STAGE_SET,
    "recycled": kernel_state.RECYCLED,
    "rejected": kernel_state.REJECTED,
    "disqualified": kernel_state.DISQUALIFIED,
    "reopened": kernel_state.REOPENED,
}
_NOTHING_LEFT_AFTER = 1080
"""Half-lives after which a double is nought."""


def judge(program: Program, history: History) -> Tables:
    """Looks at each distinct value that some rule can read; attrs that are no flat map are taken for empty."""
    effects, actors = program.effects, program.playbook.actors
    kinds, subjects = _texts(history.kind), _texts(history.subject)
    subject_values = _arrow(history.subject)
    slots, maps = _maps(program, history, kinds)
    tables = Tables(
        kind=_words(len(kinds), [_among(kinds, it.kind) if it.kind else None for it in effects]),
        direction=_words(
            len(history.direction.values),
            [_among(_texts(history.direction), (it.direction,)) if it.direction else None for it in effects],
        ),
        actor=_words(
            len(history.actor.values),
            [_among(_texts(history.actor), it.actors or actors) for it in effects],
        ),
        subject=_words(
            len(subjects),
            [_globbed(subject_values, it.subject) if it.subject else None for it in effects],
        ),
        **_value_tables(program),
        **_map_tables(program, maps),
        asks=_asks(program),
        special=np.array([SPECIAL.get(kind or "", 0) for kind in kinds], np.uint8),
        stage_of=_places(subjects, program.names.stages),
        question_of=_places(subjects, program.questions),
        slots=slots,
    )
    return Tables(*map(read_only, tables))


def one_signal(program: Program, name: str) -> Program:
    """A program that only looks for one signal of the same playbook."""
    signal = program.playbook.signal(name)
    return replace(
        program,
        effects=(signal,),
        columns=columns_of((signal,), reads_attrs=False),
        traits=(),
        traits_at_first=program.traits_at_first[:1],
        questions=(),
        wanted=(),
    )


def as_touches(program: Program, history: History, as_of: int, *, is_dated: bool) -> Touches:
    """The columns in the types the kernel is compiled for; `is_dated`: with the instants they were received."""
    received_at = history.received_at if is_dated else None
    if is_dated and received_at is None:
        raise ValueError("this history does not say when its touches were received")
    return Touches(
        starts=read_only(history.starts, np.int64),
        at=read_only(history.at, np.int64),
        received_at=read_only(received_at if received_at is not None else np.zeros(0), np.int64),
        kind=read_only(history.kind.codes, np.int32),
        direction=read_only(history.direction.codes, np.int32),
        actor=read_only(history.actor.codes, np.int32),
        subject=read_only(history.subject.codes, np.int32),
        attrs=read_only(history.attrs.codes, np.int32),
        value=read_only(history.value if history.value is not None else np.zeros(0), np.float64),
        decay=_decay(program.playbook.score.half_life, _days(history, as_of)),
    )


def _days(history: History, as_of: int) -> int:
    firsts = history.at[history.starts[:-1]]
    return max(0, as_of // DAY - int(firsts.min()) // DAY) if len(firsts) else 0


@lru_cache(maxsize=64)
def _decay(half_life: int | None, days: int) -> Array:
    """What is left of one point after 0, 1, 2 ... midnights, computed as `clocks.faded` does."""
    if half_life is None:
        return read_only(np.ones(1))
    count = min(days + 3, _NOTHING_LEFT_AFTER * half_life)
    return read_only(np.array([2.0 ** (-day / half_life) for day in range(count)]))


def _texts(column: Column) -> list[str | None]:
    values = column.values
    return values.to_pylist() if isinstance(values, pa.Array) else list(values)


def _arrow(column: Column) -> pa.Array:
    values = column.values
    return values if isinstance(values, pa.Array) else pa.array(list(values), pa.string())


def _words(count: int, flags: list[Array | None]) -> Array:
    """Words of one bit per effect for each value: its flag, or set where there is none."""
    words = np.zeros((count, -(-len(flags) // 64)), np.uint64)
    for bit, passes in enumerate(flags):
        words[slice(None) if passes is None else passes, bit // 64] |= np.uint64(1 << bit % 64)
    return words


def _asks(program: Program) -> Array:
    """Which effects test subject, value and attrs, as words."""
    flags = [
        np.array([it.subject is not None, it.value is not None, bool(it.attrs)]) for it in program.effects
    ]
    return _words(3, list(flags))


def _among(texts: list[str | None], allowed: Iterable[str]) -> Array:
    wanted = frozenset(allowed)
    return np.array([text in wanted for text in texts], np.bool_)


def _places(texts: list[str | None], names: tuple[str, ...]) -> Array:
    places = {name: place for place, name in enumerate(names)}
    return np.array([places.get(text or "", -1) for text in texts], np.int64)


def _globbed(values: pa.Array, globs: Iterable[str]) -> Array:
    passes = np.zeros(len(values), np.bool_)
    for glob in globs:
        found = _glob(values, glob).fill_null(False)
        passes |= found.to_numpy(zero_copy_only=False)
    return passes


def _glob(values: pa.Array, glob: str) -> pa.Array:
    if not set(glob) & set("*?"):
        return pc.equal(values, glob)
    if glob.endswith("*") and not set(glob[:-1]) & set("*?"):
        return pc.starts_with(values, pattern=glob[:-1])
    steps = (_step(step) for step in re.findall(r"\*+|.", glob, re.DOTALL))
    return pc.match_substring_regex(values, pattern=rf"\A(?s:{''.join(steps)})\z")


def _step(step: str) -> str:
    if step.startswith("*"):
        return ".*"
    if step == "?":
        return "."
    return rf"\x{{{ord(step):x}}}"


def _value_tables(program: Program) -> dict[str, Array]:
    """Numbers fall into classes that no value test tells apart; each class is judged by one number of it."""
    tests = [compile_test(it.value) if it.value else None for it in program.effects]
    edges = sorted({edge for it in program.effects if it.value for edge in _edges(it.value)})
    classes: list[float | None] = []
    for low, high in zip([-inf, *edges], [*edges, inf], strict=True):
        classes += [_between(low, high), high]
    classes[-1] = None
    flags = [np.array([bool(test(it)) for it in classes]) if test else None for test in tests]
    return {"value": _words(len(classes), flags), "edges": np.array(edges, np.float64)}


def _edges(test: Test) -> Iterable[float]:
    for value in (*(test.in_ or ()), test.not_, test.gte, test.gt, test.lte, test.lt):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield float(value)


def _between(low: float, high: float) -> float:
    """A number between; where two edges are neighbours there is none, and none will be asked for."""
    return (
        float(np.nextafter(high, -inf))
        if high < inf
        else float(np.nextafter(low, inf))
        if low > -inf
        else 0.0
    )


def _maps(program: Program, history: History, kinds: list[str | None]) -> tuple[Array, list[dict[str, Any]]]:
    """The row of each distinct attrs, and the maps by row.

    Only attrs of kinds for which a rule reads them are parsed; all others share row 0 with the empty map.
    """
    values = history.attrs.values
    slots, maps = np.zeros(len(values), np.int32), [dict[str, Any]()]
    reads = np.array([_reads_attrs(program, kind) for kind in kinds], np.bool_)
    used = np.zeros(len(values), np.bool_)
    if reads.any() and len(values) > 0:
        from ripeline.replay.kernel_touches import mark_used  # here as in bulk.py

        mark_used(
            read_only(history.kind.codes, np.int32),
            read_only(history.attrs.codes, np.int32),
            read_only(reads),
            used,
        )
    codes = np.flatnonzero(used)
    texts = _arrow(history.attrs).take(pa.array(codes)).to_pylist()
    for code, text in zip(codes, texts, strict=True):
        if parsed := flat_map(text):
            slots[code] = len(maps)
            maps.append(parsed)
    return slots, maps


def _reads_attrs(program: Program, kind: str | None) -> bool:
    if kind == "traits_changed" and program.traits:
        return True
    if kind == "answered" and program.questions:
        return True
    return any(it.attrs and (it.kind is None or kind in it.kind) for it in program.effects)


def _map_tables(program: Program, maps: list[dict[str, Any]]) -> dict[str, Array]:
    tests = [
        [(name, compile_test(test)) for name, test in it.attrs.items()] if it.attrs else None
        for it in program.effects
    ]
    flags = [
        np.array([all(test(each.get(name)) for name, test in them) for each in maps]) if them else None
        for them in tests
    ]
    touched, given = _trait_tables(program, maps)
    answers = [[same(each.get("value"), wanted) for wanted in program.wanted] for each in maps]
    return {
        "attrs": _words(len(maps), flags),
        "touched": touched,
        "given": given,
        "answer_is": np.array(answers, np.bool_).reshape(len(maps), len(program.wanted)),
    }


def _trait_tables(program: Program, maps: list[dict[str, Any]]) -> tuple[Array, Array]:
    """Which trait tests each map touches, and which of those then pass."""
    tests: dict[str, list[tuple[int, ValueTest]]] = {}
    for bit, (name, asked) in enumerate(program.traits):
        tests.setdefault(name, []).append((bit, compile_test(asked)))
    touched = [[0] * len(program.traits_at_first) for _ in maps]
    given = [[0] * len(program.traits_at_first) for _ in maps]
    for row, each in enumerate(maps):
        for name, value in each.items():
            for bit, test in tests.get(name, ()):
                touched[row][bit // 64] |= 1 << bit % 64
                given[row][bit // 64] |= test(value) << bit % 64
    return np.array(touched, np.uint64), np.array(given, np.uint64)

"""Tests and signals as functions: does a value pass, does a touch match.

Numbers, texts and booleans are never equal to each other (`true` is not 1, `"50"` is not 50); order tests hold
for numbers only. A missing value (absent or null) passes only `exists: false` and `not`.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from ripeline.lifecycle.conditions import Test
from ripeline.lifecycle.model import Playbook, Signal
from ripeline.lifecycle.touch import Touch

ValueTest = Callable[[object], bool]
TouchTest = Callable[[Touch], bool]


def compile_test(test: Test) -> ValueTest:
    """The function that says whether a value passes every part of the test."""
    parts = list(_parts(test))
    if len(parts) == 1:
        return parts[0]
    return lambda value: all(part(value) for part in parts)


def compile_signal(
    playbook: Playbook, name: str
) -> tuple[frozenset[str] | None, frozenset[str], TouchTest | None]:
    """A signal's kinds (None: any), its actors, and the rest of its tests as one function (None: no more tests)."""
    signal = playbook.signal(name)
    kinds = frozenset(signal.kind) if signal.kind else None
    tests = list(_signal_tests(signal))
    actors = frozenset(signal.actors or playbook.actors)
    if len(tests) <= 1:
        return kinds, actors, tests[0] if tests else None
    return kinds, actors, lambda touch: all(test(touch) for test in tests)


def same(one: object, other: object) -> bool:
    """Whether two values are equal and of one sort."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _parts(test: Test) -> Iterable[ValueTest]:
    if test.in_ is not None:
        yield _is_one_of(test.in_)
    if test.not_ is not None:
        other = test.not_
        yield lambda value: value is None or not same(value, other)
    if test.exists is not None:
        wanted = test.exists
        yield lambda value: (value is not None) == wanted
    if test.glob is not None:
        yield _matches(test.glob)
    for name, compare in _ORDERS.items():
        bound = getattr(test, name)
        if bound is not None:
            yield _compares(compare, bound)


_ORDERS: Final[dict[str, Callable[[float, float], bool]]] = {
    "gte": lambda value, bound: value >= bound,
    "gt": lambda value, bound: value > bound,
    "lte": lambda value, bound: value <= bound,
    "lt": lambda value, bound: value < bound,
}


def _compares(compare: Callable[[float, float], bool], bound: float) -> ValueTest:
    def test(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and compare(value, bound)

    return test


def _is_one_of(values: Iterable[object]) -> ValueTest:
    wanted = frozenset((isinstance(value, bool), value) for value in values)
    return lambda value: (isinstance(value, bool), value) in wanted


def _matches(glob: str) -> ValueTest:
    if not set(glob) & set("*?"):
        return lambda value: value == glob
    if glob.endswith("*") and not set(glob[:-1]) & set("*?"):
        start = glob[:-1]
        return lambda value: isinstance(value, str) and value.startswith(start)
    first, *rest = re.split(r"\*+", glob)
    return _in_order(first, rest[:-1], rest[-1]) if rest else _as_long(glob)


def _in_order(first: str, between: list[str], last: str) -> ValueTest:
    """A glob with stars: how it begins, what comes next in order wherever it comes first, how it ends.

    No step is ever taken back, so no value takes longer than its length times that of the glob.
    """
    begins, *steps, ends = map(_piece, (first, *between, last))

    def test(value: object) -> bool:
        if not isinstance(value, str) or len(value) < len(first) + len(last):
            return False
        place, end = len(first), len(value) - len(last)
        if not begins.match(value) or not ends.match(value, end):
            return False
        for step in steps:
            found = step.search(value, place, end)
            if found is None:
                return False
            place = found.end()
        return True

    return test


def _as_long(glob: str) -> ValueTest:
    form = _piece(glob)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def _piece(text: str) -> re.Pattern[str]:
    """A piece of a glob without stars."""
    return re.compile("".join("." if letter == "?" else re.escape(letter) for letter in text), re.DOTALL)


def _signal_tests(signal: Signal) -> Iterable[TouchTest]:
    if signal.direction is not None:
        direction = signal.direction
        yield lambda touch: touch.direction == direction
    if signal.subject is not None:
        yield _subject_test(signal.subject)
    if signal.value is not None:
        value_test = compile_test(signal.value)
        yield lambda touch: value_test(touch.value)
    for name, test in signal.attrs.items():
        yield _attr_test(name, compile_test(test))


def _subject_test(subjects: Iterable[str]) -> TouchTest:
    globs = [_matches(subject) for subject in subjects]
    if len(globs) == 1:
        only = globs[0]
        return lambda touch: only(touch.subject)
    return lambda touch: any(glob(touch.subject) for glob in globs)


def _attr_test(name: str, test: ValueTest) -> TouchTest:
    return lambda touch: test(touch.attrs.get(name))

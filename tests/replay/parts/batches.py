"""Touches for the tests of history parts, as the batches that writers take, and what must come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from hypothesis import strategies as st

from ripeline.lifecycle.touch import Touch
from ripeline.replay.history import Column, History, attrs_text
from ripeline.replay.parts.building import PLAIN
from ripeline.replay.parts.loading import load
from ripeline.replay.parts.opening import Parts

START = 1_700_000_000_000_000


@dataclass(frozen=True)
class Heard:
    """A touch and when we heard of it."""

    touch: Touch
    received_at: int


def touch_of(
    number: int, person: str, at: int, *, kind: str = "page_viewed", subject: str | None = None
) -> Heard:
    """One touch with an id of its own."""
    touch = Touch(f"t{number}", person, START + at, kind, "in", "human", subject, None, {})
    return Heard(touch, START + at + 5)


def batch_of(heard: Iterable[Heard]) -> pa.Table:
    """The touches as a writer's batch."""
    rows = [
        {
            "person": one.touch.person,
            "at": one.touch.at,
            "kind": one.touch.kind,
            "actor": one.touch.actor,
            "direction": one.touch.direction,
            "subject": one.touch.subject,
            "attrs": attrs_text(one.touch.attrs),
            "value": one.touch.value,
            "received_at": one.received_at,
            "id": one.touch.id,
        }
        for one in heard
    ]
    names = PLAIN.names
    return pa.table({name: pa.array([row[name] for row in rows], PLAIN.field(name).type) for name in names})


def everything(parts: Parts) -> dict[str, list[tuple[object, ...]]]:
    """Every person's touches in the order in which they lie, as plain values."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for part in parts.buckets:
        found.update(plain(load(part)))
    return found


def plain(history: History) -> dict[str, list[tuple[object, ...]]]:
    """A History as plain values, by person."""
    columns = [_texts(getattr(history, name)) for name in ("kind", "direction", "actor", "subject", "attrs")]
    assert history.ids is not None
    assert history.value is not None
    assert history.received_at is not None
    values = [None if value != value else value for value in history.value.tolist()]
    rows = list(
        zip(
            history.ids.to_pylist(),
            history.at.tolist(),
            history.received_at.tolist(),
            *columns,
            values,
            strict=True,
        )
    )
    people = history.people.to_pylist()
    assert people == sorted(set(people), key=str.encode)
    bounds = history.starts.tolist()
    return {person: rows[bounds[n] : bounds[n + 1]] for n, person in enumerate(people)}


def expected(heard: Sequence[Heard]) -> dict[str, list[tuple[object, ...]]]:
    """What parts of these touches must hold, found out the plain way: the first of an id wins."""
    first: dict[str, Heard] = {}
    for one in heard:
        first.setdefault(one.touch.id, one)
    found: dict[str, list[tuple[object, ...]]] = {}
    for one in sorted(first.values(), key=lambda one: (one.touch.at, one.touch.id.encode())):
        touch = one.touch
        row = (
            *(touch.id, touch.at, one.received_at, touch.kind, touch.direction, touch.actor),
            *(touch.subject, attrs_text(touch.attrs), touch.value),
        )
        found.setdefault(touch.person, []).append(row)
    return found


def _texts(column: Column) -> list[str | None]:
    values = column.values.to_pylist() if isinstance(column.values, pa.Array) else list(column.values)
    return [values[code] for code in column.codes.tolist()]


@st.composite
def heard_touches(draw: st.DrawFn) -> Heard:
    """Touches that crowd together: few people, few instants, few ids, so that ties and repeats are common."""
    at = START + draw(st.integers(0, 6)) * 1_000_000
    touch = Touch(
        id=draw(st.sampled_from([f"{letter}{number}" for letter in "aéz" for number in range(12)])),
        person=draw(st.sampled_from(["1", "2", "10", "é", "zoë", "😀", "a", "B"])),
        at=at,
        kind=draw(st.sampled_from(["page_viewed", "email_replied", "odd"])),
        direction=draw(st.sampled_from(["in", "out", "internal"])),
        actor=draw(st.sampled_from(["human", "machine", "unknown"])),
        subject=draw(st.sampled_from([None, "", "/pricing", "é"])),
        value=draw(st.sampled_from([None, 0.0, -2.5, 1e300])),
        attrs=draw(st.sampled_from([{}, {"utm_source": "ads"}, {"a": None, "b": True}])),
    )
    return Heard(touch, at + draw(st.integers(0, 3)))

"""The bulk engine beside the fold: the same rows from both, and what one may draw to tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.touch import Touch
from ripeline.replay.bulk import Outcome, compile_program, replay_history
from ripeline.replay.history import from_touches
from ripeline.replay.outcome import moves_table, standings_table
from tests.lifecycle.strategies import histories, playbook_maps, starts

Rows = list[tuple[Any, ...]]


def bulk(playbook: Playbook, touches: Iterable[Touch], as_of: int) -> tuple[Rows, Rows, Rows]:
    """Transitions, standings and ignored stage_sets by the bulk engine."""
    return rows_of(replay_history(compile_program(playbook), from_touches(touches), as_of))


def rows_of(outcome: Outcome) -> tuple[Rows, Rows, Rows]:
    """The rows of an outcome as plain values, scores bit for bit."""
    ignored = outcome.ignored
    who = outcome.people.to_pylist()
    skipped = [
        (who[person], at, subject)
        for person, at, subject in zip(ignored.person, ignored.at.tolist(), ignored.subject, strict=True)
    ]
    return _plain(moves_table(outcome)), _plain(standings_table(outcome)), skipped


def folded(playbook: Playbook, touches: Iterable[Touch], as_of: int) -> tuple[Rows, Rows, Rows]:
    """The same by `lifecycle.fold`, person by person."""
    people: dict[str, list[Touch]] = {}
    for touch in touches:
        people.setdefault(touch.person, []).append(touch)
    moves: Rows = []
    standings: Rows = []
    ignored: Rows = []
    for person in sorted(people, key=str.encode):
        done = fold(playbook, people[person], as_of, explained=False)
        moves += [
            (person, it.at, it.from_stage, it.to_stage, it.cause, it.rule, it.score, it.grade)
            for it in done.transitions
        ]
        if (now := done.standing) is not None:
            known = (now.grade, now.persona, now.rating, now.status, now.last_inbound_at)
            standings.append((person, now.stage, now.entered_at, now.score, *known))
        ignored += [(person, it.at, it.subject) for it in done.ignored]
    return moves, standings, ignored


def _plain(table: Any) -> Rows:
    columns = [
        column.cast("int64").to_pylist() if str(column.type).startswith("timestamp") else column.to_pylist()
        for column in table.columns
    ]
    return list(zip(*columns, strict=True))


_ODD_SIGNALS: dict[str, Sequence[Mapping[str, Any]]] = {
    "price": [
        {"kind": ["page_viewed", "form_submitted"], "subject": "*pri?in*"},
        {"subject": ["/blog", "??????"]},
        {"kind": "page_viewed", "direction": "out"},
    ],
    "big": [
        {"kind": "purchased", "value": {"not": 20}},
        {"value": {"exists": False}, "kind": ["purchased", "page_viewed"]},
        {"kind": "purchased", "value": {"in": [20, "20", True]}},
        {"kind": "purchased", "value": {"gt": 20, "lte": 250.5}},
        {"kind": "purchased", "value": 250.5},
        {"kind": "purchased", "value": {"glob": "2*"}},
    ],
    "ads": [
        {"attrs": {"utm_medium": True}},
        {"kind": "page_viewed", "attrs": {"utm_medium": {"not": "cpc"}}},
        {"attrs": {"utm_medium": {"exists": False}}, "kind": ["form_submitted", "answered"]},
        {
            "kind": ["page_viewed", "answered"],
            "attrs": {"utm_medium": {"glob": "c?c"}, "value": {"exists": False}},
        },
    ],
    "reply": [
        {"kind": "email_replied", "actors": ["machine"]},
        {"actors": ["human"]},
        {"kind": ["custom_thing", "email_replied", "answered"]},
    ],
    "inbound": [{"kind": ["email_replied", "page_viewed"], "actors": ["human"]}, {"direction": "internal"}],
}
_PERSONAS: Sequence[Sequence[Mapping[str, Any]]] = [
    [{"key": "p2", "when": {"not": {"signal": "conv"}}}, {"key": "p1"}],
    [
        {"key": "p1", "when": {"all": [{"trait": {"industry": "media", "seniority": "owner"}}]}},
        {"key": "p2", "when": {"any": [{"signal": "reply", "within": "7d"}, {"signal": "big", "count": 2}]}},
        {"key": "p3"},
    ],
]
_perhaps, _up_to_nine = st.booleans(), st.integers(0, 9)
_odd_signals = {name: st.sampled_from(choices) for name, choices in _ODD_SIGNALS.items()}
_actors = st.sampled_from([["human", "unknown"], ["human"], ["machine", "unknown"]])
_personas = st.sampled_from(_PERSONAS)
_limits: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"limit": "once"}, {"limit": {"times": 3, "per": "30d"}}, {"limit": {"times": 2, "per": "12h"}}]
)
_points = st.lists(
    st.builds(
        lambda signal, add, limit: {"signal": signal, "add": add} | limit,
        st.sampled_from(["price", "inbound", "reply"]),
        st.sampled_from([0.1, 7.3, -3, 1e-9, 30, -0.1]),
        _limits,
    ),
    max_size=3,
)


@st.composite
def odd_playbook_maps(draw: st.DrawFn) -> dict[str, Any]:
    """Playbooks with every kind of test, redefined signals, several points for one signal, other actors."""
    plain = draw(playbook_maps())
    for name, choices in _odd_signals.items():
        if draw(_perhaps):
            plain["signals"][name] = draw(choices)
    plain["actors"] = draw(_actors)
    if draw(_perhaps):
        plain["personas"] = draw(_personas)
    plain["score"]["points"] += draw(_points)
    if not draw(_up_to_nine):
        _add_many_signals(plain)
    if draw(_perhaps):
        plain["rating"] = [
            {"key": "stale", "when": {"idle": "7d"}},
            {"key": "known", "when": {"persona": "p1"}},
        ]
    return plain


def _add_many_signals(plain: dict[str, Any]) -> None:
    """More signals than one word of bits holds, each of a kind and a subject that do come."""
    subjects = ["/pricing", "/price*", "/pricing/teams", "/blog"]
    for number in range(70):
        name = f"many{number}"
        plain["signals"][name] = {
            "kind": "page_viewed" if number % 3 else "form_submitted",
            "subject": subjects[number % 4],
        }
        plain["score"]["points"].append({"signal": name, "add": 0.1 + number / 8})


@st.composite
def crowds(draw: st.DrawFn, most: int = 4) -> list[Touch]:
    """The touches of a few people, of some none."""
    touches = []
    start = draw(starts)
    for number in range(draw(st.integers(1, most))):
        person = f"p{number}"
        touches += [replace(it, person=person, id=f"{person} {it.id}") for it in draw(histories(start=start))]
    return touches

"""Playbooks and histories for property tests: any playbook, any life of one person.

Durations and steps in time are drawn from the same few lengths, so boundaries often coincide with touches and with
each other, and histories start close to midnight as often as not. Strategies are made once: making one takes longer
than drawing from it.
"""

import json
from typing import Any

from hypothesis import strategies as st

from ripeline.lifecycle.instant import DAY, HOUR, parse_instant
from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.lifecycle.touch import Touch
from ripeline.lifecycle.written import Written

START = parse_instant("2026-01-05T00:00:00Z")
LONG_AGO = parse_instant("1968-02-28T00:00:00Z")
"""Before the epoch: instants and days are below nought."""
WITHIN = ["12h", "1d", "7d", "30d"]
SIGNALS = ["conv", "price", "reply", "big", "ads", "inbound", "identified", "deal_won"]
STAGES = ["suspect", "lead", "mql", "sql", "customer"]
KINDS = [
    *["page_viewed"] * 6,
    *["form_submitted", "email_replied", "traits_changed", "answered"] * 2,
    *[
        "asset_downloaded",
        "purchased",
        "identified",
        "deal_won",
        "email_sent",
        "unsubscribed",
        "custom_thing",
    ],
    *["stage_set", "recycled", "rejected", "disqualified", "reopened"],
]

leaf_conditions = st.one_of(
    st.builds(
        lambda name, bound: {"score": {name: bound}},
        st.sampled_from(["gte", "lt"]),
        st.sampled_from([0, 5, 20, 30, 50]),
    ),
    st.builds(lambda grade: {"fit": grade}, st.sampled_from("ABCDF")),
    st.builds(lambda key: {"persona": key}, st.sampled_from(["p1", "p2", ["p1", "p2"]])),
    st.builds(
        lambda signal, count, within: (
            {"signal": signal, "count": count} | ({"within": within} if within else {})
        ),
        st.sampled_from(SIGNALS),
        st.sampled_from([1, 1, 1, 2, 3]),
        st.sampled_from([None, *WITHIN]),
    ),
    st.builds(
        lambda name, value: {"answer": {name: value}},
        st.sampled_from(["authority", "budget"]),
        st.sampled_from(["yes", "no"]),
    ),
    st.sampled_from(
        [
            {"trait": {"industry": "media"}},
            {"trait": {"industry": {"not": "media"}}},
            {"trait": {"employees": {"gte": 50, "lt": 500}}},
            {"trait": {"seniority": {"exists": False}}},
            {"trait": {"industry": {"glob": "*e?ia"}, "employees": {"gt": 5, "lte": 50}}},
        ]
    ),
    st.builds(lambda length: {"idle": length}, st.sampled_from(["1d", "7d", "30d"])),
    st.builds(lambda length: {"in_stage": length}, st.sampled_from(["12h", "3d", "14d"])),
)
conditions = st.recursive(
    leaf_conditions,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda them: {"all": them}),
        st.lists(parts, max_size=3).map(lambda them: {"any": them}),
        parts.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)
points = st.builds(
    lambda signal, add, limit: {"signal": signal, "add": add} | limit,
    st.sampled_from([*SIGNALS, "unsubscribed"]),
    st.sampled_from([20, 10, 15, 3.5, -20]),
    st.sampled_from(
        [{}, {"limit": "once"}, {"limit": {"times": 2, "per": "1d"}}, {"limit": {"times": 1, "per": "7d"}}]
    ),
)
_up_to_nine, _up_to_three, _two_to_five = st.integers(0, 9), st.integers(0, 3), st.integers(2, 5)
_half_lives = st.sampled_from(["none", "2d", "7d", "30d"])
_lists_of_points = st.lists(points, max_size=4)
_prices = st.sampled_from(["/pricing*", ["/pricing", "/?rice"]])
_most = st.sampled_from([{}, {"max": 40}])
_keys = {most: st.sampled_from(STAGES[:most]) for most in range(1, len(STAGES) + 1)}
"""One of the first so many stages."""
_exits = {
    most: st.lists(st.builds(lambda when, to: {"when": when, "to": to}, conditions, keys), max_size=2)
    for most, keys in _keys.items()
}


@st.composite
def playbook_maps(draw: st.DrawFn) -> dict[str, Any]:
    """A playbook as a plain mapping."""
    keys = STAGES[: draw(_two_to_five)]
    score: dict[str, Any] = {"half_life": draw(_half_lives), "points": draw(_lists_of_points)}
    playbook = {
        "key": "drawn",
        "signals": {
            "conv": {"kind": ["form_submitted", "asset_downloaded"]},
            "price": {
                "kind": "page_viewed",
                "subject": draw(_prices),
            },
            "reply": {"kind": "email_replied", "actors": ["human", "machine"]},
            "big": {"kind": "purchased", "value": {"gte": 100}},
            "ads": {
                "kind": "page_viewed",
                "attrs": {"utm_medium": {"in": ["cpc", "ppc"]}},
                "direction": "in",
            },
        },
        "score": score | draw(_most),
        "personas": [
            {"key": "p1", "when": {"trait": {"industry": "media"}}},
            {"key": "p2", "when": {"signal": "price", "count": 2, "within": "7d"}},
        ],
        "answers": {"authority": {"valid_for": "7d"}, "budget": {}},
        "stages": [draw(_stages(keys, position)) for position in range(len(keys))],
        "recycle_to": draw(_keys[len(keys)]),
        "rating": [
            {"key": "hot", "when": {"signal": "reply", "within": "7d"}},
            {"key": "warm", "when": {"score": {"gte": 20}}},
            {"key": "cold"},
        ],
    }
    return playbook | draw(_fits)


_FIT = {
    "criteria": [
        {"trait": "industry", "in": ["media", "publishing"], "weight": 3},
        {"trait": "seniority", "in": ["owner"], "weight": 2},
        {"trait": "employees", "gte": 50},
    ],
    "grades": {"A": 0.8, "B": 0.6, "C": 0.4, "D": 0.2},
}
_fits: st.SearchStrategy[dict[str, Any]] = st.sampled_from([{}, {"fit": _FIT}])


@st.composite
def _stages(draw: st.DrawFn, keys: list[str], position: int) -> dict[str, Any]:
    stage: dict[str, Any] = {"key": keys[position], "title": keys[position].title()}
    if position and draw(_up_to_nine):
        stage["enter"] = draw(conditions)
        if not draw(_up_to_three):
            stage["from"] = [draw(_keys[position])]
    if position:
        stage["exit"] = draw(_exits[position])
    return stage


def to_playbook(plain: dict[str, Any]) -> Playbook:
    """The playbook a plain mapping means, as if it had been read. What its text means is a matter of other tests, and
    reading it takes longer than all that is asked of it here."""
    return load_playbook(Written(positions=None, plain=json.loads(json.dumps(plain))))


_TRAITS: list[dict[str, Any]] = [
    {"industry": "media", "employees": 500},
    {"industry": None, "seniority": "owner"},
    {"industry": "retail", "employees": 50},
    {"seniority": None, "employees": "50"},
    {"seniority": "owner", "industry": "publishing"},
]
_INWARD = ("form_submitted", "email_replied", "asset_downloaded", "purchased", "unsubscribed")
starts = st.sampled_from([START, START, LONG_AGO])
steps = st.sampled_from(
    [0, 0, 1, 60_000_000, HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 45 * DAY]
)
_beginnings = st.sampled_from([0, -1, 10 * HOUR, DAY - 1])
_kinds = st.sampled_from(KINDS)
_pages = st.sampled_from([None, "/pricing", "/price", "/pricing/teams", "/blog"])
_media: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"utm_medium": "cpc"}, {"utm_medium": None}, {"utm_medium": True}]
)
_traits = st.sampled_from(_TRAITS)
_questions = st.sampled_from(["authority", "budget", "authority", None])
_answers = st.sampled_from(["yes", "no", None])
_places = st.sampled_from([*STAGES, "nowhere", None])
_values = st.sampled_from([20, 250.5, None])
_actors = st.sampled_from(["human", "human", "unknown", "machine"])


@st.composite
def histories(draw: st.DrawFn, max_size: int = 25, start: int | None = None) -> list[Touch]:
    """The touches of one person in order of (at, id), ids unique; they begin about `start`, if that is given."""
    at = (draw(starts) if start is None else start) + draw(_beginnings)
    touches = []
    for number in range(draw(st.integers(1, max_size))):
        at += draw(steps)
        touches.append(_touch(draw, number, at))
    return touches


def _touch(draw: st.DrawFn, number: int, at: int) -> Touch:
    kind = draw(_kinds)
    subject, value, attrs = None, None, {}
    if kind in ("page_viewed", "form_submitted"):
        subject, attrs = draw(_pages), draw(_media)
    if kind == "traits_changed":
        attrs = draw(_traits)
    if kind == "answered":
        subject, attrs = draw(_questions), {"value": draw(_answers)}
    if kind == "stage_set":
        subject = draw(_places)
    if kind == "purchased":
        value = draw(_values)
    actor = draw(_actors)
    direction = {"email_sent": "out", "page_viewed": "in", "custom_thing": "in"}.get(kind)
    usual = "in" if kind in _INWARD else "internal"
    return Touch(f"t{number:04}", "p", at, kind, direction or usual, actor, subject, value, attrs)

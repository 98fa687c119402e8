"""Property 5 of the contract: the bulk engine gives, for any playbook and history, what the fold gives."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ripeline.lifecycle.instant import DAY, parse_instant
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import Touch, parse_touch
from ripeline.replay import bulk as engine
from ripeline.replay.bulk import compile_program, replay_history
from ripeline.replay.history import Column, from_touches, nulls
from ripeline.replay.unused import find_unused
from tests.lifecycle.examples import LIFE, PLAYBOOK, instant, ladder, touch
from tests.lifecycle.strategies import playbook_maps, to_playbook
from tests.replay.alike import bulk, crowds, folded, odd_playbook_maps, rows_of
from tests.replay.golden import CASES, GOLDEN, needs_golden
from tests.replay.golden import rows_of as lines_of

pytestmark = pytest.mark.pure
many = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
waits = st.sampled_from([0, 1, DAY, 20 * DAY, 400 * DAY])


@many
@given(st.one_of(playbook_maps(), odd_playbook_maps()), crowds(), waits)
def test_the_bulk_engine_gives_what_the_fold_gives_bit_for_bit(
    plain: dict[str, Any], touches: list[Touch], wait: int
) -> None:
    playbook, as_of = to_playbook(plain), max(it.at for it in touches) + wait
    assert bulk(playbook, touches, as_of) == folded(playbook, touches, as_of)


@settings(many, max_examples=60)
@given(odd_playbook_maps(), crowds(), st.randoms(use_true_random=False), st.data())
def test_order_repetition_and_the_end_change_what_they_change_in_the_fold(
    plain: dict[str, Any], touches: list[Touch], random: Random, data: Any
) -> None:
    playbook = to_playbook(plain)
    as_of = data.draw(st.sampled_from(touches)).at
    again = [*touches, *data.draw(st.lists(st.sampled_from(touches), max_size=3))]
    random.shuffle(again)
    assert bulk(playbook, again, as_of) == folded(playbook, touches, as_of)


@settings(many, max_examples=60)
@given(odd_playbook_maps(), crowds(), st.data())
def test_what_had_not_been_heard_of_by_then_does_not_count(
    plain: dict[str, Any], touches: list[Touch], data: Any
) -> None:
    playbook, as_of = to_playbook(plain), max(it.at for it in touches) + DAY
    delays = data.draw(
        st.lists(st.sampled_from([0, DAY, 30 * DAY]), min_size=len(touches), max_size=len(touches))
    )
    heard = [it.at + delay for it, delay in zip(touches, delays, strict=True)]
    by = data.draw(st.sampled_from(heard))
    known = [it for it, at in zip(touches, heard, strict=True) if at <= by]
    history = from_touches(touches, heard)
    assert rows_of(replay_history(compile_program(playbook), history, as_of, received_by=by)) == folded(
        playbook, known, as_of
    )


@needs_golden
@pytest.mark.parametrize("case", CASES)
def test_the_bulk_engine_gives_each_golden_case_as_the_fold_does(case: str) -> None:
    playbook = load_playbook((GOLDEN / case / "playbook.yaml").read_text())
    touches = [parse_touch(record) for record in lines_of(GOLDEN / case / "touches.jsonl")]
    as_of = parse_instant((GOLDEN / case / "as_of").read_text().strip())
    assert bulk(playbook, touches, as_of) == folded(playbook, touches, as_of)


def test_a_history_without_people_has_no_outcome() -> None:
    assert bulk(load_playbook(PLAYBOOK), [], 0) == ([], [], [])


def test_the_life_of_one_person_is_told_alike_to_the_last_bit() -> None:
    playbook, as_of = load_playbook(PLAYBOOK), LIFE[-1].at + 100 * DAY
    moves, standings, ignored = bulk(playbook, LIFE, as_of)
    assert (moves, standings, ignored) == folded(playbook, LIFE, as_of)
    assert len(moves) > 5, "the life moves: an empty comparison would prove nothing"
    assert [row[2] for row in ignored] == ["winner"]


def test_more_signals_than_a_word_has_bits_are_told_apart() -> None:
    numbers, of_the_ladder = range(150), range(51, 150)  # a ladder may have 100 stages
    signals = {f"s{n}": {"kind": f"k{n}", "subject": f"x{n % 7}*"} for n in numbers}
    plain = {
        "key": "wide",
        "signals": signals,
        "score": {"half_life": "7d", "points": [{"signal": f"s{n}", "add": n + 0.1} for n in numbers]},
        "personas": [{"key": f"p{n}", "when": {"trait": {f"t{n}": n}}} for n in of_the_ladder],
        "stages": [
            {"key": "low"},
            *(
                {"key": f"g{n}", "enter": {"all": [{"signal": f"s{n}"}, {"persona": f"p{n}"}]}}
                for n in of_the_ladder
            ),
        ],
    }
    playbook = load_playbook(json.dumps(plain))
    chance, touches = Random(5), []
    for row in range(600):
        n = chance.randrange(150)
        at = f"{1 + row // 60:02}-{1 + row % 28:02}"
        more: dict[str, Any] = {"id": f"t{row}", "person": f"p{row % 60}"}
        touches.append(touch(at, f"k{n}", subject=f"x{n % 7}y", **more))
        attrs = {f"t{n - 1}": None, f"t{n}": n}
        touches.append(touch(at, "traits_changed", attrs=attrs, **(more | {"id": f"u{row}"})))
    moves, standings, _ = bulk(playbook, touches, touches[-1].at)
    assert (moves, standings) == folded(playbook, touches, touches[-1].at)[:2]
    assert len(moves) > 60, "everybody moves at least once"


def test_somebody_with_more_moves_than_there_was_room_for_is_folded_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "ROOM_AT_FIRST", 3)
    playbook = load_playbook(ladder("  - {key: a}\n  - {key: b, enter: {signal: subscribed, within: 1d}}\n"))
    touches = [
        touch(f"01-{day:02}", "stage_set", subject=subject, person=person, id=f"{person}{day}")
        for person in ("ana", "zoe")
        for day in range(1, 29)
        for subject in [["a", "b", "c"][day % 3]]
    ]
    found = bulk(playbook, touches, touches[-1].at)
    assert found == folded(playbook, touches, touches[-1].at)
    assert len(found[0]) > 30
    assert len(found[2]) > 15


def test_a_program_may_be_sent_to_another_machine() -> None:
    playbook = load_playbook(PLAYBOOK)
    sent = pickle.loads(pickle.dumps(compile_program(playbook)))
    history = from_touches(LIFE)
    came = pickle.loads(pickle.dumps(replay_history(sent, history, LIFE[-1].at)))
    assert rows_of(came) == folded(playbook, LIFE, LIFE[-1].at)


def test_a_program_names_the_columns_it_reads() -> None:
    small = ladder("  - {key: a}\n  - {key: b, enter: {signal: subscribed}}\n")
    plain = compile_program(load_playbook(small))
    assert plain.columns == {"kind", "actor", "subject", "direction"}
    assert compile_program(load_playbook(PLAYBOOK)).columns == plain.columns | {"attrs", "value"} - {"value"}
    history = from_touches(LIFE)
    bare = replace(history, attrs=nulls(history.touches), value=None, ids=None)
    playbook = plain.playbook
    assert rows_of(replay_history(plain, bare, LIFE[-1].at)) == folded(playbook, LIFE, LIFE[-1].at)


def test_only_counts_are_kept_where_no_transitions_are_wanted() -> None:
    program, history = compile_program(load_playbook(PLAYBOOK)), from_touches(LIFE)
    whole = replay_history(program, history, LIFE[-1].at)
    counted = replay_history(program, history, LIFE[-1].at, want_transitions=False)
    assert counted.moves is None
    assert counted.moves_into == whole.moves_into
    assert counted.stands_in == whole.stands_in


def test_touches_after_the_end_are_counted_as_such() -> None:
    history = from_touches(LIFE)
    assert (
        replay_history(compile_program(load_playbook(PLAYBOOK)), history, LIFE[3].at).later == len(LIFE) - 4
    )


def test_attrs_that_are_no_flat_map_count_as_empty_and_are_listed() -> None:
    history = from_touches(LIFE)
    texts = [
        '{"industry": ["media"]}' if text and "industry" in text else text for text in history.attrs.values
    ]
    broken = replace(history, attrs=Column(history.attrs.codes, tuple(texts)))
    outcome = replay_history(compile_program(load_playbook(PLAYBOOK)), broken, LIFE[-1].at)
    listed = find_unused(broken, (), future=None).sorts["attrs nested"]
    assert [it.at for it in listed.examples] == [it.at for it in LIFE if "industry" in it.attrs]
    assert outcome.standings.grade.tolist() == [4], "nothing is known of the person: F"


def test_a_history_that_does_not_say_when_it_was_heard_of_cannot_be_dated_so() -> None:
    with pytest.raises(ValueError, match="when its touches were received"):
        replay_history(compile_program(load_playbook(PLAYBOOK)), from_touches(LIFE), 0, received_by=0)


def test_columns_of_any_width_give_the_same() -> None:
    history = from_touches(LIFE)
    narrow = {
        name: Column(getattr(history, name).codes.astype(np.uint8), getattr(history, name).values)
        for name in ("kind", "direction", "actor", "subject", "attrs")
    }
    program = compile_program(load_playbook(PLAYBOOK))
    assert rows_of(replay_history(program, replace(history, **narrow), LIFE[-1].at)) == rows_of(
        replay_history(program, history, LIFE[-1].at)
    )


POINTS = (
    "{half_life: 7d, points: [{signal: subscribed, add: 60}, "
    "{signal: unsubscribed, add: -30}, {signal: page_viewed, add: 3}]}"
)
WAKING = {
    "a score that lost points fades below its bound the sooner": (
        "  - {key: a}\n  - {key: b, enter: {score: {gte: 20}}, exit: [{when: {score: {lt: 20}}, to: a}]}\n",
        [("01-01", "subscribed"), ("01-02", "unsubscribed")],
        [
            ("01-01", "b"),
            ("01-04", "a"),
        ],  # 54.3 - 30 = 24.3 on the 2nd, 19.97 on the 4th; else the 13th
    ),
    "a score that grows is noticed when it crosses": (
        "  - {key: a}\n  - {key: b, enter: {score: {gte: 8}}}\n",
        [("01-01 08:00", "page_viewed"), ("01-01 09:00", "page_viewed"), ("01-01 10:00", "page_viewed")],
        [("01-01 10:00", "b")],
    ),
    "somebody idle is idle no more when they come": (
        "  - {key: a}\n  - {key: b, enter: {idle: 3d}, exit: [{when: {not: {idle: 3d}}, to: a}]}\n",
        [("01-01", "page_viewed"), ("01-09", "page_viewed")],
        [("01-04", "b"), ("01-09", "a"), ("01-12", "b")],
    ),
    "a signal counts up to what is asked": (
        "  - {key: a}\n  - {key: b, enter: {signal: page_viewed, count: 3}}\n",
        [("01-01", "page_viewed"), ("01-02", "page_viewed"), ("01-03", "page_viewed")],
        [("01-03", "b")],
    ),
    "a window is kept open by whoever comes again": (
        "  - {key: a}\n  - key: b\n    enter: {signal: page_viewed, within: 3d}\n"
        "    exit: [{when: {not: {signal: page_viewed, within: 3d}}, to: a}]\n",
        [
            ("01-01", "page_viewed"),
            ("01-03", "page_viewed"),
            ("01-05", "page_viewed"),
            ("01-20", "page_viewed"),
        ],
        [("01-01", "b"), ("01-08", "a"), ("01-20", "b"), ("01-23", "a")],
    ),
    "an answer ages": (
        '  - {key: a}\n  - key: b\n    enter: {answer: {need: "yes"}}\n'
        '    exit: [{when: {not: {answer: {need: "yes"}}}, to: a}]\n',
        [("01-01", "answered"), ("01-04", "answered")],
        [("01-01", "b"), ("01-09", "a")],
    ),
    "a stay comes to its end": (
        "  - {key: a}\n  - {key: b, enter: {signal: subscribed}, exit: [{when: {in_stage: 4d}, to: a}]}\n",
        [("01-01", "subscribed"), ("01-03", "page_viewed")],
        [("01-01", "b"), ("01-05", "a")],
    ),
}


@pytest.mark.parametrize("name", WAKING)
def test_the_rules_are_looked_at_when_something_may_have_turned(name: str) -> None:
    stages, done, expected = WAKING[name]
    playbook = load_playbook(ladder(stages, score=POINTS, answers="{need: {valid_for: 5d}}"))
    more = {"answered": {"subject": "need", "attrs": {"value": "yes"}}}
    touches = [touch(when, kind, **more.get(kind, {})) for when, kind in done]
    as_of = touches[-1].at + 60 * DAY
    moves, standings, _ = bulk(playbook, touches, as_of)
    assert (moves, standings) == folded(playbook, touches, as_of)[:2]
    assert [(at, to) for _, at, _, to, *_ in moves][: len(expected)] == [
        (instant(when), to) for when, to in expected
    ]

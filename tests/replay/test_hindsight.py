"""What a stage found by its dates and nobody could have seen: it was written down only after the outcome."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ripeline.cli import main
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.instant import DAY, parse_instant
from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.lifecycle.touch import Touch
from ripeline.replay.bulk import compile_program, replay_history
from ripeline.replay.compare import Side, added, found_of, side_of
from ripeline.replay.comparing import outcome_instants
from ripeline.replay.hindsight import heard_in_time
from ripeline.replay.history import from_touches
from ripeline.replay.over_parts import Asked
from ripeline.replay.parts.updating import write_parts
from tests.replay.files import record, write_jsonl

pytestmark = pytest.mark.pure

CALLED = """
key: called
title: Called
stages:
  - {key: suspect, title: Suspect}
  - {key: prospect, title: Prospect, enter: {signal: call_held}}
"""
DEAL = parse_instant("2026-03-10T12:00:00Z")
END = DEAL + 30 * DAY
Noted = tuple[Touch, int]


def touch(person: str, kind: str, at: int) -> Touch:
    return Touch(f"{person} {kind} {at}", person, at, kind, "in", "human", None, None, {})


def sold(person: str, called: int, noted: int) -> list[Noted]:
    """Somebody seen in time, called on a day (from the deal) that was noted on another, who bought."""
    return [
        (touch(person, "page_viewed", DEAL - 30 * DAY), DEAL - 30 * DAY),
        (touch(person, "call_held", DEAL + called * DAY), DEAL + noted * DAY),
        (touch(person, "deal_won", DEAL), DEAL),
    ]


def side(noted: Sequence[Noted], playbook: Playbook | None = None, *, is_dated: bool = True) -> Side:
    program = compile_program(playbook or load_playbook(CALLED))
    history = from_touches([it for it, _ in noted], [at for _, at in noted] if is_dated else None)
    happened = outcome_instants(program, "deal_won", history, Asked(END))
    return side_of(
        replay_history(program, history, END), happened, heard_in_time(program, history, END, happened)
    )


def found(those: Side) -> list[tuple[int, int | None]]:
    """Of each stage: how many it found, and how many of them by what was written down only afterwards."""
    names = compile_program(load_playbook(CALLED)).names
    return [(it.recall.count, it.written_after) for it in found_of(those, names)]


def test_a_call_noted_five_days_after_the_deal_found_nobody_in_time() -> None:
    noted = [
        it for number in range(10) for it in sold(f"p{number}", called=-2, noted=5 if number < 3 else -2)
    ]
    assert found(side(noted)) == [(10, 0), (10, 3)]


def test_a_call_noted_late_and_yet_before_the_deal_counts() -> None:
    assert found(side(sold("ana", called=-9, noted=-1))) == [(1, 0), (1, 0)]


def test_somebody_of_whom_all_was_noted_afterwards_was_not_even_known() -> None:
    noted = [(it, END) for it, _ in sold("ana", called=-2, noted=0)]
    assert found(side(noted)) == [(1, 1), (1, 1)]


def test_where_nobody_wrote_down_when_they_heard_it_is_not_known() -> None:
    noted = sold("ana", called=-2, noted=5)
    assert found(side(noted, is_dated=False)) == [(1, None), (1, None)]
    assert found(added([side(noted), side(noted, is_dated=False)])) == [(2, None), (2, None)]
    assert found(added([side([]), side(noted), side([])])) == [(1, 0), (1, 1)]


TIMED = load_playbook("""
key: timed
title: Timed
score: {half_life: 2d, points: [{signal: page_viewed, add: 10}]}
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {score: {gte: 15}}}
  - key: prospect
    title: Prospect
    enter: {all: [{signal: call_held}, {signal: page_viewed, count: 2}]}
    exit: [{when: {idle: 3d}, to: lead}]
  - {key: silent, title: Silent, enter: {all: [{idle: 4d}, {signal: call_held}]}}
""")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ana", "ben"]),
        st.sampled_from(["page_viewed", "page_viewed", "call_held", "deal_won", "stage_set"]),
        st.integers(-9, 0),
        st.sampled_from([0, 0, 1, 3, 40]),
    ),
    max_size=24,
)


@given(EVENTS)
def test_who_was_found_in_time_is_who_the_plain_fold_of_what_was_heard_finds(
    events: list[tuple[str, str, int, int]],
) -> None:
    noted = [
        (
            Touch(f"t{n}", who, DEAL + day * DAY, kind, "in", "human", "lead", None, {}),
            DEAL + (day + later) * DAY,
        )
        for n, (who, kind, day, later) in enumerate(events)
    ]
    expected = [0] * len(TIMED.stages)
    for person in ("ana", "ben"):
        theirs = [(it, when) for it, when in noted if it.person == person]
        won = min((it.at for it, _ in theirs if it.kind == "deal_won"), default=0)
        everything = entered(TIMED, [it for it, _ in theirs])
        in_time = entered(TIMED, [it for it, when in theirs if when <= won])
        for place, stage in enumerate(TIMED.stages):
            expected[place] += everything.get(stage.key, won) < won <= in_time.get(stage.key, won)
    found = side(noted, TIMED).late
    assert found is not None
    assert found.tolist() == expected


def entered(playbook: Playbook, touches: Sequence[Touch]) -> dict[str, int]:
    """When somebody first stood in each stage, by the plain fold."""
    if not touches:
        return {}
    found = {playbook.stages[0].key: min(it.at for it in touches)}
    for move in fold(playbook, touches, END).transitions:
        found.setdefault(move.to_stage, move.at)
    return found


def test_compare_says_what_was_written_down_only_after_the_outcome(tmp_path: Path) -> None:
    noted = [*sold("ana", -2, 5), *sold("ben", -2, -2)]
    history = from_touches([it for it, _ in noted], [at for _, at in noted])
    write_parts(str(tmp_path / "parts"), [history], now=END)
    text = compare(tmp_path, tmp_path / "parts")
    assert "Prospect 100.0 % (34.2 to 100.0) 100.0 % (34.2 to 100.0) 1 of 2" in text
    assert "“Before” goes by when things happened." in text
    told = json.loads(compare(tmp_path, tmp_path / "parts", "--json"))["playbook"]["stages"][1]
    assert (told["recall"]["count"], told["written_after"]) == (2, 1)


def test_compare_of_a_file_says_that_it_does_not_know(tmp_path: Path) -> None:
    touches = write_jsonl(
        tmp_path / "touches.jsonl",
        [
            record("c", "ana", "2026-03-08T12:00:00Z", "call_held"),
            record("d", "ana", "2026-03-10T12:00:00Z", "deal_won"),
        ],
    )
    assert json.loads(compare(tmp_path, touches, "--json"))["with"]["stages"][1]["written_after"] is None
    assert "100.0 % (20.7 to 100.0) - 1.00" in compare(tmp_path, touches)


def compare(folder: Path, touches: Path, *more: str) -> str:
    (folder / "called.yaml").write_text(CALLED, encoding="utf-8")
    files = ["--playbook", str(folder / "called.yaml"), "--with", str(folder / "called.yaml")]
    result = CliRunner().invoke(main, ["compare", *files, "--touches", str(touches), *more])
    assert result.exit_code == 0, result.output
    return result.stdout if "--json" in more else " ".join(result.stdout.split())

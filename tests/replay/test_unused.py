"""Touches a replay cannot use as they are: all counted, the first of each sort named, in bounded memory and time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from ripeline.cli import main
from ripeline.lifecycle.instant import DAY, parse_instant
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import Touch, parse_touch
from ripeline.replay.history import Column, from_touches
from ripeline.replay.parts.updating import write_parts
from ripeline.replay.run import replay_files
from ripeline.replay.unused import (
    EXAMPLES,
    MOST_KINDS,
    SHOWN,
    Example,
    Listing,
    find_unused,
    unused_of,
)
from tests.replay.files import Record, record, write_jsonl

pytestmark = pytest.mark.pure

SMALL = """
key: small
title: Small
signals:
  ours: {kind: our_own_kind}
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {signal: subscribed}}
"""
PLAYBOOK = load_playbook(SMALL)
NOW = parse_instant("2026-03-10T00:00:00Z")
FAR = "2999-01-01T00:00:00Z"


def touch(number: int, kind: str, at: int = NOW - DAY, person: str = "ana") -> Touch:
    return Touch(f"t{number}", person, at, kind, "in", "human", None, None, {})


def test_kinds_nobody_knows_are_counted_with_the_earliest_touches_of_each() -> None:
    touches = [touch(number, "telepathy", NOW - number * DAY) for number in range(1, 9)]
    touches += [touch(30, "noted"), touch(31, "page_engaged")]
    touches += [touch(20, "our_own_kind"), touch(21, "page_viewed"), touch(22, "seance", person="ben")]
    found = find_unused(from_touches(touches), [PLAYBOOK], future=NOW)
    assert {sort: those.count for sort, those in found.told.items()} == {
        "kind telepathy": 8,
        "kind seance": 1,
    }
    assert found.told["kind seance"].examples == (Example("ben", NOW - DAY, "seance"),)
    assert [it.at for it in found.told["kind telepathy"].examples] == [NOW - n * DAY for n in (8, 7, 6, 5, 4)]


def test_touches_after_now_are_dated_in_the_future() -> None:
    found = find_unused(
        from_touches([touch(1, "subscribed", NOW), touch(2, "subscribed", NOW + 1)]), [PLAYBOOK], future=NOW
    )
    assert found.told["future"].examples == (Example("ana", NOW + 1, "subscribed"),)


def test_only_the_most_frequent_unknown_kinds_are_named_and_the_others_told_together() -> None:
    touches = [touch(100 * kind + n, f"kind{kind:02}") for kind in range(30) for n in range(30 - kind)]
    told = find_unused(from_touches(touches), [PLAYBOOK], future=None).told
    assert list(told) == [*(f"kind kind{kind:02}" for kind in range(SHOWN)), "kinds"]
    assert told["kinds"].count == sum(30 - kind for kind in range(SHOWN, 30))


def test_a_hundred_thousand_different_kinds_take_little_time_and_memory() -> None:
    touches = [touch(number, f"kind{number}") for number in range(100_000)]
    history = from_touches(touches)
    begun = perf_counter()
    found = find_unused(history, [PLAYBOOK], future=NOW)
    assert perf_counter() - begun < 1.0
    assert len(found.kinds) == MOST_KINDS
    assert found.rest == 100_000 - MOST_KINDS
    both = found + find_unused(from_touches([touch(1, "another")]), [PLAYBOOK], future=NOW)
    assert len(both.kinds) == MOST_KINDS
    assert sum(those.count for those in both.told.values()) == 100_001


KIND = st.sampled_from(["page_viewed", "telepathy", "seance", "our_own_kind"])
TOUCHES = st.lists(
    st.tuples(KIND, st.integers(-3, 3), st.sampled_from(["ana", "ben", "cho"])), max_size=30
).map(lambda rows: [touch(n, kind, NOW + days * DAY, person) for n, (kind, days, person) in enumerate(rows)])


@given(TOUCHES)
def test_what_is_found_adds_up_over_people_and_is_the_same_touch_by_touch(
    touches: Sequence[Touch],
) -> None:
    whole = find_unused(from_touches(touches), [PLAYBOOK], future=NOW)
    people = [[it for it in touches if it.person == person] for person in ("ana", "ben", "cho")]
    added = sum((find_unused(from_touches(those), [PLAYBOOK], future=NOW) for those in people), Listing())
    assert added.told == whole.told == unused_of(touches, PLAYBOOK, future=NOW).told
    odd = [it for it in touches if it.kind in ("telepathy", "seance")]
    assert sum(those.count for those in whole.kinds.values()) == len(odd)
    assert all(len(those.examples) == min(those.count, EXAMPLES) for those in whole.told.values())


RECORDS = [
    record("t1", "ana", "2026-01-01T00:00:00Z", "subscribed"),
    record("t2", "ana", "2026-01-02T00:00:00Z", "telepathy"),
    record("t3", "ben", "2026-01-03T00:00:00Z", "telepathy"),
    record("t4", "ben", "2026-01-04T00:00:00Z", "stage_set", subject="moon"),
    record("t5", "cho", FAR, "subscribed"),
]


@pytest.mark.parametrize("engine", ["bulk", "fold"])
def test_replay_lists_what_it_cannot_use_on_standard_error(tmp_path: Path, engine: str) -> None:
    result = ripeline("replay", tmp_path, "--engine", engine)
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == [
        said(result, "WARNING: the end, 2999-01-01T00:00:00Z, lies in the future; it is the latest touch"),
        "1 touch is dated in the future (such count, for so does the end): cho 2999-01-01T00:00:00Z subscribed",
        "2 touches are of the kind 'telepathy', which neither the vocabulary nor a signal knows: "
        "ana 2026-01-02T00:00:00Z telepathy; ben 2026-01-03T00:00:00Z telepathy",
        "ben: the stage_set t4 of 2026-01-04T00:00:00Z was ignored, for 'moon' is no stage of the playbook",
    ]


def test_compare_lists_them_on_standard_error_and_in_json(tmp_path: Path) -> None:
    result = ripeline("compare", tmp_path, "--with", tmp_path / "playbook.yaml", "--json")
    assert result.exit_code == 0, result.output
    lines = result.stderr.splitlines()
    assert [line.split(": ")[0] for line in lines[1:]] == [
        "1 touch is dated in the future (such count, for so does the end)",
        "1 touch moves somebody by hand to a stage that 'small' does not have; ignored there",
        "1 touch moves somebody by hand to a stage that 'small' does not have; ignored there",
        "2 touches are of the kind 'telepathy', which neither the vocabulary nor a signal knows",
    ]
    assert lines[0].startswith("WARNING: the end, 2999-01-01T00:00:00Z, lies in the future")
    listed = {each["sort"]: each for each in json.loads(result.stdout)["unused"]}
    assert listed["kind"] == {
        "sort": "kind",
        "kind": "telepathy",
        "count": 2,
        "examples": [
            {"person": "ana", "at": "2026-01-02T00:00:00Z", "what": "telepathy"},
            {"person": "ben", "at": "2026-01-03T00:00:00Z", "what": "telepathy"},
        ],
    }
    assert (listed["future"]["count"], listed["stage one"]["examples"][0]["what"]) == (1, "stage_set moon")


def test_of_many_unknown_kinds_a_line_tells_the_others_together(tmp_path: Path) -> None:
    odd = [record(f"t{n}", "ana", "2026-01-01T00:00:00Z", f"strange{n}") for n in range(23)]
    result = ripeline("compare", tmp_path, "--with", tmp_path / "playbook.yaml", "--json", records=odd)
    assert len(result.stderr.splitlines()) == 21
    assert result.stderr.splitlines()[-1] == "3 touches are of 3 more kinds that nobody knows"
    assert json.loads(result.stdout)["unused"][-1] == {
        "sort": "kinds", "count": 3, "kinds": 3, "or_more": False, "examples": [],
    }  # fmt: skip


def test_an_end_that_is_given_leaves_future_touches_out_and_says_so(tmp_path: Path) -> None:
    result = ripeline("replay", tmp_path, "--as-of", "2026-02-01T00:00:00Z")
    assert "WARNING" not in result.stderr
    assert "1 touch is dated in the future (such are left out): cho" in result.stderr
    asked = ripeline("replay", tmp_path, "--as-of", "2998-01-01T00:00:00Z")
    assert "lies in the future; it was asked for." in asked.stderr


def test_explain_warns_of_an_end_in_the_future_too(tmp_path: Path) -> None:
    result = ripeline("explain", tmp_path, "--person", "ana")
    assert result.exit_code == 0
    assert "WARNING: the end, 2999-01-01T00:00:00Z" in result.stderr


def test_a_history_without_anything_odd_is_replayed_without_a_word(tmp_path: Path) -> None:
    assert ripeline("replay", tmp_path, records=RECORDS[:1]).stderr == ""


@pytest.mark.parametrize("asked", [["replay"], ["replay", "--engine", "fold"], ["compare"]])
def test_attrs_of_history_parts_that_are_no_flat_map_are_listed_though_no_rule_reads_them(
    tmp_path: Path, asked: list[str]
) -> None:
    """Each bucket that has such is listed; one that has none is not even looked at."""
    good = [parse_touch(each) for each in RECORDS[:1]]
    odd = [replace(touch(n, "page_viewed", NOW + n, "ben"), attrs={"n": n}) for n in range(3)]
    history = from_touches(odd)
    texts = ['{"a": {"b": 1}}', "[1]", '{"a": ']
    odd_history = replace(history, attrs=Column(history.attrs.codes, tuple(texts)))
    parts = write_parts(str(tmp_path / "parts"), [from_touches(good), odd_history], now=NOW)
    assert [set(part.doubtful) for part in parts.buckets] == [set(), {"attrs"}]
    playbook = tmp_path / "playbook.yaml"
    playbook.write_text(SMALL, encoding="utf-8")
    given = [*asked, "--playbook", playbook, "--touches", tmp_path / "parts"]
    given += ["--with", playbook] if "compare" in asked else []
    result = CliRunner().invoke(main, list(map(str, given)))
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == [
        "1 touch has attrs that hold a list or a map within the map; they count as empty: "
        "ben 2026-03-10T00:00:00Z page_viewed",
        "1 touch has attrs that are no map; they count as empty: ben 2026-03-10T00:00:00.000001Z page_viewed",
        "1 touch has attrs that are no JSON; they count as empty: ben 2026-03-10T00:00:00.000002Z page_viewed",
    ]


def test_a_program_that_asks_for_no_listing_gets_none(tmp_path: Path) -> None:
    touches = write_jsonl(tmp_path / "touches.jsonl", RECORDS)
    assert replay_files(PLAYBOOK, touches).unused == Listing()
    assert replay_files(PLAYBOOK, touches, now=NOW).unused.told["kind telepathy"].count == 2


def ripeline(command: str, folder: Path, *more: object, records: Sequence[Record] = RECORDS) -> Result:
    playbook = folder / "playbook.yaml"
    playbook.write_text(SMALL, encoding="utf-8")
    touches = write_jsonl(folder / "touches.jsonl", records)
    return CliRunner().invoke(
        main, [command, "--playbook", str(playbook), "--touches", str(touches), *map(str, more)]
    )


def said(result: Result, start: str) -> str:
    """The line that begins so."""
    return next(line for line in result.stderr.splitlines() if line.startswith(start))

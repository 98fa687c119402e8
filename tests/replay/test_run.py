"""Whole histories: files in, transitions and standings out."""

from __future__ import annotations

import csv
import json
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.instant import format_instant, parse_instant
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import parse_touch
from ripeline.replay import gathering
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.parts import building, spilling
from ripeline.replay.run import ReplaySummary, explain_person, replay_files
from tests.replay.files import Record, record, write_jsonl, write_parquet
from tests.replay.golden import rows_of

pytestmark = pytest.mark.pure

PLAYBOOK = load_playbook("""
key: small
title: Small
score: {half_life: 30d, points: [{signal: page_viewed, add: 10}]}
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {signal: subscribed}}
  - key: prospect
    title: Prospect
    enter: {signal: email_replied, within: 30d}
    exit: [{when: {idle: 30d}, to: lead, reason: went quiet}]
""")

# Names whose order differs between UTF-8, UTF-16 and the alphabet.
NAMES = ["ana", "Zoe", "élodie", "\uffee", "😀", "a", "=cmd()", "z z"]


def a_history(people: int = 40) -> list[Record]:
    """Some people reply, some fall silent, some only look; in no order."""
    records = []
    for number in range(people):
        person = f"{NAMES[number % len(NAMES)]}{number // len(NAMES)}"
        for step, kind in enumerate(["page_viewed", "subscribed", "email_replied"][: 1 + number % 3]):
            at = f"2026-0{1 + step}-{1 + number % 28:02}T10:00:00Z"
            records.append(record(f"{number}-{step}", person, at, kind, subject="/pricing"))
    return records[::2] + records[1::2]


def replay(touches: Path, folder: Path, *, ending: str = "jsonl", **more: Any) -> ReplaySummary:
    return replay_files(
        PLAYBOOK,
        touches,
        transitions_out=folder / f"transitions.{ending}",
        standings_out=folder / f"standings.{ending}",
        **more,
    )


@pytest.fixture(params=["bulk", "fold"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


def results(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "transitions.jsonl").read_bytes(), (folder / "standings.jsonl").read_bytes()


def test_a_replay_says_what_fold_says_for_each_person_in_the_order_of_utf8_bytes(
    tmp_path: Path, engine: str
) -> None:
    records = a_history()
    end = max(parse_instant(each["at"]) for each in records)
    summary = replay(write_jsonl(tmp_path / "touches.jsonl", records), tmp_path, engine=engine)
    people = sorted({each["person"] for each in records}, key=str.encode)
    folds = [
        fold(PLAYBOOK, [parse_touch(it) for it in records if it["person"] == who], end) for who in people
    ]
    assert [(row["person"], row["at"], row["to"]) for row in rows_of(tmp_path / "transitions.jsonl")] == [
        (move.person, format_instant(move.at), move.to_stage) for each in folds for move in each.transitions
    ]
    standings = rows_of(tmp_path / "standings.jsonl")
    assert [row["person"] for row in standings] == people
    assert [row["stage"] for row in standings] == [each.standing.stage for each in folds if each.standing]
    assert summary.people == len(people)
    assert sum(summary.standings_by_stage.values()) == len(people)
    assert set(summary.standings_by_stage) == {"suspect", "lead", "prospect"}


def test_fields_are_those_scripts_rely_on_in_their_order(tmp_path: Path) -> None:
    replay(write_jsonl(tmp_path / "touches.jsonl", a_history()), tmp_path)
    assert list(rows_of(tmp_path / "transitions.jsonl")[0]) == (
        "person at from to cause rule score grade".split()
    )
    assert list(rows_of(tmp_path / "standings.jsonl")[0]) == (
        "person stage entered_at score grade persona rating status last_inbound_at".split()
    )


def test_one_file_a_parquet_file_and_a_folder_of_parts_give_the_same(tmp_path: Path, engine: str) -> None:
    records = a_history()
    parts = tmp_path / "parts"
    parts.mkdir()
    write_parquet(parts / "1.parquet", records[:20])
    write_parquet(parts / "2.parquet", records[20:])
    sources = [
        write_jsonl(tmp_path / "t.jsonl", records),
        write_parquet(tmp_path / "t.parquet", records),
        parts,
    ]
    found = []
    for source in sources:
        replay(source, tmp_path, engine=engine)
        found.append(results(tmp_path))
    assert found[0] == found[1] == found[2]


def test_csv_and_parquet_results_hold_what_json_lines_hold(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "touches.jsonl", a_history())
    for ending in ("jsonl", "csv", "parquet"):
        replay(source, tmp_path, ending=ending)
    for name in ("transitions", "standings"):
        rows = rows_of(tmp_path / f"{name}.jsonl")
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = list(csv.DictReader(file))
        assert [each["person"].removeprefix("'") for each in cells] == [row["person"] for row in rows]
        assert [float(each["score"]) for each in cells] == [row["score"] for row in rows]
        columns = pq.read_table(tmp_path / f"{name}.parquet").to_pylist()
        plain = [{key: value for key, value in row.items() if not key.endswith("at")} for row in rows]
        assert [{key: each[key] for key in plain[0]} for each in columns] == plain


def test_a_name_that_is_a_formula_is_harmless_in_csv(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "t.jsonl", [record("t1", "=cmd()", "2026-01-01T00:00:00Z", "subscribed")])
    replay(source, tmp_path, ending="csv")
    assert (tmp_path / "standings.csv").read_text().splitlines()[1].startswith("'=cmd(),lead,")


def test_the_end_is_the_latest_touch_of_all_unless_said_otherwise(tmp_path: Path, engine: str) -> None:
    records = [
        record("t1", "ana", "2026-01-01T00:00:00Z", "email_replied"),
        record("t2", "zoe", "2026-01-30T23:59:59Z", "page_viewed"),
    ]
    source = write_jsonl(tmp_path / "touches.jsonl", records)
    assert replay(source, tmp_path, engine=engine).as_of == parse_instant("2026-01-30T23:59:59Z")
    assert [row["stage"] for row in rows_of(tmp_path / "standings.jsonl")] == ["prospect", "suspect"]
    replay(source, tmp_path, as_of=parse_instant("2026-01-31T00:00:00Z"), engine=engine)
    assert [row["stage"] for row in rows_of(tmp_path / "standings.jsonl")] == ["lead", "suspect"]
    early = replay(source, tmp_path, as_of=parse_instant("2026-01-15T00:00:00Z"), engine=engine)
    assert [row["person"] for row in rows_of(tmp_path / "standings.jsonl")] == ["ana"], (
        "zoe was not there yet"
    )
    assert (early.people, early.touches) == (1, 2)


def test_an_empty_history_gives_empty_results(tmp_path: Path, engine: str) -> None:
    summary = replay(write_jsonl(tmp_path / "touches.jsonl", []), tmp_path, engine=engine)
    assert (summary.people, summary.as_of, results(tmp_path)) == (0, None, (b"", b""))


def test_many_buckets_on_disk_give_what_one_in_memory_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_jsonl(tmp_path / "touches.jsonl", a_history())
    replay(source, tmp_path)
    expected = results(tmp_path)
    monkeypatch.setattr(gathering, "UNITS_PER_BUCKET", 300)
    monkeypatch.setattr(gathering, "_FLUSH_AFTER", 7)
    replay(source, tmp_path, engine="fold")
    assert results(tmp_path) == expected
    monkeypatch.setattr(building, "BUCKET_TOUCHES", 4)
    monkeypatch.setattr(spilling, "HELD_BYTES", 700)
    replay(source, tmp_path)
    assert results(tmp_path) == expected


class Counting(Executor):
    """Runs at once and counts: is anything handed over, and how much?"""

    def __init__(self) -> None:
        self.handed_over = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.handed_over += 1
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_any_executor_may_fold_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_jsonl(tmp_path / "touches.jsonl", a_history())
    replay(source, tmp_path)
    expected = results(tmp_path)
    monkeypatch.setattr(gathering, "UNITS_PER_BUCKET", 500)
    monkeypatch.setattr(building, "BUCKET_TOUCHES", 4)
    for engine in ("fold", "bulk"):
        counting = Counting()
        replay(source, tmp_path, executor=counting, engine=engine)
        assert results(tmp_path) == expected
        assert counting.handed_over > 10
        with ThreadPoolExecutor(2) as threads:
            replay(source, tmp_path, executor=threads, engine=engine)
        assert results(tmp_path) == expected
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
            replay(source, tmp_path, executor=processes, engine=engine)
        assert results(tmp_path) == expected


def test_a_single_bucket_is_not_worth_a_process(tmp_path: Path, engine: str) -> None:
    counting = Counting()
    replay(write_jsonl(tmp_path / "touches.jsonl", a_history()), tmp_path, executor=counting, engine=engine)
    assert counting.handed_over == 0


def test_nothing_of_a_run_is_half_done(tmp_path: Path, engine: str) -> None:
    source = write_jsonl(tmp_path / "touches.jsonl", a_history())
    replay(source, tmp_path, engine=engine)
    before = results(tmp_path)
    with source.open("a") as file:
        file.write('{"id": "broken"}\n')
    with pytest.raises(ReplayMistake, match=r"line \d+: 'kind' must be"):
        replay(source, tmp_path, engine=engine)
    assert results(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "standings.jsonl",
        "touches.jsonl",
        "transitions.jsonl",
    ]


def test_a_repeated_id_counts_once_whoever_it_is_given_to(tmp_path: Path, engine: str) -> None:
    records = [
        record("same", "ana", "2026-01-01T00:00:00Z", "subscribed"),
        record("same", "zoe", "2026-01-02T00:00:00Z", "subscribed"),
        record("same", "ana", "2026-01-03T00:00:00Z", "email_replied"),
    ]
    summary = replay(write_jsonl(tmp_path / "touches.jsonl", records), tmp_path, engine=engine)
    assert [(row["person"], row["stage"]) for row in rows_of(tmp_path / "standings.jsonl")] == [
        ("ana", "lead")
    ]
    assert (summary.touches, summary.repeated) == (3, 2)
    assert summary.as_of == parse_instant("2026-01-01T00:00:00Z")


def test_a_stage_set_to_no_stage_of_the_playbook_is_reported(tmp_path: Path, engine: str) -> None:
    records = [
        record(f"t{n}", "ana", f"2026-01-{1 + n:02}T00:00:00Z", "stage_set", subject="mql") for n in range(25)
    ]
    summary = replay(write_jsonl(tmp_path / "touches.jsonl", records), tmp_path, engine=engine)
    assert summary.ignored_count == 25
    assert len(summary.ignored) == 20
    assert "mql" in summary.ignored[0]


def test_progress_is_told_for_reading_and_folding_and_ends_at_the_whole(tmp_path: Path, engine: str) -> None:
    told: list[tuple[str, int, int]] = []
    source = write_jsonl(tmp_path / "touches.jsonl", a_history())
    replay(source, tmp_path, progress=lambda *step: told.append(step), engine=engine)
    assert [step for step, done, total in told if done == total] == ["reading", "folding"]


def test_a_person_is_explained_in_sentences_up_to_a_day(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "touches.jsonl", a_history())
    story = explain_person(PLAYBOOK, source, "élodie0").sentences
    assert any("Prospect" in sentence for sentence in story)
    early = explain_person(PLAYBOOK, source, "élodie0", parse_instant("2026-01-20T00:00:00Z")).sentences
    assert not any("Prospect on" in sentence for sentence in early)
    assert early != story


def test_nobody_is_explained_who_is_not_there(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "touches.jsonl", a_history())
    with pytest.raises(ReplayMistake, match="there is no touch of 'nobody'"):
        explain_person(PLAYBOOK, source, "nobody")
    with pytest.raises(ReplayMistake, match="the first comes later"):
        explain_person(PLAYBOOK, source, "ana0", parse_instant("2025-01-01T00:00:00Z"))


def test_results_are_json_a_strict_reader_accepts(tmp_path: Path) -> None:
    replay(write_jsonl(tmp_path / "touches.jsonl", a_history()), tmp_path)
    for line in (tmp_path / "standings.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

"""Grouping by person: nobody lost, nobody split, each id once, in memory or on disk alike."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ripeline.lifecycle.instant import parse_instant
from ripeline.lifecycle.touch import Touch, parse_touch
from ripeline.replay import gathering
from ripeline.replay.gathering import gather, unpack
from ripeline.replay.mistakes import ReplayMistake
from tests.replay.files import Record, record, write_jsonl, write_parquet

pytestmark = pytest.mark.pure


def silent(step: str, done: int, total: int) -> None:
    """Progress nobody watches."""


@pytest.fixture
def many_small_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code as for a large input, on a small one: many buckets, and spilling all the time."""
    monkeypatch.setattr(gathering, "UNITS_PER_BUCKET", 100)
    monkeypatch.setattr(gathering, "_FLUSH_AFTER", 3)


def group_by_hand(records: list[Record]) -> dict[str, list[Touch]]:
    """What grouping means, without buckets: the first of each id, by person, in order."""
    people: dict[str, list[Touch]] = {}
    seen: set[str] = set()
    for each in records:
        if each["id"] not in seen:
            seen.add(each["id"])
            people.setdefault(each["person"], []).append(parse_touch(each))
    return people


def grouped(path: Path, folder: Path) -> tuple[gathering.Gathered, dict[str, list[Touch]]]:
    gathered = gather(path, folder, silent)
    people: dict[str, list[Touch]] = {}
    for bucket in gathered.buckets():
        for person, touches in unpack(bucket).items():
            assert person not in people, "a person is in one bucket only"
            people[person] = touches
    return gathered, people


scalars = st.one_of(
    st.text(max_size=5), st.integers(-(10**30), 10**30), st.floats(allow_nan=False), st.booleans()
)
times = st.datetimes().map(lambda moment: moment.isoformat() + "Z")


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    """Few ids and few people, so that both come back often; texts of every script."""
    names = st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=4
    )
    people = draw(st.lists(names, min_size=1, max_size=6))
    ids = draw(st.lists(names, min_size=1, max_size=20))
    touch: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {"id": st.sampled_from(ids), "person": st.sampled_from(people), "at": times, "kind": names},
        optional={
            "actor": st.sampled_from(["human", "machine", "unknown"]),
            "subject": st.none() | names,
            "value": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "attrs": st.dictionaries(
                names, names | st.booleans() | st.none() | st.integers(-(10**30), 10**30)
            ),
        },
    )
    return draw(st.lists(touch, max_size=40))


@settings(max_examples=60, deadline=None)
@given(histories())
def test_grouping_in_buckets_is_grouping_by_hand(records: list[Record]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "UNITS_PER_BUCKET", 100)
        patch.setattr(gathering, "_FLUSH_AFTER", 3)
        gathered, people = grouped(write_jsonl(Path(folder) / "touches.jsonl", records), Path(folder))
    expected = group_by_hand(records)
    kept = [touch for touches in expected.values() for touch in touches]
    assert people == expected
    assert gathered.touches == len(records)
    assert gathered.repeated == len(records) - len(kept)
    assert gathered.latest == max((touch.at for touch in kept), default=None)


@pytest.mark.usefixtures("many_small_buckets")
def test_the_first_of_two_touches_with_one_id_wins_even_across_people(tmp_path: Path) -> None:
    records = [
        record("same", "zoe", "2026-03-01T00:00:00Z", subject="first"),
        record("other", "ana", "2026-03-02T00:00:00Z"),
        record("same", "ana", "2026-04-01T00:00:00Z", subject="second"),
        record("same", "zoe", "2026-05-01T00:00:00Z", subject="third"),
    ]
    gathered, people = grouped(write_jsonl(tmp_path / "touches.jsonl", records), tmp_path)
    assert [touch.subject for touch in people["zoe"]] == ["first"]
    assert [touch.id for touch in people["ana"]] == ["other"]
    assert gathered.repeated == 2
    assert gathered.latest == parse_instant("2026-03-02T00:00:00Z"), (
        "a repeated touch is none, and ends nothing"
    )


@pytest.mark.usefixtures("many_small_buckets")
def test_a_large_input_spills_and_a_person_is_found_again_in_one_bucket(tmp_path: Path) -> None:
    records = [record(f"t{n}", f"p{n % 50}", f"2026-03-01T00:00:{n % 60:02}Z") for n in range(500)]
    gathered = gather(write_parquet(tmp_path / "touches.parquet", records), tmp_path, silent)
    assert len(gathered) > 100
    assert len(list(tmp_path.glob("people-*"))) > 10, "it did spill"
    found = unpack(gathered.bucket_of("p7"))["p7"]
    assert [touch.id for touch in found] == [f"t{n}" for n in range(7, 500, 50)]


def test_a_small_input_touches_no_disk(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()
    path = write_jsonl(tmp_path / "touches.jsonl", [record("t1", "ana", "2026-03-01T00:00:00Z")])
    gathered = gather(path, spill, silent)
    assert [list(unpack(bucket)) for bucket in gathered.buckets()] == [["ana"]]
    assert list(spill.iterdir()) == []


def test_an_empty_input_has_nobody_and_no_end(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "touches.jsonl", [])
    gathered, people = grouped(path, tmp_path)
    assert (gathered.touches, gathered.latest, people) == (0, None, {})


def test_all_unreadable_records_are_named_together(tmp_path: Path) -> None:
    path = tmp_path / "touches.jsonl"
    path.write_text(
        '{"id": "x"}\n{"id": "t1", "person": "a", "at": "2026-03-01T00:00:00Z", "kind": "k"}\nnonsense\n'
    )
    with pytest.raises(ReplayMistake) as refused:
        gather(path, tmp_path, silent)
    first, second = refused.value.sentences
    assert first.startswith(f"{path}, line 1: ")
    assert second.startswith(f"{path}, line 3: ")


def test_reading_stops_after_twenty_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "touches.jsonl"
    path.write_text("nonsense\n" * 1000)
    with pytest.raises(ReplayMistake) as refused:
        gather(path, tmp_path, silent)
    assert len(refused.value.sentences) == 21
    assert refused.value.sentences[-1] == f"{path}: stopped reading after 20 mistakes"


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = write_jsonl(tmp_path / "t.jsonl", [record("t1", "ana", "2026-03-01T00:00:00Z")])
    gather(path, tmp_path, lambda *step: told.append(step))
    assert told[-1] == ("reading", path.stat().st_size, path.stat().st_size)

"""However touches come into the parts, what comes out is the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ripeline.replay.history import from_touches
from ripeline.replay.parts import building, spilling
from ripeline.replay.parts.building import Wanted
from ripeline.replay.parts.loading import load
from ripeline.replay.parts.opening import Parts, open_parts, verify
from ripeline.replay.parts.updating import update_parts, write_parts
from tests.replay.parts.batches import Heard, batch_of, everything, expected, heard_touches, plain, touch_of

NOW = 1_800_000_000_000_000
LISTS = st.lists(heard_touches(), max_size=25)


def add(url: str, heard: Sequence[Heard], **given: object) -> Parts:
    """Adds touches to the parts of a folder."""
    wanted = Wanted([batch_of(heard)], source="test", position=len(heard), **given)  # type: ignore[arg-type]
    return update_parts(url, wanted, now=NOW)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "history")


@settings(max_examples=60)
@given(
    batches=st.lists(st.tuples(LISTS, st.booleans()), min_size=1, max_size=5), buckets=st.sampled_from([1, 4])
)
def test_batches_late_repeated_or_shuffled_give_what_building_at_once_gives(
    batches: list[tuple[list[Heard], bool]], buckets: int
) -> None:
    url = f"memory://{token_hex(8)}"
    parts = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "BUCKET_TOUCHES", 40)
        for heard, compacting in batches:
            parts = add(url, heard, compacting=compacting, expected=buckets * 40)
    assert parts is not None
    heard = [one for batch, _ in batches for one in batch]
    at_once = expected(heard)
    assert everything(parts) == at_once
    assert everything(open_parts(url, source="test")) == at_once
    assert parts.touches == sum(map(len, at_once.values()))
    assert parts.people == len(at_once)
    assert parts.latest == max((row[1] for rows in at_once.values() for row in rows), default=None)
    assert verify(parts) == {}


def test_columns_not_asked_for_are_not_there(url: str) -> None:
    parts = add(url, [touch_of(1, "eva", 0, subject="/a")])
    history = load(parts.buckets[0], frozenset())
    assert history.value is None
    assert history.ids is None
    assert history.received_at is None
    assert list(history.subject.values) == [None]
    assert history.kind.values.to_pylist() == ["page_viewed"]


def test_people_replaced_keep_only_what_comes_with_it(url: str) -> None:
    add(url, [touch_of(n, person, n) for n, person in enumerate(["eva", "tom", "eva", "ana", "ana"])] * 1)
    add(url, [touch_of(10, "ana", 10), touch_of(11, "tom", 11)])
    parts = add(url, [touch_of(0, "eva", 0)], replaced=frozenset({"eva", "ana"}))
    assert {person: [row[0] for row in rows] for person, rows in everything(parts).items()} == {
        "eva": ["t0"],
        "tom": ["t1", "t11"],
    }


def test_a_growing_history_gets_more_buckets_and_loses_nothing(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "BUCKET_TOUCHES", 100)
    heard = [touch_of(n, f"person {n % 37}", n) for n in range(900)]
    for start in range(0, 900, 90):
        parts = add(url, heard[start : start + 90])
    parts = add(url, [])
    assert len(parts.manifest.buckets) == 16
    assert everything(parts) == expected(heard)


def test_a_build_that_does_not_fit_in_memory_gives_the_same(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spilling, "HELD_BYTES", 10_000)
    heard = [touch_of(n % 1400, f"person {n % 91}", n % 1400) for n in range(1500)]
    batches = [batch_of(heard[start : start + 100]) for start in range(0, 1500, 100)]
    wanted = Wanted(batches, source="test", position=1500, expected=20_000_000)
    parts = update_parts(url, wanted, now=NOW)
    assert len(parts.manifest.buckets) == 16
    assert everything(parts) == expected(heard)


def test_histories_are_written_as_they_are(url: str) -> None:
    heard = [touch_of(n, f"person {n % 7}", n % 3, subject="/a" if n % 2 else None) for n in range(50)]
    halves = [[one for one in heard if (one.touch.person < "person 3") == first] for first in (True, False)]
    histories = [from_touches([h.touch for h in half], [h.received_at for h in half]) for half in halves]
    parts = write_parts(url, histories, now=NOW)
    assert [plain(load(part)) for part in open_parts(url).buckets] == [expected(half) for half in halves]
    assert parts.touches == 50


def test_what_people_did_is_readable_by_the_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "history"
    place.mkdir(mode=0o755)
    add(str(place), [touch_of(1, "anna", 0)])
    assert {file.stat().st_mode & 0o777 for file in place.iterdir()} == {0o600}

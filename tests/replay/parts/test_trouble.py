"""Whatever happens to the files, parts are right, or they are not used."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from secrets import token_hex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ripeline.replay.parts import form, manifest
from ripeline.replay.parts.building import Wanted
from ripeline.replay.parts.loading import load
from ripeline.replay.parts.opening import are_parts, open_parts, verify
from ripeline.replay.parts.problems import (
    CannotWrite,
    DamagedParts,
    MissingParts,
    PartsProblem,
    StaleParts,
    UnreachableParts,
)
from ripeline.replay.parts.updating import GRACE, update_parts
from tests.replay.parts.batches import START, Heard, batch_of, everything, expected, touch_of
from tests.replay.parts.full_disk import FullDisk
from tests.replay.parts.writer import add_batch, batch, position_of

pytestmark = pytest.mark.pure

FEW = [touch_of(200_000 + n, "person 1", n * 300) for n in range(3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Parts with four large files and a small one, and files that are in force no more."""
    url = tmp_path / "history"
    for number in range(2):
        add_batch(str(url), number)
    parts = update_parts(str(url), Wanted([batch_of(FEW)], source="writer", position=2), now=START + 2)
    assert len(parts.manifest.files) == 5
    assert parts.manifest.retired
    return url


def whole(batches: int, few: Sequence[Heard] = ()) -> dict[str, list[tuple[object, ...]]]:
    """What parts of the first batches must hold."""
    return expected([*(heard for number in range(batches) for heard in batch(number)), *few])


def in_force(folder: Path) -> list[Path]:
    """The files that are read."""
    return sorted(
        [folder / file.name for file in open_parts(str(folder)).manifest.files] + [folder / manifest.NAME]
    )


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_is_never_another_history(folder: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(in_force(folder)))
    content = file.read_bytes()
    place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    file.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
    try:
        assert everything(open_parts(str(folder), source="writer")) == whole(2, FEW)
        # Nothing but the four letters by which a file says what it is.
        assert place < 4 or verify(open_parts(str(folder))) == {}
    except PartsProblem:
        pass
    finally:
        file.write_bytes(content)
    assert everything(open_parts(str(folder))) == whole(2, FEW)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_truncated_file_is_noticed_on_opening(folder: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(in_force(folder)))
    content = file.read_bytes()
    file.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    try:
        with pytest.raises(DamagedParts) as damage:
            open_parts(str(folder))
    finally:
        file.write_bytes(content)
    assert damage.value.name == file.name


def test_damage_that_no_replay_has_met_is_found_by_verify(folder: Path) -> None:
    parts = open_parts(str(folder))
    file = parts.manifest.files[0]
    start, length, _ = file.spans["id"]
    content = bytearray((folder / file.name).read_bytes())
    content[start + length // 2] ^= 1
    (folder / file.name).write_bytes(content)
    assert sum(load(part, frozenset()).touches for part in parts.buckets) == parts.touches
    why = f"{folder}/{file.name} is damaged: its id is not as written."
    assert verify(open_parts(str(folder))) == {file.name: why}


def test_a_form_of_another_version_and_another_log_are_stale(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StaleParts, match="another log"):
        open_parts(str(folder), source="another")
    for module in (form, manifest):
        monkeypatch.setattr(module, "SCHEMA_VERSION", 2)
    with pytest.raises(StaleParts, match="have form 1, and this is form 2"):
        open_parts(str(folder))


def test_a_folder_without_parts_says_so(tmp_path: Path) -> None:
    assert not are_parts(str(tmp_path / "none"))
    with pytest.raises(MissingParts):
        open_parts(str(tmp_path / "none"))


def test_files_of_others_in_the_folder_stay(folder: Path) -> None:
    for name in ("theirs.parquet", ".theirs.begun", "00001.parquet", "notes"):
        (folder / name).write_text("theirs")
    left = [
        folder / "00001-0006a1b2c3d4e5f6-0123abcd.parquet",
        folder / ".00001-0006a1b2c3d4e5f6-0123abcd.parquet.0123abcd.begun",
        folder / ".manifest.json.0123abcd.begun",
    ]
    for path in left:
        path.write_text("of a writer that died")
    add_batch(str(folder), 2)
    assert not [path for path in left if path.exists()]
    assert len([path for path in folder.iterdir() if path.read_bytes() == b"theirs"]) == 4


def test_parts_are_made_beside_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "theirs.parquet").write_text("theirs")
    add_batch(str(tmp_path), 0)
    assert everything(open_parts(str(tmp_path))) == whole(1)


def test_a_place_that_cannot_be_reached_is_not_taken_for_damage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnreachableParts, match="cannot be reached: Not a directory"):
        open_parts(str(tmp_path / "file" / "history"))


def test_a_reader_under_way_keeps_its_files_for_half_an_hour(folder: Path) -> None:
    before = open_parts(str(folder))
    nothing = Wanted([], source="writer", position=2, compacting=True)
    update_parts(str(folder), nothing, now=START + 9)
    update_parts(str(folder), nothing, now=START + 9 + GRACE)
    assert everything(before) == whole(2, FEW)
    after = update_parts(str(folder), nothing, now=START + 9 + GRACE + 1)
    assert {path.name for path in folder.iterdir()} == {file.name for file in after.manifest.files} | {
        manifest.NAME
    }
    with pytest.raises(DamagedParts, match="is gone"):
        everything(before)
    assert everything(after) == whole(2, FEW)


@pytest.mark.parametrize("files", range(7))
def test_a_disk_that_gets_full_leaves_the_old_parts_or_the_new(files: int) -> None:
    url = f"{FullDisk.protocol}://{token_hex(4)}"
    for number in range(2):
        add_batch(url, number)
    names = set(open_parts(url).folder.sizes())
    fits = files >= 5  # four buckets make one file each, and the list of them
    with FullDisk.full_after(files):
        if fits:
            add_batch(url, 2)
        else:
            with pytest.raises(CannotWrite, match=r"No space left on device\. The old ones stay in use\."):
                add_batch(url, 2)
            assert set(open_parts(url).folder.sizes()) == names
    assert everything(open_parts(url)) == whole(3 if fits else 2)
    add_batch(url, 2)
    assert everything(open_parts(url)) == whole(3)


def test_a_local_disk_that_takes_no_more_leaves_the_old_parts(folder: Path) -> None:
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY));"
        "from tests.replay.parts.writer import add_batch; add_batch(sys.argv[1], 2)"
    )
    names = {path.name for path in folder.iterdir()}
    # -B: no compiled module is to be cut off too, for whoever imports it later.
    command = [sys.executable, "-B", "-c", code, str(folder)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    assert "File too large. The old ones stay in use." in done.stderr
    assert {path.name for path in folder.iterdir()} == names
    assert everything(open_parts(str(folder))) == whole(2, FEW)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_writers_killed_at_any_moment_leave_the_old_parts_or_the_new(tmp_path: Path) -> None:
    url, chance = str(tmp_path / "history"), Random(5)
    seen = [0]
    for _ in range(4):
        command = [sys.executable, "-m", "tests.replay.parts.writer", url]
        with subprocess.Popen(command) as process:
            until = time.monotonic() + 30
            while position_of(url) < seen[-1] + 2:
                assert time.monotonic() < until
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.2))
            process.send_signal(signal.SIGKILL)
        seen.append(position_of(url))
        assert everything(open_parts(url)) == whole(seen[-1])
    add_batch(url, seen[-1])
    parts = open_parts(url)
    ours = {file.name for file in parts.manifest.files} | {each.name for each in parts.manifest.retired}
    assert {path.name for path in Path(url).iterdir()} == ours | {manifest.NAME}  # nothing half done is left


def test_people_with_thousands_of_touches_at_one_instant_stay_in_order_of_ids(tmp_path: Path) -> None:
    url = str(tmp_path / "history")
    heard = [touch_of(n, "eva", 0) for n in range(3000)]
    Random(1).shuffle(heard)
    for start in (0, 2900, 2950):
        end = {0: 2900, 2900: 2950, 2950: 3000}[start]
        wanted = Wanted([batch_of(heard[start:end])], source="test", position=end, vouched=True)
        parts = update_parts(url, wanted, now=START)
    assert len(parts.manifest.files) == 2
    assert everything(parts) == expected(heard)

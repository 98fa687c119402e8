"""Where compiled code is kept: somewhere this user alone can write, found again by the next process."""

from __future__ import annotations

import fcntl
import platform
from pathlib import Path
from typing import Any

import pytest

from ripeline.lifecycle.playbook import load_playbook
from ripeline.replay import compiled, kernel, kernel_touches, warming
from ripeline.replay.bulk import compile_program
from ripeline.replay.comparing import compare_parts, warm_up
from ripeline.replay.compiled import KERNELS
from ripeline.replay.history import from_touches
from ripeline.replay.over_parts import Asked
from ripeline.replay.parts.updating import write_parts
from tests.lifecycle.examples import LIFE, PLAYBOOK

pytestmark = pytest.mark.pure
DISPATCHERS: list[Any] = [kernel.fold_people, kernel_touches.first_matches, kernel_touches.mark_used]


@pytest.fixture(autouse=True)
def _forget() -> None:
    compiled._folder.cache_clear()


def test_the_folder_asked_for_is_used_and_is_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    first = compiled._folder()
    compiled._folder.cache_clear()
    assert compiled._folder() == first
    assert first.parent == tmp_path


def test_a_change_of_any_kernel_is_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    package = tmp_path / "package"
    package.mkdir()
    for name in KERNELS:
        (package / f"{name}.py").write_text("one")
    monkeypatch.setattr(compiled, "__file__", str(package / "compiled.py"))
    before = compiled._folder()
    (package / f"{KERNELS[-1]}.py").write_text("two")
    compiled._folder.cache_clear()
    assert compiled._folder() != before


def test_a_read_only_installation_keeps_it_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder can be made here")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(in_the_way / "below"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(compiled, "_package", lambda: in_the_way)
    assert compiled._folder().parent == tmp_path / "cache" / "ripeline"


def test_a_folder_others_can_write_to_is_passed_over(tmp_path: Path) -> None:
    shared = tmp_path / "kernel"
    shared.mkdir()
    shared.chmod(0o777)
    assert not compiled._is_ours(shared)
    shared.chmod(0o700)
    assert compiled._is_ours(shared)


def test_another_kernel_or_processor_is_not_warm_because_this_one_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not warming.is_warm()
    compiled.kept().touch()
    assert warming.is_warm()
    monkeypatch.setattr(platform, "machine", lambda: "another")
    assert not warming.is_warm()


def test_every_module_with_compiled_functions_names_the_folder() -> None:
    package = Path(compiled.__file__).parent
    users = {path.stem for path in package.glob("*.py") if "replay.compiled import" in path.read_text()}
    assert users | {"compiled", "kernel_state"} == set(KERNELS)


def test_after_warming_up_nothing_is_left_to_compile(tmp_path: Path) -> None:
    warm_up()
    before = [len(it.signatures) for it in DISPATCHERS]
    assert all(before), "every kernel that Python calls is compiled"
    playbook = load_playbook(PLAYBOOK)
    parts = write_parts(str(tmp_path), [from_touches(LIFE, [it.at for it in LIFE])], now=0)
    program, end = compile_program(playbook), LIFE[-1].at
    for asked in (Asked(end), Asked(end, received_by=end)):
        compare_parts(program, program, parts, asked, outcome="deal_won")
    assert [len(it.signatures) for it in DISPATCHERS] == before, (
        "no playbook and no history costs a compilation"
    )


def test_of_many_processes_that_start_at_once_one_compiles() -> None:
    with Path(warming.__file__).open() as source:
        fcntl.flock(source, fcntl.LOCK_EX)
        assert not warming.warm_up_alone()
    assert warming.warm_up_alone()
    assert warming.is_warm(), "the next process need not even look"

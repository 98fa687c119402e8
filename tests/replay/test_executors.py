"""A replay's tasks on threads and on a real cluster: the same answer, also when a worker dies in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.playbook import load_playbook
from ripeline.replay.bulk import compile_program
from ripeline.replay.executors import open_executor
from ripeline.replay.history import from_touches
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.over_parts import Asked, each_part
from ripeline.replay.parts.opening import Parts
from ripeline.replay.parts.updating import write_parts
from tests.processes import free_port
from tests.replay.parts.batches import START, touch_of
from tests.replay.parts.tasks import note_and_wait, replay_slowly

pytestmark = pytest.mark.pure
BUCKETS = 24
PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "default.yaml"


@dataclass(frozen=True)
class Cluster:
    """A scheduler and its workers, each a process."""

    address: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    scheduler_file = tmp_path / "scheduler.json"
    log = (tmp_path / "log").open("wb")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(scheduler_file)]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path)

    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    workers: list[subprocess.Popen[bytes]] = []
    try:
        until = time.monotonic() + 60
        while not scheduler_file.exists():
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.1)
        place = ("--local-directory", str(tmp_path), "--no-dashboard")
        workers = [start("worker", "--no-nanny", "--nthreads", "1", *place) for _ in range(2)]
        yield Cluster(json.loads(scheduler_file.read_text())["address"], workers)
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()
        log.close()


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """Parts in a folder that every worker sees."""
    kinds = ("form_submitted", "page_viewed", "email_replied", "meeting_held")
    histories = [
        from_touches(
            [
                touch_of(n, f"person {bucket}-{n % 5}", n * DAY // 10, kind=kinds[n % (bucket % 3 + 2)]).touch
                for n in range(bucket, bucket + 40)
            ]
        )
        for bucket in range(BUCKETS)
    ]
    return write_parts(str(tmp_path / "history"), histories, now=START)


Answer = tuple[pa.Table, pa.Table]


def answer(executor: Executor, parts: Parts, folder: Path) -> Iterator[Answer]:
    """The transitions and standings of each bucket under the default playbook, in the order of the buckets."""
    program = compile_program(load_playbook(PLAYBOOK.read_text()))
    given = (program, Asked(as_of=START + 90 * DAY), str(folder))
    return each_part(replay_slowly, given, parts, executor=executor)


@pytest.mark.timeout(240)
def test_a_cluster_that_loses_a_worker_in_the_middle_gives_the_answer_of_threads(
    cluster: Cluster, parts: Parts, tmp_path: Path
) -> None:
    with open_executor() as threads:
        expected = list(answer(threads, parts, tmp_path))
    assert sum(moves.num_rows for moves, _ in expected) > BUCKETS
    with open_executor(cluster.address, patience=60) as executor:
        answers = answer(executor, parts, tmp_path)
        found = [next(answers)]
        while not all((tmp_path / f"ran-{worker.pid}").exists() for worker in cluster.workers):
            found.append(next(answers))
        cluster.workers[0].kill()
        cluster.workers[0].wait()
        assert len(found) < BUCKETS
        found += list(answers)
    assert found == expected
    assert cluster.workers[1].poll() is None


@pytest.mark.timeout(120)
def test_tasks_of_a_cluster_that_have_not_begun_are_cancelled(cluster: Cluster, tmp_path: Path) -> None:
    with open_executor(cluster.address, patience=60) as executor:
        futures = [executor.submit(note_and_wait, str(tmp_path / f"begun-{n}"), 0.3) for n in range(40)]
        futures[0].result(timeout=60)
        assert sum(future.cancel() for future in futures) > 20
    time.sleep(1.5)
    begun = len(list(tmp_path.glob("begun-*")))
    time.sleep(1)
    assert 1 <= begun < 20
    assert len(list(tmp_path.glob("begun-*"))) == begun


def test_threads_that_have_not_begun_are_cancelled_when_the_block_ends(tmp_path: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go.wait(10)

    with open_executor(threads=1) as executor:
        executor.submit(wait)
        later = [executor.submit(note_and_wait, str(tmp_path / f"begun-{n}"), 0.0) for n in range(10)]
        begun.wait(10)
        threading.Timer(0.2, go.set).start()
    assert list(tmp_path.glob("begun-*")) == []
    with pytest.raises(CancelledError):
        later[0].result()


def test_a_scheduler_that_is_not_there_is_said_in_a_sentence() -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    with (
        pytest.raises(ReplayMistake, match=f"The scheduler at {address} does not answer"),
        open_executor(address, patience=1),
    ):
        pass


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ReplayMistake, match=r"pip install 'ripeline\[cluster\]'"),
        open_executor("tcp://host:8786"),
    ):
        pass

"""The bulk replay from parts on a warm disk: growth, beside the limit and beside what an analyst would write.

`python -m tests.bench.bench_bulk [TOUCHES ...]`, by default 1 and 10 million; 100 million want 3 GB below the temporary
folder. Each figure comes from a process of its own, the better of two runs; people are a fiftieth of the touches.

Reading is PyArrow reading the same columns of the same files, texts as dictionaries, and doing nothing. DuckDB adds up
some points per person and finds when each first came to 60: no fading, no limits, no stages.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "default.yaml"
SIZES = (1_000_000, 10_000_000)
CORES = 2
COLUMNS = ["person", "at", "kind", "actor", "direction", "subject", "attrs", "value"]
TEXTS = ["person", "kind", "actor", "direction", "subject", "attrs"]


def main(sizes: list[int]) -> None:
    """Prints a line a figure."""
    for touches in sizes:
        with TemporaryDirectory(prefix="ripeline-bench-") as folder:
            _measured("write", folder, touches)
            what = f"{touches:,} touches of {touches // 50:,} people, default playbook, {CORES} threads"
            reading, peak_reading = min(_measured("read", folder) for _ in range(2))
            replaying, peak = min(_measured("replay", folder) for _ in range(2))
            duck, peak_duck = min(_measured("duckdb", folder) for _ in range(2))
            print(
                f"bulk replay, {what}\t{replaying:.2f} s, {touches / replaying / 1e6:.1f} M/s, {peak:,.0f} MB"
            )
            print(f"- PyArrow reads the same and does nothing\t{reading:.2f} s, {peak_reading:,.0f} MB")
            print(f"- DuckDB, a running sum and first crossing\t{duck:.2f} s, {peak_duck:,.0f} MB")
            print(f"- replay to reading, replay to DuckDB\t{replaying / reading:.2f}, {replaying / duck:.2f}")
            if touches == SIZES[0]:
                print(
                    f"ripeline replay, from start to the funnel of {touches:,} touches\t{_command(folder):.2f} s"
                )
            sys.stdout.flush()


def write(folder: Path, touches: int) -> None:
    """The history as parts."""
    from ripeline.replay.parts.updating import write_parts
    from tests.bench.history import histories

    write_parts(str(folder), histories(touches), now=0)


def read(folder: Path) -> None:
    """Every file, one per thread at a time."""
    import pyarrow.parquet as pq

    def one(path: Path) -> int:
        table = pq.read_table(path, columns=COLUMNS, read_dictionary=TEXTS, use_threads=False)
        return int(table.num_rows)

    with ThreadPoolExecutor(CORES) as threads:
        assert sum(threads.map(one, sorted(folder.glob("*.parquet")))) > 0


def replay(folder: Path) -> None:
    """Everybody's transitions and standings, a bucket at a time."""
    from ripeline.lifecycle.playbook import load_playbook
    from ripeline.replay.bulk import compile_program
    from ripeline.replay.executors import open_executor
    from ripeline.replay.over_parts import Asked, replay_parts
    from ripeline.replay.parts.opening import open_parts

    program, parts = compile_program(load_playbook(PLAYBOOK.read_text())), open_parts(str(folder))
    moves = people = 0
    with open_executor(threads=CORES) as executor:
        for outcome in replay_parts(program, parts, Asked(parts.latest or 0), executor=executor):
            moves += sum(outcome.moves_into)
            people += len(outcome.standings.person)
    assert moves > people > 0


def duckdb(folder: Path) -> None:
    """The query, over all files."""
    import duckdb as db

    points = "CASE kind WHEN 'form_submitted' THEN 15 WHEN 'asset_downloaded' THEN 15 WHEN 'email_replied' THEN 20 "
    points += "WHEN 'page_viewed' THEN 1 WHEN 'email_clicked' THEN 4 WHEN 'call_held' THEN 20 ELSE 0 END"
    with db.connect(config={"threads": CORES, "temp_directory": str(folder / "spill")}) as base:
        query = f"""
            SELECT count(*), count(reached) FROM (
                SELECT person, min("at") FILTER (WHERE total >= 60) AS reached FROM (
                    SELECT person, "at", sum({points}) OVER (PARTITION BY person ORDER BY "at") AS total
                    FROM read_parquet('{folder}/*.parquet'))
                GROUP BY person)"""
        people, reached = base.execute(query).fetchall()[0]
    assert people > reached > 0


def _command(folder: str) -> float:
    given = ["--playbook", str(PLAYBOOK), "--touches", folder]
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "ripeline", "replay", *given], check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def _measured(what: str, folder: str, touches: int = 0) -> tuple[float, float]:
    """Seconds and megabytes of one step in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.bench_bulk", "--step", what, folder, str(touches)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout)
    return told["seconds"], told["megabytes"]


def _step(what: str, folder: str, touches: str) -> None:
    steps: dict[str, Callable[..., Any]] = {"read": read, "replay": replay, "duckdb": duckdb}
    for library in ("pyarrow.parquet", "duckdb") if what != "replay" else ("ripeline.replay.over_parts",):
        import_module(library)  # starting up is a figure of its own
    began = time.perf_counter()
    if what == "write":
        write(Path(folder), int(touches))
    else:
        steps[what](Path(folder))
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", str(CORES))
    if sys.argv[1:2] == ["--step"]:
        _step(*sys.argv[2:5])
    else:
        main([int(each.replace("_", "")) for each in sys.argv[1:]] or list(SIZES))

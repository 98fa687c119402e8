"""The preview of a draft: two definitions and an outcome over a history in parts, beside one plain replay of it.

`python -m tests.bench.bench_preview [TOUCHES ...]`, by default 10 million. Each figure is the better of two runs in one
process, on two threads; people are a fiftieth of the touches. The draft asks fewer points for an MQL and counts
forms higher. Nothing is read from a database: the parts are up to date.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
CORES = 2


def main(sizes: list[int]) -> None:
    """Prints a line a figure."""
    from ripeline.replay.parts.opening import open_parts
    from ripeline.replay.parts.updating import write_parts
    from tests.bench.history import histories

    for touches in sizes:
        with TemporaryDirectory(prefix="ripeline-bench-") as folder:
            write_parts(folder, histories(touches), now=0)
            parts = open_parts(folder)
            replaying = _best(partial(_replay, parts))
            previewing = _best(partial(_preview, parts))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        what = f"{touches:,} touches, default playbook beside a draft of it, {CORES} threads"
        print(
            f"preview, {what}\t{previewing:.2f} s, {touches / previewing / 1e6:.1f} M/s, peak {peak:,.0f} MB"
        )
        print(f"- one plain replay of the same parts\t{replaying:.2f} s")
        print(f"- preview to replay\t{previewing / replaying:.2f}", flush=True)


def _preview(parts: object) -> None:
    from ripeline.lifecycle.playbook import load_playbook
    from ripeline.playbooks.preview.passing import Pair, compare_all
    from ripeline.replay.bulk import compile_program
    from ripeline.replay.executors import open_executor
    from ripeline.replay.parts.opening import Parts

    assert isinstance(parts, Parts)
    text = (PLAYBOOKS / "default.yaml").read_text()
    one, other = (compile_program(load_playbook(each)) for each in (text, changed(text)))
    end = parts.latest or 0
    with open_executor(threads=CORES) as executor:
        found = compare_all(Pair(one, other, end, end, "deal_won"), parts, executor=executor)
    assert found.touches == parts.touches
    assert found.differ > 0


def changed(text: str) -> str:
    """A draft somebody might write: half-life and one threshold are others."""
    draft = text.replace("half_life: 30d", "half_life: 45d").replace("gte: 30", "gte: 25", 1)
    assert draft != text
    return draft


def _replay(parts: object) -> None:
    from ripeline.lifecycle.playbook import load_playbook
    from ripeline.replay.bulk import compile_program
    from ripeline.replay.executors import open_executor
    from ripeline.replay.over_parts import Asked, replay_parts
    from ripeline.replay.parts.opening import Parts

    assert isinstance(parts, Parts)
    program = compile_program(load_playbook((PLAYBOOKS / "default.yaml").read_text()))
    with open_executor(threads=CORES) as executor:
        people = sum(
            len(each.standings.person)
            for each in replay_parts(program, parts, Asked(parts.latest or 0), executor=executor)
        )
    assert people > 0


def _best(run: Callable[[], None]) -> float:
    took = []
    for _ in range(2):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return min(took)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", str(CORES))
    main([int(each.replace("_", "")) for each in sys.argv[1:]] or [10_000_000])

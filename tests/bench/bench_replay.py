"""How long a million touches of twenty thousand people take through the default playbook, in what memory.

Both engines, through the command itself, in a process of its own: start-up, reading, folding on every core
and writing all count. Memory is the sum over all processes of the run, sampled ten times a second; what they
share is counted once for each, so the true figure is smaller.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from ripeline.lifecycle.instant import DAY, format_instant, parse_instant

PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "default.yaml"
TOUCHES = 1_000_000
PEOPLE = 20_000
START = parse_instant("2025-01-01T00:00:00Z")

KINDS = {
    "page_viewed": 46,
    "email_sent": 18,
    "email_opened": 12,
    "email_clicked": 8,
    "asset_downloaded": 3,
    "form_submitted": 3,
    "subscribed": 1,
    "email_replied": 2,
    "call_held": 1,
    "meeting_booked": 1,
    "social_liked": 2,
    "traits_changed": 1,
    "answered": 1,
    "objected": 0.3,
    "purchased": 0.5,
    "deal_won": 0.1,
    "unsubscribed": 0.3,
}
SUBJECTS = {
    "page_viewed": [
        "/",
        "/pricing",
        "/services/consulting",
        "/blog/discovery/a",
        "/blog/decision/b",
        "/books/c",
    ],
    "asset_downloaded": ["whitepaper-launch-plan", "checklist-cover", "template-budget"],
    "form_submitted": ["newsletter", "webinar", "contact", "quote-request"],
    "answered": ["need", "budget", "authority", "timeline", "intent"],
    "objected": ["price", "timing"],
}


def run(touches: int = TOUCHES, people: int = PEOPLE) -> list[tuple[str, str]]:
    """Rows of (what was done, the figure)."""
    rows = []
    with TemporaryDirectory(prefix="ripeline-bench-") as name:
        folder = Path(name)
        for source in (write_jsonl(folder, touches, people), write_parquet(folder)):
            for engine in ("bulk", "fold"):
                seconds, peak = _replay(source, folder, engine)
                what = (
                    f"replay {touches:,} touches of {people:,} people, engine {engine}, {source.suffix[1:]}"
                )
                figure = f"{seconds:.1f} s, {touches / seconds:,.0f} touches/s, {peak:,.0f} MB at most"
                rows.append((what, figure))
    return rows


def write_jsonl(folder: Path, touches: int, people: int) -> Path:
    """A year of seeded touches in the order they happened, as a log would hold them."""
    path = folder / "touches.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for record in _records(touches, people):
            file.write(json.dumps(record) + "\n")
    return path


def write_parquet(folder: Path) -> Path:
    """The same touches as Parquet, by the documented columns."""
    records = map(json.loads, (folder / "touches.jsonl").open(encoding="utf-8"))
    columns: dict[str, list[Any]] = {name: [] for name in _TYPES}
    for record in records:
        for name, values in columns.items():
            values.append(record.get(name))
    columns["at"] = [parse_instant(at) for at in columns["at"]]
    columns["attrs"] = [None if attrs is None else json.dumps(attrs) for attrs in columns["attrs"]]
    arrays = [
        pa.array(values).cast(kind) for values, kind in zip(columns.values(), _TYPES.values(), strict=True)
    ]
    pq.write_table(pa.table(arrays, names=list(columns)), folder / "touches.parquet")
    return folder / "touches.parquet"


_TYPES = {
    "id": pa.string(),
    "person": pa.string(),
    "at": pa.timestamp("us", tz="UTC"),
    "kind": pa.string(),
    "actor": pa.string(),
    "subject": pa.string(),
    "value": pa.float64(),
    "attrs": pa.string(),
}


def _records(touches: int, people: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(2026)
    kinds = chance.choices(list(KINDS), list(KINDS.values()), k=touches)
    for number, kind in enumerate(kinds):
        record: dict[str, Any] = {
            "id": f"t{number:09}",
            # Some people are busy and most are not: squaring draws towards the first.
            "person": f"p{int(people * chance.random() ** 2):06}",
            "at": format_instant(START + number * 365 * DAY // touches),
            "kind": kind,
            "actor": "machine" if chance.random() < 0.1 else "human",
        }
        if kind in SUBJECTS:
            record["subject"] = chance.choice(SUBJECTS[kind])
        if kind == "purchased":
            record["value"] = chance.choice([20, 20, 20, 250, 1000])
        if kind == "answered":
            record["attrs"] = {"value": chance.choice(["yes", "no"])}
        if kind == "traits_changed":
            record["attrs"] = {
                "role": chance.choice(["author", "publisher", "marketer"]),
                "books_published": 1,
            }
        yield record


def _replay(source: Path, folder: Path, engine: str) -> tuple[float, float]:
    """Seconds and megabytes of one run of the command."""
    outs = [
        "--transitions",
        str(folder / "transitions.jsonl"),
        "--standings",
        str(folder / "standings.jsonl"),
    ]
    command = [
        sys.executable,
        "-m",
        "ripeline",
        "replay",
        "--playbook",
        str(PLAYBOOK),
        "--touches",
        str(source),
        "--engine",
        engine,
    ]
    began, peak = time.perf_counter(), 0
    with subprocess.Popen([*command, *outs]) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _resident(watched))
            time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"the replay ended with {process.returncode}")
    return time.perf_counter() - began, peak / 1e6


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.NoSuchProcess:
        pass  # it ended between being listed and being looked at
    return total


if __name__ == "__main__":
    for what, figure in run():
        print(f"{what}\t{figure}")

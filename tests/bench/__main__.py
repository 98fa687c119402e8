"""`make bench`: every benchmark in a process and database of its own, as one table."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile

from tests.postgres import postgres

# Module -> whether it is run once for each database.
BENCHMARKS = {
    "tests.bench.bench_bulk": False,
    "tests.bench.bench_preview": False,
    "tests.bench.bench_replay": False,
    "tests.bench.bench_collector": True,
    "tests.bench.bench_digest": True,
    "tests.bench.bench_effect": True,
    "tests.bench.bench_history": True,
    "tests.bench.bench_import": True,
    "tests.bench.bench_landing": True,
    "tests.bench.bench_lists": True,
    "tests.bench.bench_segments": True,
    "tests.bench.bench_rendering": True,
    "tests.bench.bench_sending": True,
    "tests.bench.bench_today": True,
}
# What is measured here is what it costs to wait for the disk.
DURABLE = {"tests.bench.bench_collector", "tests.bench.bench_sending"}


def main(names: list[str]) -> int:
    """Runs the benchmarks whose names hold one of `names` (none: all); prints a Markdown table."""
    wanted = [each for each in BENCHMARKS if not names or any(name in each for name in names)]
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
    )
    print("| what | figure |\n|---|---|", flush=True)
    failed = 0
    for module in wanted:
        failed += _on_sqlite(module)
        if BENCHMARKS[module]:
            failed += _on_postgres(module)
    return 1 if failed else 0


def _on_sqlite(module: str) -> int:
    with tempfile.TemporaryDirectory(prefix="ripeline-bench-") as folder:
        return _run(module, {"RIPELINE_DATA_DIR": folder, "RIPELINE_DATABASE_URL": ""})


def _on_postgres(module: str) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="ripeline-bench-") as folder,
        postgres(is_durable=module in DURABLE) as address,
    ):
        return _run(module, {"RIPELINE_DATA_DIR": folder, "RIPELINE_DATABASE_URL": address})


def _run(module: str, settings: dict[str, str]) -> int:
    result = subprocess.run(
        [sys.executable, "-m", module], env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True
    )
    for line in result.stdout.splitlines():
        what, tab, figure = line.partition("\t")
        if tab:
            print(f"| {what} | {figure} |", flush=True)
    if result.returncode:
        print(f"{module} failed with exit code {result.returncode}.", file=sys.stderr)
    return int(result.returncode != 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""`make test`: everything on SQLite, and on PostgreSQL what asks the database something (see tests/conftest.py)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from tests.postgres import postgres


def main(arguments: list[str]) -> int:
    """Runs pytest twice at once, as each waits for something now and then; returns the first exit code that is not 0.
    What is said of PostgreSQL follows when both are done."""
    with tempfile.TemporaryDirectory(prefix="ripeline-test-") as folder, postgres() as address:
        said = Path(folder) / "said"
        with said.open("wb") as later:
            on_postgres = _pytest(
                2, "not once", arguments, Path(folder) / "postgresql", address, output=later
            )
            print("== SQLite", flush=True)
            on_sqlite = _pytest(3, "not postgresql", arguments, Path(folder) / "sqlite", "")
            codes = [on_sqlite.wait(), on_postgres.wait()]
        print("== PostgreSQL", flush=True)
        print(said.read_text(encoding="utf-8", errors="replace"), flush=True)
    return next((code for code in codes if code), 0)


def _pytest(
    workers: int,
    chosen: str,
    arguments: list[str],
    folder: Path,
    database: str,
    *,
    output: BinaryIO | None = None,
) -> subprocess.Popen[bytes]:
    # Of both runs together more processes than most machines have cores: tests that start servers and browsers wait for
    # them half of their time. SQLite's has half as much again to do.
    given = os.environ.get("RIPELINE_TEST_WORKERS", str(workers))
    in_order = ["-n", given, "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", *in_order, "-m", chosen, *arguments]
    settings = {"RIPELINE_DATA_DIR": str(folder), "RIPELINE_DATABASE_URL": database}
    # Compiled modules are kept whatever the machine's habit: over a hundred processes start here, and each would
    # spend half a second on compiling them anew.
    compiled = {"PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.Popen(command, env={**os.environ, **compiled, **settings}, stdout=output, stderr=output)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

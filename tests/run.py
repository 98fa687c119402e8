"""`make test`: everything on SQLite, then on PostgreSQL what asks the database something (see tests/conftest.py)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from tests.postgres import postgres


def main(arguments: list[str]) -> int:
    """Runs pytest twice; returns the first exit code that is not 0."""
    with tempfile.TemporaryDirectory(prefix="ripeline-test-") as folder, postgres() as address:
        print("== SQLite", flush=True)
        on_sqlite = _pytest(
            ["-m", "not postgresql", *arguments], {"RIPELINE_DATA_DIR": folder, "RIPELINE_DATABASE_URL": ""}
        )
        print("== PostgreSQL", flush=True)
        on_postgres = _pytest(
            ["-m", "not once", *arguments], {"RIPELINE_DATA_DIR": folder, "RIPELINE_DATABASE_URL": address}
        )
    return on_sqlite or on_postgres


def _pytest(arguments: list[str], settings: dict[str, str]) -> int:
    # One more than most machines have cores: tests that start servers and browsers wait for them half of their time.
    workers = os.environ.get("RIPELINE_TEST_WORKERS", "3")
    in_order = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", *in_order, *arguments]
    # Compiled modules are kept whatever the machine's habit: over a hundred processes start here, and each would
    # spend half a second on compiling them anew.
    compiled = {"PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(command, env={**os.environ, **compiled, **settings}).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

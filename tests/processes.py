"""Real processes of ours beside a test, on the test's own database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def environment() -> dict[str, str]:
    """The environment that makes another process use the database of this test."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        address = f"sqlite:///{settings['NAME']}"
    else:
        password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
        where = f"{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
        address = f"postgresql://{settings['USER']}{password}@{where}"
    return {**os.environ, "RIPELINE_DATABASE_URL": address}


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker process, killed at the end if it still runs."""
    process = subprocess.Popen([sys.executable, "-m", "ripeline", "worker"], env=environment())
    try:
        yield process
    finally:
        process.kill()
        process.wait()

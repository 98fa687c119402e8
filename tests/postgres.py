"""A PostgreSQL for the tests: the one named by RIPELINE_TEST_POSTGRES, else a private one made for this run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.processes import free_port

# No vacuum: it notes that tables are empty, as they are between tests. Where PostgreSQL knows that, it takes any index
# for as good as another, and reads one whole for each of the thousands of keys that are checked as a test ends.
SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class NoPostgres(SystemExit):
    """There is no PostgreSQL to test on; the text says what was looked for."""


@contextmanager
def postgres(*, is_durable: bool = False) -> Iterator[str]:
    """The address of a PostgreSQL server, stopped and removed afterwards where it is ours. One that `is_durable` waits
    for the disk, as PostgreSQL does where nobody says otherwise."""
    given = os.environ.get("RIPELINE_TEST_POSTGRES")
    binaries = _binaries()
    if given:
        yield given
        return
    if binaries is None:
        raise NoPostgres(
            "There is no PostgreSQL to test on: RIPELINE_TEST_POSTGRES is not set, this machine has no initdb and"
            " pg_ctl, and the package pgserver cannot be imported. Set the variable to postgresql://user:pass@host/db,"
            " or install one of the others."
        )
    with private_postgres(binaries, is_durable=is_durable) as server:
        yield server.address


@contextmanager
def private_postgres(
    binaries: Path | None = None, *, is_durable: bool = True, data: Path | None = None
) -> Iterator[Server]:
    """A PostgreSQL of our own, which a test may kill; removed afterwards. It begins empty, or with a copy of `data`
    that another kept where it was stopped."""
    binaries = binaries or _binaries()
    assert binaries, "there are no binaries of PostgreSQL"
    with tempfile.TemporaryDirectory(prefix="ripeline-pg-") as folder:
        server = Server(binaries, Path(folder), {} if is_durable else SPEED)
        server.create(data)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _binaries() -> Path | None:
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if on_path or debian:
        return Path(on_path or debian[0]).resolve().parent
    try:
        import pgserver
    except ImportError:
        return None
    return Path(pgserver.__file__).parent / "pginstall" / "bin"


class Server:
    """A private cluster in a folder of its own, on a free port of the loopback address."""

    def __init__(self, binaries: Path, folder: Path, settings: dict[str, str]) -> None:
        self.binaries, self.folder, self.settings = binaries, folder, settings
        self.port = free_port()
        # PostgreSQL refuses to run as root: containers and CI often are.
        self.user = _unprivileged() if os.geteuid() == 0 else None
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    @property
    def address(self) -> str:
        """As a database address."""
        return f"postgresql://ripeline@127.0.0.1:{self.port}/postgres"

    def create(self, kept: Path | None = None) -> None:
        """Makes the cluster, empty or as `kept`."""
        data = str(self.folder / "data")
        if kept:
            shutil.copytree(kept, data)
            if self.user:
                for path in (Path(data), *Path(data).rglob("*")):
                    os.chown(path, self.user.pw_uid, self.user.pw_gid)
            return
        self._run("initdb", "-D", data, "-U", "ripeline", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        data = str(self.folder / "data")
        settings = {
            "max_connections": 60,
            **self.settings,
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._run(
            "pg_ctl", "-D", data, "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options, "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stops the server: at once, as its data is thrown away, or `fast`, with all of it on disk."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "stop")

    def kill(self) -> None:
        """Kills every process of the server at once, as a machine that falls over does."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        family = [psutil.Process(leader), *psutil.Process(leader).children(recursive=True)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(family, timeout=20)

    def _run(self, program: str, *arguments: str) -> None:
        as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid} if self.user else {}
        subprocess.run(
            [str(self.binaries / program), *arguments],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            **as_user,
        )


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres(
        "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor nobody."
    )

"""`ripeline serve` and `ripeline worker`: the processes that keep the site up."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from urllib.parse import urlsplit

import click
from django.conf import settings
from django.db import connections

from ripeline.config import Config
from ripeline.installing import examine, not_of_this_release
from ripeline.kit.processes import end, python, this_package
from ripeline.people.models import User
from ripeline.worker import stop_on_signal, work

# A worker that dies at once again and again should not fill the log with starts.
RESTART_AFTER = 2.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Of each web process. A browser keeps one for half a minute after a page or an event: with fewer, others would wait.
CONNECTIONS = 4096
# Seconds that a process has to answer what it is answering, when all is stopped.
STOP_WITHIN = 10
# Seconds that the worker has to finish the batch in hand.
WORKER_STOPS_WITHIN = 8


@click.command("serve")
@click.option("--worker/--no-worker", default=True, help="Run the worker beside the web server.")
def serve_command(worker: bool) -> None:
    """Serve the pages, and run the worker beside them."""
    serve(with_worker=worker)


@click.command("worker")
def worker_command() -> None:
    """Attend to what is due until stopped."""
    if wrong := not_of_this_release():
        raise click.ClickException(wrong)
    work(stop=stop_on_signal())


def serve(*, with_worker: bool = True) -> None:
    """Serves until Ctrl-C; a worker process that ends is started again."""
    from granian.constants import HTTPModes, Interfaces

    from ripeline.web_server import WebServer

    config = settings.CONFIG
    wrong = [finding.what for finding in examine() if not finding.well and not finding.is_bearable]
    if wrong:
        raise click.ClickException("\n".join(wrong))
    if (way := _way_in(config)) and demo_accounts_exist():
        raise click.ClickException(
            f"This database holds the demo's accounts, whose passwords are public, and {way}"
            " lets others reach it. Set RIPELINE_DATA_DIR or RIPELINE_DATABASE_URL to a database of your own."
        )
    refuse_taken_port(config)
    allow_open_files(CONNECTIONS + 1024)
    # No connection goes along into the processes that are forked off: SQLite's locks would not survive it.
    connections.close_all()
    server = WebServer(
        "ripeline.rsgi:site",
        address=config.host,
        port=config.port,
        interface=Interfaces.RSGI,
        # A request of HTTP/2 need not say how long it is. A proxy speaks it to browsers, and this to us.
        http=HTTPModes.http1,
        workers=config.web_processes,
        log_access=False,
        websockets=False,
        backpressure=CONNECTIONS,
        # One that dies is started again, while the others go on; twice within seconds, and granian ends all.
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN,
    )
    # Before the worker is there: it ends with us whenever we are told to.
    server.heed_signals()
    over = threading.Event()
    minder = threading.Thread(target=_mind_worker, args=(over,), daemon=True)
    if with_worker:
        minder.start()
    try:
        server.serve()
    finally:
        over.set()
        if with_worker:
            minder.join(timeout=10)


def refuse_taken_port(config: Config) -> None:
    """Raises ClickException where somebody listens already: the server would share the port with them, and each
    request would go to the one or the other."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((config.host, config.port))
            door.listen()
        except OSError as error:
            raise click.ClickException(
                f"{config.host}:{config.port} cannot be listened on: {error.strerror}."
                " Stop what is served there, or set RIPELINE_PORT to another number."
            ) from None


def allow_open_files(number: int) -> None:
    """Lets this process, and those it starts, open so many files and connections, as far as the machine allows it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit.
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _way_in(config: Config) -> str:
    """The setting by which other machines reach the site; empty where none does. A proxy may stand before loopback."""
    if config.host not in LOOPBACK:
        return f"RIPELINE_HOST={config.host}"
    if (urlsplit(config.base_url).hostname or LOOPBACK[0]) not in LOOPBACK:
        return f"RIPELINE_BASE_URL={config.base_url}"
    return ""


def demo_accounts_exist() -> bool:
    """Whether somebody may sign in with an address that only a demo can have (RFC 2606: .example is nobody's)."""
    return User.objects.filter(is_active=True, email__endswith=".example").exists()


def _mind_worker(over: threading.Event) -> None:
    while not over.is_set():
        process = subprocess.Popen(python("-m", "ripeline", "worker"), env=this_package())
        while process.poll() is None and not over.is_set():
            time.sleep(0.2)
        if over.is_set():
            # Whatever it has in hand then, the next one takes up again.
            end(process, within=WORKER_STOPS_WITHIN)
        else:
            click.echo("The worker ended and is started again.", err=True)
            over.wait(RESTART_AFTER)

"""`ripeline serve` and `ripeline worker`: the processes that keep the site up."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import click
from django.conf import settings

from ripeline.worker import stop_on_signal, work

# A worker that dies at once again and again should not fill the log with starts.
RESTART_AFTER = 2.0
# In each web process. More would only wait for one another; fewer would let one long export stop everybody.
THREADS = 4


@click.command("serve")
@click.option("--worker/--no-worker", default=True, help="Run the worker beside the web server.")
def serve_command(worker: bool) -> None:
    """Serve the pages, and run the worker beside them."""
    serve(with_worker=worker)


@click.command("worker")
def worker_command() -> None:
    """Attend to what is due until stopped."""
    work(stop=stop_on_signal())


def serve(*, with_worker: bool = True) -> None:
    """Serves until Ctrl-C; a worker process that ends is started again."""
    from granian.constants import Interfaces
    from granian.server import Server

    over = threading.Event()
    minder = threading.Thread(target=_mind_worker, args=(over,), daemon=True)
    if with_worker:
        minder.start()
    config = settings.CONFIG
    try:
        Server(
            "ripeline.wsgi:application",
            address=config.host,
            port=config.port,
            interface=Interfaces.WSGI,
            workers=config.web_processes,
            blocking_threads=THREADS,
            log_access=False,
            websockets=False,
        ).serve()
    finally:
        over.set()
        if with_worker:
            minder.join(timeout=10)


def _mind_worker(over: threading.Event) -> None:
    while not over.is_set():
        process = subprocess.Popen([sys.executable, "-m", "ripeline", "worker"])
        while process.poll() is None and not over.is_set():
            time.sleep(0.2)
        if over.is_set():
            process.terminate()
            process.wait()
        else:
            click.echo("The worker ended and is started again.", err=True)
            over.wait(RESTART_AFTER)

"""What a replay runs on: the threads of this machine, or a Dask cluster.

Both are `concurrent.futures.Executor`s, so the replay does not know which. Threads suffice on one machine: loading and
folding hold no lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from ripeline.replay.mistakes import ReplayMistake

PATIENCE: Final = 10.0
"""Seconds to wait for a scheduler, and then for its first worker."""
RETRIES: Final = 3
"""Tries more for a task that met trouble; one whose worker died is given to another without being asked."""


@contextmanager
def open_executor(
    cluster: str = "", *, threads: int | None = None, patience: float = PATIENCE
) -> Iterator[Executor]:
    """An executor for the length of a block: a thread for each core, or the cluster whose scheduler is at `cluster`.

    When the block ends, by whatever way, tasks that have not begun are cancelled; `Future.cancel` does so for one.
    Raises ReplayMistake where the cluster cannot be used.
    """
    if cluster:
        with _on_cluster(cluster, patience) as executor:
            yield executor
        return
    pool = ThreadPoolExecutor(threads or core_count(), thread_name_prefix="replay")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def core_count() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@contextmanager
def _on_cluster(address: str, patience: float) -> Iterator[Executor]:
    client = _client(address, patience)
    try:
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError:
            raise ReplayMistake(
                f"The cluster at {address} has no workers. Start one: dask worker {address}"
            ) from None
        # Impure: the same parts asked for again are read again, not remembered by the cluster.
        executor: Executor = client.get_executor(pure=False, retries=RETRIES)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)  # Dask's way to say: cancel what there is
    finally:
        client.close(timeout=patience)


def _client(address: str, patience: float) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise ReplayMistake(
            f"RIPELINE_CLUSTER={address} needs a package more: pip install 'ripeline[cluster]'"
        ) from None
    try:
        return Client(address, timeout=patience, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as trouble:
        raise ReplayMistake(
            f"The scheduler at {address} does not answer ({type(trouble).__name__}). "
            "Is it running, and is RIPELINE_CLUSTER its address?"
        ) from None

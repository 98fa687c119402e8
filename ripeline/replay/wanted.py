"""Whether anybody still wants what a task of a replay works out, heard in the middle of it.

A task that runs in this process is told by the context of its thread; on a cluster it is not, and ends with its bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

_IS_OVER: Final[ContextVar[Callable[[], bool] | None]] = ContextVar("is_over", default=None)


class ReplayCancelled(Exception):
    """Nobody wants the result any more."""


def run_while_wanted(is_over: Callable[[], bool], task: Callable[..., Result], *given: Any) -> Result:
    """`task(*given)`, which may ask whether it is still wanted. Raises ReplayCancelled where it is not."""
    token = _IS_OVER.set(is_over)
    try:
        return task(*given)
    finally:
        _IS_OVER.reset(token)


def check_wanted() -> None:
    """To be called now and then by what takes long. Raises ReplayCancelled."""
    is_over = _IS_OVER.get()
    if is_over is not None and is_over():
        raise ReplayCancelled

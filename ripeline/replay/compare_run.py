"""Two playbooks and a history out of files, compared."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ripeline.replay.bulk import compile_program
from ripeline.replay.comparing import Comparison, compare_parts
from ripeline.replay.gathering import Progress
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.over_parts import Asked
from ripeline.replay.parts.problems import PartsProblem
from ripeline.replay.reading import is_history, opened_history
from ripeline.replay.run import read_playbook, silent
from ripeline.replay.temporary_parts import parts_of_files


def compare_files(
    one: Path,
    other: Path,
    touches: Path,
    *,
    as_of: int | None = None,
    outcome: str | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
    now: int | None = None,
) -> Comparison:
    """Both playbooks over all people of `touches`, up to `as_of` (default: the latest touch).

    What is later than `now` is listed as dated in the future.
    Raises ReplayMistake where anything given cannot be used.
    """
    programs = compile_program(read_playbook(one)), compile_program(read_playbook(other))
    tell = progress or silent
    with TemporaryDirectory(prefix="ripeline-compare-") as folder:
        parts = (
            opened_history(touches) if is_history(touches) else parts_of_files(touches, Path(folder), tell)[0]
        )
        if not parts.touches:
            raise ReplayMistake(f"{touches}: there is no touch in it, so there is nothing to compare")
        end = parts.latest if as_of is None else as_of
        asked = Asked(0 if end is None else end, now=now)
        try:
            return compare_parts(
                *programs, parts, asked, outcome=outcome, executor=executor, progress=partial(tell, "folding")
            )
        except PartsProblem as problem:
            raise ReplayMistake(str(problem)) from None

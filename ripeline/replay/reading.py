"""Touches out of files: JSON Lines, Parquet, or a folder of Parquet parts, streaming.

A record that cannot be read comes out as `Unreadable` in its place, so that the caller can report several at
once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from ripeline.lifecycle.touch import Touch, TouchMistake, parse_touch
from ripeline.replay import parquet
from ripeline.replay.mistakes import ReplayMistake, Unreadable

if TYPE_CHECKING:
    from ripeline.replay.parts.opening import Parts
    from ripeline.replay.unused import Listing

Advance = Callable[[int], None]

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. A longer line is no touch but a file of another kind, and must not fill the memory."""
_LINES_PER_STEP = 2048


def measure(path: Path) -> int:
    """How much there is to read, in the units `read_touches` advances by (bytes or rows).

    Raises ReplayMistake when `path` is nothing that can hold touches.
    """
    if is_history(path):
        return opened_history(path).touches
    return path.stat().st_size if is_jsonl(path) else parquet.count_rows(parquet.parts_of(path))


def read_touches(path: Path, advance: Advance) -> Iterator[Touch | Unreadable]:
    """The touches of `path` in their order, `Unreadable` in place of each record that is none."""
    if is_history(path):
        yield from _read_history(path, advance)
    elif is_jsonl(path):
        yield from _read_jsonl(path, advance)
    else:
        yield from parquet.read(parquet.parts_of(path), advance)


def is_history(path: Path) -> bool:
    """Whether the path is a folder of history parts, made by `ripeline history`."""
    if not path.is_dir():
        return False
    from ripeline.replay.parts.opening import are_parts

    return are_parts(str(path))


def is_jsonl(path: Path) -> bool:
    """Whether touches come as JSON Lines, else as Parquet. Raises ReplayMistake where they come as neither."""
    if not path.exists():
        raise ReplayMistake(f"{path}: there is no such file or folder")
    if path.is_dir() or path.suffix.lower() == ".parquet":
        return False
    if path.suffix.lower() == ".jsonl" and path.is_file():
        return True
    raise ReplayMistake(f"{path}: touches come as .jsonl, as .parquet or as a folder of Parquet parts")


def opened_history(path: Path) -> Parts:
    """The history parts in a folder. Raises ReplayMistake where they cannot be used."""
    from ripeline.replay.parts.opening import open_parts
    from ripeline.replay.parts.problems import PartsProblem

    try:
        return open_parts(str(path))
    except PartsProblem as problem:
        raise ReplayMistake(str(problem)) from None


def odd_attrs_of(path: Path) -> Listing:
    """The touches of a folder of history parts whose attrs are no flat map; files with such are refused."""
    from ripeline.replay.parts.loading import load
    from ripeline.replay.unused import Listing, odd_attrs

    parts = opened_history(path).buckets if is_history(path) else ()
    odd = (Listing(odd_attrs(load(part, part.doubtful))) for part in parts if part.doubtful)
    return sum(odd, Listing())


def _read_history(path: Path, advance: Advance) -> Iterator[Touch | Unreadable]:
    from ripeline.replay.history import to_touches
    from ripeline.replay.parts.loading import load
    from ripeline.replay.parts.problems import PartsProblem

    for part in opened_history(path).buckets:
        try:
            yield from to_touches(load(part))
        except PartsProblem as problem:
            raise ReplayMistake(str(problem)) from None
        advance(part.touches)


def _read_jsonl(path: Path, advance: Advance) -> Iterator[Touch | Unreadable]:
    with path.open("rb") as lines:
        number = position = 0
        while line := lines.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                skip_rest(lines)
            if line.strip():
                yield touch_of_line(line, path, number)
            if number % _LINES_PER_STEP == 0:
                advance(lines.tell() - position)
                position = lines.tell()
        advance(lines.tell() - position)


def skip_rest(lines: IO[bytes]) -> None:
    """Goes on to the next line."""
    while (rest := lines.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def touch_of_line(line: bytes, path: Path, number: int) -> Touch | Unreadable:
    """The touch a line means, or why it means none."""
    if len(line) > LONGEST_LINE:
        return Unreadable(f"{path}, line {number}", "longer than 16 MiB; is this JSON Lines?")
    try:
        record = _DECODER.decode(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        if not isinstance(record, dict):
            return Unreadable(f"{path}, line {number}", 'a touch is a JSON object, such as {"id": ...}')
        # In a file, times are text: a bare number could be seconds, milliseconds or anything.
        if not isinstance(record.get("at", ""), str):
            raise TouchMistake("'at' must be RFC 3339 text such as \"2026-03-01T09:30:00Z\", not a number")
        return parse_touch(record)
    except UnicodeDecodeError as mistake:
        return Unreadable(f"{path}, line {number}", f"not UTF-8 (byte {mistake.start + 1} of the line)")
    except json.JSONDecodeError as mistake:
        return Unreadable(f"{path}, line {number}", f"not JSON: {mistake.msg} at character {mistake.pos + 1}")
    except (ValueError, RecursionError) as mistake:
        return Unreadable(f"{path}, line {number}", str(mistake))


def refuse_constant(name: str) -> NoReturn:
    """For JSON decoders: NaN and Infinity are none of its numbers."""
    raise TouchMistake(f"{name} is no number in JSON; leave the value out or write null")


_DECODER = json.JSONDecoder(parse_constant=refuse_constant)

"""Rows into .jsonl, .csv or .parquet files that appear whole or not at all."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import IO, Protocol

from ripeline.kit.spreadsheets import safe_cell
from ripeline.lifecycle.instant import format_instant
from ripeline.replay import parquet
from ripeline.replay.mistakes import ReplayMistake

Columns = Sequence[tuple[str, str]]
"""Name and type of each column: `text`, `number`, or `instant` (microseconds; None is null in each)."""
Rows = Sequence[tuple[object, ...]]

ENDINGS = (".jsonl", ".csv", ".parquet")
_BATCH = 16_384


class Writer(Protocol):
    """Takes rows batch by batch until it is closed."""

    def write(self, rows: Rows) -> None:
        """Appends the rows."""

    def close(self) -> None:
        """Ends the file."""


def check_outputs(outputs: Sequence[Path], source: Path) -> None:
    """Refuses, before any work, what could not be written in the end. Raises ReplayMistake."""
    for place, out in enumerate(outputs):
        if out.suffix.lower() not in ENDINGS:
            raise ReplayMistake(f"{out}: the ending must be one of {', '.join(ENDINGS)}")
        if out.exists() and not out.is_file():
            raise ReplayMistake(f"{out}: is no file and cannot be written over")
        if not out.parent.is_dir():
            raise ReplayMistake(f"{out}: the folder {out.parent} does not exist")
        if not os.access(out.parent, os.W_OK):
            raise ReplayMistake(f"{out}: the folder {out.parent} cannot be written to")
        if _would_be_read(out.resolve(), source.resolve()):
            raise ReplayMistake(f"{out}: would become part of the touches that are read")
        if out.resolve() in [other.resolve() for other in outputs[:place]]:
            raise ReplayMistake(f"{out}: both results cannot go into one file")


@contextmanager
def whole_files(*outputs: Path) -> Iterator[list[Path]]:
    """Paths to write to, beside the outputs; they take their names when the block ends well, else vanish."""
    targets = [out.resolve() for out in outputs]
    # The ending stays last: the writer is chosen by it.
    parts = [target.with_name(f".{token_hex(4)}.part.{target.name}") for target in targets]
    try:
        yield parts
        for part in parts:
            _flush_to_disk(part)
        for part, target in zip(parts, targets, strict=True):
            part.replace(target)
    finally:
        for part in parts:
            with suppress(FileNotFoundError):
                part.unlink()


def write_rows(path: Path, columns: Columns, rows: Iterable[tuple[object, ...]]) -> int:
    """Writes all rows in the form the ending of `path` names; returns how many there were."""
    writer = _open_writer(path, columns)
    written, remaining = 0, iter(rows)
    try:
        while batch := list(islice(remaining, _BATCH)):
            writer.write(batch)
            written += len(batch)
    finally:
        writer.close()
    return written


class JsonLines:
    """One JSON object a line, UTF-8."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self._file: IO[str] = path.open("x", encoding="utf-8", newline="\n")
        self._names = [name for name, _ in columns]
        self._instants = [kind == "instant" for _, kind in columns]

    def write(self, rows: Rows) -> None:
        """Appends the rows."""
        for row in rows:
            values = map(_instant_text, row, self._instants)
            record = dict(zip(self._names, values, strict=True))
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


class Csv:
    """A header and a line a row, as RFC 4180 has it; UTF-8; null is an empty cell; safe in a spreadsheet."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self._file: IO[str] = path.open("x", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow([name for name, _ in columns])
        self._instants = [kind == "instant" for _, kind in columns]

    def write(self, rows: Rows) -> None:
        """Appends the rows."""
        for row in rows:
            values = map(_instant_text, row, self._instants)
            self._writer.writerow([safe_cell(value) if isinstance(value, str) else value for value in values])

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


def _would_be_read(out: Path, source: Path) -> bool:
    if source.is_dir():
        return out.suffix.lower() == ".parquet" and out.is_relative_to(source)
    return out == source


def _open_writer(path: Path, columns: Columns) -> Writer:
    match path.suffix.lower():
        case ".jsonl":
            return JsonLines(path, columns)
        case ".csv":
            return Csv(path, columns)
        case _:
            return parquet.Writer(path, columns)


def _instant_text(value: object, is_instant: bool) -> object:
    return format_instant(value) if is_instant and isinstance(value, int) else value


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())

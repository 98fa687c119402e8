"""An import's file as a stream of what each row says, from wherever the import stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ripeline.gateway.imports.dates import AHEAD
from ripeline.gateway.imports.mapping import Mapping, load_mapping
from ripeline.gateway.imports.merge import Repeats
from ripeline.gateway.imports.reader import Reader
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.sniff import NotATable
from ripeline.gateway.imports.survey import Progress, Survey, survey
from ripeline.gateway.imports.table import Rejected, Row, read_rows
from ripeline.gateway.imports.touches import read_touches
from ripeline.gateway.models import Import
from ripeline.kit.instants import to_instant


class Source:
    """The rows of one file, read by one mapping, as often as needed and always the same."""

    def __init__(
        self, path: Path, mapping: Mapping, look: Survey | None, *, rows: int, taken_in: datetime
    ) -> None:
        self._path = path
        self._latest = to_instant(taken_in + AHEAD)
        self.look = look
        self.mapping = look.mapping if look else mapping
        self.rows = rows
        self.repeats = look.repeats if look else Repeats()

    def read(self) -> Iterator[Record | Rejected]:
        """Every row's record, or why there is none, in the order of the file."""
        if self.look is None:
            yield from read_touches(self._path, self.mapping, self._latest)
            return
        reader = Reader(self.look.shape.columns, self.look.settled, self._latest)
        for row in read_rows(self._path, self.look.shape):
            yield reader.read(row) if isinstance(row, Row) else row


def open_source(import_of: Import, progress: Progress | None = None) -> Source:
    """The source of an import. Raises NotATable, MappingMistakes, OSError."""
    path, given = Path(import_of.file), load_mapping(import_of.mapping)
    if import_of.form == Import.Form.TOUCHES:
        return _touches(path, given, import_of.created_at, progress)
    look = survey_whole(path, import_of.mapping, progress)
    return Source(path, given, look, rows=look.rows, taken_in=import_of.created_at)


def _touches(path: Path, given: Mapping, taken_in: datetime, progress: Progress | None) -> Source:
    """The lines of a file of touches, looked through once to count them and to know who occurs again."""
    source = Source(path, given, None, rows=0, taken_in=taken_in)
    for line in source.read():
        source.rows += 1
        if isinstance(line, Record):
            source.repeats.see(line)
        if progress and source.rows % 5_000 == 0:
            progress(source.rows)
    if not source.rows:
        raise NotATable("The file is empty.")
    source.repeats.settle()
    return source


def survey_whole(path: Path, mapping: str, progress: Progress | None = None) -> Survey:
    """The whole file looked through by the mapping written in `mapping`. Raises NotATable, MappingMistakes,
    OSError."""
    look = survey(path, load_mapping(mapping), progress)
    load_mapping(mapping, look.shape.columns)
    return look

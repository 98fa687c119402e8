"""An import's file as a stream of what each row says, from wherever the import stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ripeline.gateway.imports.mapping import Mapping, load_mapping
from ripeline.gateway.imports.merge import Repeats
from ripeline.gateway.imports.reader import Reader
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.survey import Progress, Survey, survey
from ripeline.gateway.imports.table import Rejected, Row, read_rows
from ripeline.gateway.imports.touches import read_touches
from ripeline.gateway.models import Import


class Source:
    """The rows of one file, read by one mapping, as often as needed and always the same."""

    def __init__(self, path: Path, mapping: Mapping, look: Survey | None, rows: int) -> None:
        self._path = path
        self.look = look
        self.mapping = look.mapping if look else mapping
        self.rows = rows
        self.repeats = look.repeats if look else Repeats()

    def read(self) -> Iterator[Record | Rejected]:
        """Every row's record, or why there is none, in the order of the file."""
        if self.look is None:
            yield from read_touches(self._path, self.mapping)
            return
        reader = Reader(self.look.shape.columns, self.look.settled)
        for row in read_rows(self._path, self.look.shape):
            yield reader.read(row) if isinstance(row, Row) else row


def open_source(import_of: Import, progress: Progress | None = None) -> Source:
    """The source of an import. Raises NotATable, MappingMistakes, OSError."""
    return source_of(Path(import_of.file), import_of.mapping, Import.Form(import_of.form), progress)


def source_of(path: Path, mapping: str, form: Import.Form, progress: Progress | None = None) -> Source:
    """The file at `path` read by the mapping written in `mapping`. Raises NotATable, MappingMistakes, OSError."""
    given = load_mapping(mapping)
    if form == Import.Form.TOUCHES:
        with path.open("rb") as file:
            return Source(path, given, None, sum(1 for line in file if line.strip()))
    look = survey(path, given, progress)
    load_mapping(mapping, look.shape.columns)
    return Source(path, given, look, look.rows)

"""The rows an import left out, as a file to correct and bring in again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from ripeline.gateway.models import Import, ImportRejection
from ripeline.kit.spreadsheets import safe_cell


def rejected_csv(import_of: Import) -> Iterator[str]:
    """The lines of a CSV file: line and reason, then the row's own cells under their own names.

    A row that could not be taken apart stands as it was in the last column. Cells that a spreadsheet would run
    as formulas begin with an apostrophe, which reading the file in again takes off.
    """
    columns = [str(each["name"]) for each in import_of.preview.get("columns", [])]
    yield _line(["line", "reason", *columns, "row as it was"])
    rows = ImportRejection.objects.filter(import_of=import_of).order_by("line", "pk")
    for row in rows.iterator(chunk_size=1000):
        cells = row.cells if isinstance(row.cells, list) else []
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        yield _line([str(row.line), row.reason, *padded, row.raw])


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()

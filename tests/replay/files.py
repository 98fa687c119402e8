"""Touch files for the tests, in every form a replay reads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ripeline.lifecycle.instant import parse_instant

Record = dict[str, Any]

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("person", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("kind", pa.string()),
        ("direction", pa.string()),
        ("actor", pa.string()),
        ("subject", pa.string()),
        ("value", pa.float64()),
        ("attrs", pa.string()),
    ]
)


def record(id: str, person: str, at: str, kind: str = "page_viewed", **more: Any) -> Record:
    """A touch as a file holds it."""
    return {"id": id, "person": person, "at": at, "kind": kind, **more}


def write_jsonl(path: Path, records: Iterable[Record]) -> Path:
    """The records as JSON Lines."""
    path.write_text(
        "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records), encoding="utf-8"
    )
    return path


def write_parquet(path: Path, records: Iterable[Record], *, group: int = 3) -> Path:
    """The records as one Parquet file of small row groups, by the documented columns."""
    rows = [
        {
            **each,
            "at": parse_instant(each["at"]),
            "attrs": json.dumps(each["attrs"]) if "attrs" in each else None,
        }
        for each in records
    ]
    columns = [pa.array([row.get(field.name) for row in rows]).cast(field.type) for field in SCHEMA]
    pq.write_table(pa.table(columns, schema=SCHEMA), path, row_group_size=group)
    return path

"""`ripeline replay` by both engines: the same bytes from files and from history parts."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from ripeline.cli import main
from ripeline.lifecycle.instant import DAY, format_instant, parse_instant
from ripeline.lifecycle.touch import parse_touch
from ripeline.replay.parts.building import Wanted
from ripeline.replay.parts.updating import update_parts
from ripeline.replay.touch_tables import table_of_touches
from tests.bench.bench_replay import KINDS, SUBJECTS
from tests.replay.files import Record, write_jsonl, write_parquet
from tests.replay.golden import CHECKOUT

pytestmark = pytest.mark.pure

START = parse_instant("2025-01-01T00:00:00Z")
OUTS = ("transitions", "standings")


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """A year of forty people, in no order, with a few touches given twice and a stage nobody knows."""
    chance = random.Random(7)
    kinds = [*KINDS, "stage_set", "recycled", "rejected", "disqualified", "reopened", "carrier_pigeon"]
    found = [a_record(chance, number, chance.choice(kinds)) for number in range(3000)]
    return [*found, *chance.sample(found, 20)]


def a_record(chance: random.Random, number: int, kind: str) -> Record:
    subject = chance.choice([*SUBJECTS.get(kind, ["lead", "nowhere"]), None])
    attrs = {
        "answered": {"value": chance.choice(["yes", "no", None])},
        "traits_changed": {
            "role": chance.choice(["author", None]),
            "books_published": chance.choice([0, 1, True]),
        },
    }
    return {
        "id": f"t{number:05}",
        "person": f"{chance.choice(['ana', 'Zoe', 'élodie', '😀', '=x'])} {chance.randrange(8)}",
        "at": format_instant(START + chance.randrange(365) * DAY + chance.choice([0, 1, 3_600_000_000])),
        "kind": kind,
        "actor": chance.choice(["human", "unknown", "machine"]),
        "subject": subject,
        "value": chance.choice([None, 20, 99.5, 1000]),
        "attrs": attrs.get(kind),
    }


def replayed(folder: Path, touches: Path, engine: str, ending: str) -> tuple[list[bytes], Result]:
    """The bytes of both files, and what was said."""
    outs = {name: folder / f"{engine}-{name}.{ending}" for name in OUTS}
    given = ["--playbook", CHECKOUT / "playbooks" / "default.yaml", "--touches", touches, "--engine", engine]
    for name, path in outs.items():
        given += [f"--{name}", path]
    result = CliRunner().invoke(main, ["replay", *map(str, given)])
    assert result.exit_code == 0, result.output
    return [path.read_bytes() for path in outs.values()], result


def history_of(folder: Path, records: list[Record], touches_per_bucket: int = 0) -> Path:
    """The records as history parts."""
    table = table_of_touches([parse_touch(it) for it in records])
    update_parts(str(folder), Wanted([table], "test", 0, expected=touches_per_bucket), now=1)
    return folder


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_both_engines_write_the_same_bytes(tmp_path: Path, records: list[Record], ending: str) -> None:
    touches = write_jsonl(tmp_path / "touches.jsonl", records)
    plain, said = replayed(tmp_path, touches, "fold", ending)
    quick, also_said = replayed(tmp_path, touches, "bulk", ending)
    assert quick == plain
    assert also_said.stderr.splitlines() == said.stderr.splitlines()
    assert "was ignored, for 'nowhere' is no stage" in said.stderr
    assert len(plain[0]) > 5_000, "people move: an empty comparison would prove nothing"


def test_history_parts_give_what_the_file_gives(tmp_path: Path, records: list[Record]) -> None:
    expected, _ = replayed(tmp_path, write_jsonl(tmp_path / "touches.jsonl", records), "bulk", "jsonl")
    parts = history_of(tmp_path / "parts", records)
    for engine in ("bulk", "fold"):
        found, _ = replayed(tmp_path, parts, engine, "jsonl")
        assert found == expected


def test_parquet_gives_what_json_lines_give(tmp_path: Path, records: list[Record]) -> None:
    expected, _ = replayed(tmp_path, write_jsonl(tmp_path / "touches.jsonl", records), "bulk", "jsonl")
    plain = [{key: value for key, value in it.items() if key != "attrs" or value} for it in records]
    found, _ = replayed(
        tmp_path, write_parquet(tmp_path / "touches.parquet", plain, group=500), "bulk", "jsonl"
    )
    assert found == expected


def test_damaged_parts_are_never_used(tmp_path: Path, records: list[Record]) -> None:
    parts = history_of(tmp_path / "parts", records)
    part = next(parts.glob("*.parquet"))
    content = bytearray(part.read_bytes())
    content[len(content) // 10] ^= 1
    part.write_bytes(content)
    given = ["--playbook", CHECKOUT / "playbooks" / "default.yaml", "--touches", parts]
    for engine in ("bulk", "fold"):
        result = CliRunner().invoke(main, ["replay", *map(str, given), "--engine", engine])
        assert result.exit_code == 2
        assert part.name in result.stderr
        assert "Traceback" not in result.output


def test_a_person_in_history_parts_is_explained(tmp_path: Path, records: list[Record]) -> None:
    parts = history_of(tmp_path / "parts", records)
    given = [
        "--playbook",
        CHECKOUT / "playbooks" / "default.yaml",
        "--touches",
        parts,
        "--person",
        "élodie 3",
    ]
    result = CliRunner().invoke(main, ["explain", *map(str, given)])
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) > 5


def test_attrs_in_parts_that_are_no_flat_map_count_as_empty_and_are_told(
    tmp_path: Path, records: list[Record]
) -> None:
    table = table_of_touches([parse_touch(it) for it in records[:50]])
    texts = [
        '{"role": ["author"]}' if kind == "traits_changed" else None
        for kind in table.column("kind").to_pylist()
    ]
    broken = table.set_column(table.schema.get_field_index("attrs"), "attrs", pa.array(texts, pa.string()))
    update_parts(str(tmp_path / "parts"), Wanted([broken], "test", 0), now=1)
    quick, said = replayed(tmp_path, tmp_path / "parts", "bulk", "jsonl")
    plain, also_said = replayed(tmp_path, tmp_path / "parts", "fold", "jsonl")
    assert quick == plain
    count = len(texts) - texts.count(None)
    assert said.stderr == also_said.stderr
    assert (
        f"{count} touches have attrs that hold a list or a map within the map; they count as empty"
        in said.stderr
    )

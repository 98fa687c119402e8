"""What tests of real data count, in the database and in the files."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from ripeline.gateway.models import Import
from ripeline.timeline.models import Standing, Transition
from tests.gateway.imports.bringing import CHECKOUT, EXAMPLES

T = TypeVar("T")


def the_guide_says(name: str, **numbers: int) -> bool:
    """Whether the page of the guide has each of these numbers."""
    said = set(re.findall(r"\d[\d,]*", (CHECKOUT / "docs" / "guide" / name).read_text()))
    missing = {what: number for what, number in numbers.items() if f"{number:,}" not in said}
    assert not missing
    return True


def mapping(name: str) -> str:
    return (EXAMPLES / name).read_text()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(import_of: Import) -> dict[str, int]:
    assert import_of.state == Import.State.DONE, import_of.error
    return {name: count for name, count in import_of.counts.items() if count}


def stages() -> dict[str, int]:
    return dict(tally(Standing.objects.values_list("stage", flat=True)))


def moves() -> dict[tuple[str, str], int]:
    return dict(tally(Transition.objects.filter(superseded_at=None).values_list("from_stage", "to_stage")))


def tally(values: Iterable[T]) -> Counter[T]:
    return Counter(values)

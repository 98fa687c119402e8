"""The forty worked cases of the engine's contract, where they are at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
GOLDEN = Path(os.environ.get("RIPELINE_SHARED", CHECKOUT.parent / "shared")) / "golden"
CASES = [f"{number:02}" for number in range(1, 41)]

needs_golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"THE GOLDEN CASES ARE NOT CHECKED: no {GOLDEN} (set RIPELINE_SHARED)"
)


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def approximately(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with scores that match to a millionth, as the contract asks."""
    return [{**row, "score": pytest.approx(row["score"], abs=1e-6)} for row in rows]

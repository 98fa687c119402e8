"""The pictures of a preview, and the table beside them."""

from __future__ import annotations

from typing import Any

import pytest

from ripeline.playbooks.preview.charts import flow, found, measured

pytestmark = pytest.mark.pure


def definition(*titles: str) -> dict[str, Any]:
    """A definition of a result, with the same measures at every stage."""
    share = {"value": 0.25, "low": 0.05, "high": 0.5}
    stage = {"precision": share, "recall": share, "lift": 2.0, "lift_low": 1.5, "lift_high": None}
    lead = {"days": 9.5, "low": 3.0, "high": 1234.0}
    return {"stages": [{"key": title.lower(), "title": title, **stage, "lead": lead} for title in titles]}


@pytest.mark.parametrize(
    ("mine", "theirs", "order"),
    [
        (("Lead", "MQL", "Prospect", "Customer"), ("Lead (MQL)", "Prospect (SQL)", "Customer"),
         ["Lead", "Lead (MQL)", "MQL", "Prospect (SQL)", "Prospect", "Customer"]),
        (("Lead", "MQL"), ("Lead", "MQL"), ["Lead", "MQL"]),
        (("Lead", "Customer"), ("Lead", "MQL", "Customer"), ["Lead", "MQL", "Customer"]),
        (("Lead", "MQL"), ("MQL", "Lead"), ["MQL", "Lead"]),
        ((), ("MQL",), ["MQL"]),
    ],
)  # fmt: skip
def test_stages_of_two_ladders_stand_in_the_order_of_the_ladders(
    mine: tuple[str, ...], theirs: tuple[str, ...], order: list[str]
) -> None:
    one, other = definition("First", *mine), definition("First", *theirs)
    for _, spec in found(one, other, ("Now", "Proposed")):
        assert spec["x"] == order


@pytest.mark.parametrize(
    ("other", "rows"),
    [
        ([("mql", "mql")], ["MQL"]),
        ([("mql", "Hot lead")], ["MQL / Hot lead"]),
        ([("lead", "Mql")], ["MQL"]),
        ([("mql", "Lead"), ("hot", "MQL")], ["Lead", "MQL"]),
    ],
)
def test_a_stage_of_two_definitions_is_one_row_by_title_and_else_by_key(
    other: list[tuple[str, str]], rows: list[str]
) -> None:
    """As who stands elsewhere is counted; a stage with another name under both titles."""
    one, them = definition("First", "MQL"), definition("First", *(title for _, title in other))
    for stage, (key, _) in zip(them["stages"][1:], other, strict=True):
        stage["key"] = key
    _, spec = next(found(one, them, ("Now", "Proposed")))
    assert spec["x"] == rows
    told = [[None, 0.25] for _ in rows[:-1]] + [[0.25, 0.25]]
    now, proposed = (series["data"] for series in spec["series"])
    assert [list(each) for each in zip(now, proposed, strict=True)] == told
    sides = [row.side for row in measured(one, them, ("Now", "Proposed"))]
    assert sides == [*(1 for _ in rows[:-1]), 0, 1]


def test_the_table_tells_each_stage_by_either_definition_with_its_interval() -> None:
    rows = list(measured(definition("First", "MQL"), definition("First", "MQL"), ("Now", "Proposed")))
    assert [(row.key, row.side, row.role) for row in rows] == [("mql", 0, "Now"), ("mql", 1, "Proposed")]
    assert rows[0].cells == (
        ("Precision", "25% (5.0% to 50%)"),
        ("Recall", "25% (5.0% to 50%)"),
        ("Lift", "2.0"),
        ("Days before", "9.5 (3.0 to 1,234.0)"),
    )


def test_the_flow_has_the_stages_in_the_order_of_their_ladders_whoever_moves_most() -> None:
    one, other = definition("Lead", "MQL", "Customer"), definition("Lead", "Prospect", "Customer")
    moves = [
        ("customer", "prospect", 90),
        ("lead", "customer", 40),
        ("lead", "prospect", 7),
        ("mql", "lead", 1),
    ]
    spec = flow(one, other, moves)
    assert spec["x"] == ["Lead", "MQL", "Customer", "Lead", "Prospect", "Customer"]
    assert spec["stages"] == [[0, 3], [1, 3], [2, 3], [0, 3], [1, 3], [2, 3]]
    assert spec["links"] == [[2, 4, 90], [0, 5, 40], [0, 4, 7], [1, 3, 1]]

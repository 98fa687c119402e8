"""The forty golden cases: what the contract says comes out of generated playbooks and histories."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.instant import format_instant, parse_instant
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import Touch, parse_touch

SHARED = Path(os.environ.get("RIPELINE_SHARED") or Path(__file__).parents[3] / "shared")
CASES = sorted(path for path in (SHARED / "golden").glob("[0-9]*") if path.is_dir())

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(
        not CASES, reason=f"the golden cases are not at {SHARED / 'golden'}; set RIPELINE_SHARED"
    ),
]


@pytest.mark.parametrize("case", CASES or [SHARED], ids=lambda case: case.name)
def test_the_fold_gives_what_the_golden_case_expects(case: Path) -> None:
    playbook = load_playbook((case / "playbook.yaml").read_text())
    as_of = parse_instant((case / "as_of").read_text().strip())
    people: dict[str, list[Touch]] = {}
    for record in _lines(case / "touches.jsonl"):
        touch = parse_touch(record)
        people.setdefault(touch.person, []).append(touch)
    results = {person: fold(playbook, touches, as_of) for person, touches in sorted(people.items())}
    transitions = [it for person in results for it in _transitions(results[person])]
    standings = [_standing(result) for result in results.values()]
    _compare(transitions, _lines(case / "transitions.jsonl"))
    _compare(standings, _lines(case / "standings.jsonl"))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _transitions(result: Fold) -> list[dict[str, Any]]:
    return [
        {
            "person": it.person,
            "at": format_instant(it.at),
            "from": it.from_stage,
            "to": it.to_stage,
            "cause": it.cause,
            "rule": it.rule,
            "score": it.score,
            "grade": it.grade,
        }
        for it in result.transitions
    ]


def _standing(result: Fold) -> dict[str, Any]:
    standing = result.standing
    assert standing is not None
    heard = standing.last_inbound_at
    names = ("person", "stage", "score", "grade", "persona", "rating", "status")
    return {name: getattr(standing, name) for name in names} | {
        "entered_at": format_instant(standing.entered_at),
        "last_inbound_at": None if heard is None else format_instant(heard),
    }


def _compare(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    without = [{name: value for name, value in it.items() if name != "score"} for it in found]
    assert without == [{name: value for name, value in it.items() if name != "score"} for it in expected]
    assert [it["score"] for it in found] == pytest.approx([it["score"] for it in expected], abs=1e-6)

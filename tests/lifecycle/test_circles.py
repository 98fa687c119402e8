"""Ways down by time after which the way up still holds: doubted where that can be told, and only there."""

from __future__ import annotations

import pytest

from ripeline.lifecycle.playbook import find_doubts

pytestmark = pytest.mark.pure

TEXT = """key: circle
title: Circle
stages:
  - {key: low}
  - {key: middle, enter: {signal: form_submitted, within: 7d}}
  - key: high
    enter: ENTER
    exit:
      - {when: WHEN, to: low}
"""


@pytest.mark.parametrize(
    ("enter", "when", "is_doubted"),
    [
        ("{signal: page_viewed}", "{in_stage: 1d}", True),
        ("{signal: page_viewed, count: 3}", "{idle: 90d}", True),
        ("{all: [{signal: page_viewed}, {signal: form_submitted}]}", "{in_stage: 1d}", True),
        ("{all: []}", "{in_stage: 1d}", True),
        # Time alone ends these, so the way up need not hold any more.
        ("{signal: page_viewed, within: 7d}", "{in_stage: 1d}", False),
        ("{all: [{signal: page_viewed}, {score: {gte: 5}}]}", "{in_stage: 1d}", False),
        # Something has changed where these hold.
        ("{signal: page_viewed}", "{signal: complained}", False),
        ("{signal: page_viewed}", "{all: [{in_stage: 1d}, {score: {lt: 5}}]}", False),
        # From below it is not entered.
        ("{signal: page_viewed}\n    from: [middle]", "{in_stage: 1d}", False),
    ],
)
def test_an_exit_by_time_is_doubted_where_the_way_up_still_holds(
    enter: str, when: str, is_doubted: bool
) -> None:
    doubts = find_doubts(TEXT.replace("ENTER", enter).replace("WHEN", when))
    assert [it.path for it in doubts] == (["stages[2].exit[0]"] if is_doubted else [])
    if is_doubted:
        assert doubts[0].line == 9
        assert "leaves 'high' this way may enter it again at once" in doubts[0].message

"""Two definitions on one history: figures counted by hand (the example of docs/guide/replay.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ripeline.cli import main
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import Touch, parse_touch
from ripeline.replay.bulk import compile_program, replay_history
from ripeline.replay.compare import (
    added,
    first_entries,
    flow_of,
    found_of,
    median_days,
    share,
    side_of,
    stages_of,
)
from ripeline.replay.comparing import Comparison, compare_parts
from ripeline.replay.history import from_touches
from ripeline.replay.kernel_state import NEVER
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.over_parts import Asked
from ripeline.replay.parts.updating import write_parts
from ripeline.replay.wanted import ReplayCancelled
from tests.lifecycle.strategies import to_playbook
from tests.replay.alike import crowds, odd_playbook_maps
from tests.replay.files import Record, record, write_jsonl

pytestmark = pytest.mark.pure

FORMS = """
key: marketing
title: Marketing's
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {signal: form_submitted}}
  - {key: customer, title: Customer, enter: {signal: deal_won}}
"""
LETTERS = (
    FORMS.replace("form_submitted", "subscribed").replace("marketing", "sales").replace("Marketing", "Sales")
)


def days(person: str, *kinds: tuple[int, str]) -> list[Record]:
    """What a person did on which days of January."""
    return [
        record(f"{person}{n}", person, f"2026-01-{day:02}T12:00:00Z", kind)
        for n, (day, kind) in enumerate(kinds)
    ]


RECORDS = [
    *days("ana", (1, "page_viewed"), (3, "form_submitted"), (10, "deal_won")),
    *days("ben", (1, "page_viewed"), (5, "form_submitted")),
    *days("cho", (1, "page_viewed"), (2, "deal_won"), (4, "form_submitted")),
    *days("dan", (1, "form_submitted"), (1, "subscribed")),
    *days("eva", (1, "page_viewed")),
    *days("fay", (1, "page_viewed"), (2, "subscribed"), (4, "deal_won")),
]


def compared(
    folder: Path, records: Sequence[Record] = RECORDS, *, buckets: int = 1, **more: Any
) -> Comparison:
    """Marketing's and sales' definition over people spread over so many buckets."""
    touches = [parse_touch(it) for it in records]
    people = sorted({it.person for it in touches})
    histories = [
        from_touches([it for it in touches if people.index(it.person) % buckets == number])
        for number in range(buckets)
    ]
    parts = write_parts(str(folder / "parts"), histories, now=1)
    options: dict[str, Any] = {"outcome": "deal_won", **more}
    programs = [compile_program(load_playbook(options.pop(name, text))) for name, text in _BOTH]
    return compare_parts(*programs, parts, Asked(max(it.at for it in touches)), **options)


_BOTH = (("one", FORMS), ("other", LETTERS))


def test_people_are_counted_by_stage(tmp_path: Path) -> None:
    found = compared(tmp_path)
    assert found.people == 6
    assert [(it.stage, it.stands, it.reached, it.at_least) for it in found.one.stages] == [
        ("suspect", 1, 6, 6),
        ("lead", 2, 3, 5),  # ana, ben and dan stood there; cho and fay passed it over
        ("customer", 3, 3, 3),
    ]
    assert [it.conversion for it in found.one.stages] == [None, 5 / 6, 3 / 5]
    assert [(it.stands, it.reached) for it in found.other.stages] == [(2, 6), (1, 2), (3, 3)]


def test_days_are_medians_over_those_who_came_there(tmp_path: Path) -> None:
    _, lead, customer = compared(tmp_path).one.stages
    assert (lead.since_first.count, lead.since_first.days) == (3, 2.0)  # ana 2, ben 4, dan 0
    assert lead.stayed_before.days == 2.0
    assert customer.since_first.days == 3.0  # ana 9, cho 1, fay 3
    assert customer.stayed_before.days == 3.0  # ana 7 as a lead, cho 1 and fay 3 as suspects


def test_only_what_was_entered_before_the_outcome_counts_as_found(tmp_path: Path) -> None:
    suspect, lead, customer = compared(tmp_path).one.found
    assert (lead.precision.count, lead.precision.of) == (1, 3)  # ana of ana, ben and dan
    assert (lead.recall.count, lead.recall.of) == (1, 3)  # ana of ana, cho and fay
    assert lead.lift == pytest.approx((1 / 3) / (3 / 6))
    assert (lead.lead.count, lead.lead.days) == (1, 7.0)
    assert (customer.precision.of, customer.recall.count) == (0, 0), "the deal itself makes the customer"
    assert (suspect.precision.value, suspect.recall.value, suspect.lift) == (0.5, 1.0, 1.0)


def test_the_other_definition_is_judged_by_the_same_measure(tmp_path: Path) -> None:
    lead = compared(tmp_path).other.found[1]
    assert (lead.precision.count, lead.precision.of) == (1, 2)  # fay of dan and fay
    assert (lead.recall.value, lead.lift, lead.lead.days) == (1 / 3, 1.0, 2.0)


def test_people_flow_from_stage_to_stage_and_those_who_differ_are_named(tmp_path: Path) -> None:
    found = compared(tmp_path)
    assert found.flow == ((1, 0, 0), (1, 1, 0), (0, 0, 3))
    assert [(it.person, it.one, it.other) for it in found.listed] == [("ben", "lead", "suspect")]
    assert found.differ == 1


def test_buckets_and_threads_add_up_to_the_same(tmp_path: Path) -> None:
    whole = compared(tmp_path / "1")
    assert compared(tmp_path / "4", buckets=4) == whole
    with ThreadPoolExecutor(2) as threads:
        told: list[tuple[int, int]] = []
        assert (
            compared(tmp_path / "3", buckets=3, executor=threads, progress=lambda *it: told.append(it))
            == whole
        )
    assert told[-1] == (len(RECORDS), len(RECORDS))


def test_the_list_of_those_who_differ_may_be_short_but_the_count_is_whole(tmp_path: Path) -> None:
    more = [each for name in ("gus", "hal", "ida") for each in days(name, (1, "subscribed"))]
    found = compared(tmp_path, [*RECORDS, *more], buckets=2, listed=2)
    assert found.differ == 4
    assert [it.person for it in found.listed] == ["ben", "gus"]


def test_a_comparison_nobody_wants_any_more_stops(tmp_path: Path) -> None:
    with pytest.raises(ReplayCancelled):
        compared(tmp_path, cancelled=lambda: True)
    with ThreadPoolExecutor(1) as threads, pytest.raises(ReplayCancelled):
        compared(tmp_path, buckets=4, executor=threads, cancelled=lambda: True)


def test_an_outcome_is_what_each_definition_calls_so(tmp_path: Path) -> None:
    own = "signals: {good: {kind: purchased, value: {gte: 100}}}\nactors: [human]\n"
    bought = {"at": "2026-01-09T12:00:00Z", "kind": "purchased"}
    records = [
        *RECORDS,
        {**bought, "id": "b1", "person": "ben", "value": 500, "actor": "human"},
        {**bought, "id": "e1", "person": "eva", "value": 50, "actor": "human"},
        {**bought, "id": "d1", "person": "dan", "value": 500, "actor": "machine"},
    ]
    wide = FORMS + "signals: {good: {kind: purchased}}\nactors: [human, machine]\n"
    found = compared(tmp_path, records, one=wide, other=LETTERS + own, outcome="good")
    assert (found.one.outcomes, found.other.outcomes) == (3, 1)
    with pytest.raises(ReplayMistake, match="the playbook 'marketing' has no signal 'good'"):
        compared(tmp_path / "again", outcome="good")


def test_somebody_taken_out_of_the_game_still_has_an_outcome(tmp_path: Path) -> None:
    gone = days("gus", (1, "form_submitted"), (2, "disqualified"), (5, "deal_won"))
    lead = compared(tmp_path, [*RECORDS, *gone]).one.found[1]
    assert (lead.recall.count, lead.recall.of) == (2, 4)


def test_what_was_heard_of_later_does_not_count(tmp_path: Path) -> None:
    touches = [parse_touch(it) for it in RECORDS]
    end = max(it.at for it in touches)
    late = [it.at + (40 * DAY if it.kind == "form_submitted" else 0) for it in touches]
    parts = write_parts(str(tmp_path / "parts"), [from_touches(touches, late)], now=1)
    one, other = (compile_program(load_playbook(text)) for text in (FORMS, LETTERS))
    found = compare_parts(one, other, parts, Asked(end, received_by=end), outcome="deal_won")
    assert [it.reached for it in found.one.stages] == [6, 0, 3]
    assert found.one.found[1].precision.of == 0


def test_shares_have_wilsons_interval() -> None:
    third = share(1, 3)
    assert (third.low, third.high) == (pytest.approx(0.0615, abs=1e-4), pytest.approx(0.7923, abs=1e-4))
    none = share(0, 10)
    assert (none.value, none.low, none.high) == (0.0, 0.0, pytest.approx(0.2775, abs=1e-4))
    assert share(0, 0).low is None


def test_a_median_has_the_interval_of_its_order_statistics() -> None:
    middle = median_days(np.arange(1, 101) * DAY)
    assert (middle.count, middle.days, middle.low, middle.high) == (100, 50.5, 40.0, 61.0)
    assert median_days(np.array([3 * DAY])).low is None
    assert median_days(np.array([], np.int64)).days is None


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(odd_playbook_maps(), odd_playbook_maps(), crowds(6), st.integers(1, 3))
def test_the_parts_of_any_comparison_add_up(
    one: dict[str, Any], other: dict[str, Any], touches: list[Touch], buckets: int
) -> None:
    end = max(it.at for it in touches)
    sides, flows = [], []
    programs = [compile_program(to_playbook(plain)) for plain in (one, other)]
    for number in range(buckets):
        history = from_touches([it for it in touches if int(it.person[1:]) % buckets == number])
        mine, theirs = (replay_history(program, history, end) for program in programs)
        entered, before = first_entries(mine)
        assert ((before <= entered) | (before == NEVER)).all(), "nobody comes from later"
        happened = np.where(np.arange(len(history.people)) % 2 == 0, end, NEVER)
        sides.append(side_of(mine, happened))
        flows.append(flow_of(mine, theirs))
    whole = added(sides)
    funnel = stages_of(whole, programs[0].names)
    assert sum(it.stands for it in funnel) == whole.people == sum(int(flow.sum()) for flow in flows)
    assert np.array_equal(sum(flow.sum(axis=1) for flow in flows), whole.stands)
    assert [it.at_least for it in funnel] == sorted((it.at_least for it in funnel), reverse=True)
    for stage, told in zip(funnel, found_of(whole, programs[0].names), strict=True):
        assert stage.stands <= stage.reached <= stage.at_least
        assert told.precision.of <= stage.reached
        assert told.recall.of == whole.outcomes


def test_the_command_prints_both_funnels_and_who_differs(tmp_path: Path) -> None:
    result = ripeline_compare(tmp_path)
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "Lead 2 3 83.3 % 2.0 2.0" in lines
    assert "Against deal_won: 3 of 6 people" in lines
    assert any(line.startswith("Lead 33.3 % (6.1 to 79.2) 33.3 %") for line in lines)
    assert "1 of 6 people stand elsewhere under the other definition" in lines
    assert "ben: Lead / Suspect" in lines


def test_the_command_gives_the_same_as_json(tmp_path: Path) -> None:
    found = json.loads(ripeline_compare(tmp_path, "--json").stdout)
    assert (found["people"], found["differ"], found["outcome"]) == (6, 1, "deal_won")
    assert found["differing"] == [{"person": "ben", "playbook": "lead", "with": "suspect"}]
    lead = found["playbook"]["stages"][1]
    assert (lead["stage"], lead["reached"], lead["precision"]["count"], lead["lead"]["days"]) == (
        "lead",
        3,
        1,
        7.0,
    )
    assert {"from": "lead", "to": "suspect", "people": 1} in found["flow"]


def test_stages_of_one_key_that_are_not_the_same_are_told_apart_by_their_titles(tmp_path: Path) -> None:
    other = LETTERS.replace("subscribed", "form_submitted").replace("title: Lead", "title: MQL")
    other += "  - {key: ready, title: Lead, enter: {signal: meeting_held}}\n"
    (tmp_path / "mql.yaml").write_text(other)
    lines = ripeline_compare(tmp_path, "--with", str(tmp_path / "mql.yaml")).stdout.splitlines()
    assert "  ben: Lead / MQL" in lines


def test_a_stage_that_everybody_went_past_has_no_share_of_those_below(tmp_path: Path) -> None:
    between = "  - {key: between, title: Between, enter: {signal: chat_held}}\n"
    at = LETTERS.index("  - {key: lead")
    (tmp_path / "more.yaml").write_text(LETTERS[:at] + between + LETTERS[at:])
    told = ripeline_compare(tmp_path, "--with", str(tmp_path / "more.yaml")).stdout
    assert "Between 0 0 - (passed over) - -" in [" ".join(line.split()) for line in told.splitlines()]


def test_the_command_refuses_an_outcome_nobody_defined(tmp_path: Path) -> None:
    result = ripeline_compare(tmp_path, "--outcome", "bliss")
    assert result.exit_code == 2
    assert "has no signal 'bliss': " in result.stderr
    assert "the name of each kind, such as deal_won, is one too" in result.stderr
    assert result.stdout == ""


def test_the_command_says_of_an_empty_history_that_there_is_nothing_to_compare(tmp_path: Path) -> None:
    for more in ((), ("--json",)):
        result = ripeline_compare(tmp_path, *more, records=[])
        assert (result.exit_code, result.stdout) == (2, "")
        assert "there is no touch in it, so there is nothing to compare" in result.stderr


def ripeline_compare(folder: Path, *more: str, records: Sequence[Record] = RECORDS) -> Result:
    """The command on the example."""
    for name, text in _BOTH:
        (folder / f"{name}.yaml").write_text(text)
    touches = write_jsonl(folder / "touches.jsonl", records)
    given = ["--playbook", folder / "one.yaml", "--with", folder / "other.yaml", "--touches", touches]
    return CliRunner().invoke(main, ["compare", *map(str, given), *more])

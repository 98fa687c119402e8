"""Mistakes in the words of the forms, with the control that mends each."""

from __future__ import annotations

from typing import Any

import pytest

from ripeline.playbooks.drafts.checking import check_text
from ripeline.playbooks.forms.pages import make_sheet
from ripeline.playbooks.forms.telling import Place, find_place, say_mistake

pytestmark = pytest.mark.pure

TEXT = """\
key: small
title: Small
signals:
  tour: {kind: met_at_event}
score:
  half_life: 30d
  points:
    - {signal: tour, add: 5, limit: {times: 2, per: 30d}}
rating:
  - {key: hot, title: Hot, when: {score: {gte: 30}}}
stages:
  - {key: suspect, title: Suspect}
  - key: mql
    title: MQL
    enter: {all: [{score: {gte: 30}}, {signal: tour, count: 2, within: 60d}]}
    exit:
      - {when: {idle: 60d}, to: suspect, reason: went quiet}
recycle_to: suspect
"""


def told(before: str, after: str) -> tuple[Place | None, str]:
    """Where the forms show the one mistake that a change makes, and what they say of it."""
    assert before in TEXT
    checked = check_text(TEXT.replace(before, after))
    (mistake,) = checked.mistakes
    return find_place(checked.plain, mistake), say_mistake(mistake)


@pytest.mark.parametrize(
    ("before", "after", "place", "said"),
    [
        (
            "enter: {all: [{score: {gte: 30}}", "enter: {all: [{score: {gte: sixty}}",
            Place("stages", 1, "stages/1/enter/all/0/score:value", "MQL, comes in when “if score is at least sixty”"),
            "'sixty' is not a number",
        ),
        (
            "within: 60d", "within: 60 moons",
            Place("stages", 1, "stages/1/enter/all/1/within",
                  "MQL, comes in when “if tour at least 2 × in the last 60 moons”"),
            "'60 moons' is not a duration; write a number and a unit: 45 seconds, 90 minutes, 12 hours, 30 days "
            "or 2 weeks",
        ),
        (
            "idle: 60d", 'idle: ""',
            Place("stages", 1, "stages/1/exit/0/when/idle",
                  "MQL, falls back when, way down 1 “if nothing heard for …”"),
            "write a number and a unit: 45 seconds, 90 minutes, 12 hours, 30 days or 2 weeks",
        ),
        (
            "half_life: 30d", "half_life: 36h",
            Place("score", None, "score/half_life", "Score, points fade by half in"),
            "'36 hours' is not whole days; scores fade overnight: write 30 days, 2 weeks or none",
        ),
        (
            "add: 5", "add: many",
            Place("score", None, "score/points/0/add", "Score, points “tour adds many at most 2 times in 30 days”"),
            "'many' is not a number",
        ),
        (
            "when: {score: {gte: 30}}}", "when: {score: {gte: high}}}",
            Place("rating", None, "rating/0/when/score:value", "Rating, Hot “if score is at least high”"),
            "'high' is not a number",
        ),
        (
            "recycle_to: suspect", "recycle_to: nowhere",
            Place("stages", None, "recycle_to", "Stages, whoever sales rejects or recycles goes back to"),
            "unknown stage 'nowhere'; known are suspect, mql",
        ),
        (
            "kind: met_at_event", "kind: [3]",
            Place("signals", 0, "signals/tour/kind", "Tour, kinds of touch"),
            "3 is not a text; write some words, in quotes where YAML needs them",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_found_by_the_words_round_its_field(
    before: str, after: str, place: Place, said: str
) -> None:
    assert told(before, after) == (place, said)


@pytest.mark.parametrize(("before", "after"), [("title: Small", "colour: red"), ("key: small\n", "")])
def test_what_no_form_shows_is_left_to_the_text(before: str, after: str) -> None:
    assert told(before, after)[0] is None


def test_what_is_no_yaml_is_left_to_the_text() -> None:
    checked = check_text("key: [")
    assert [find_place(checked.plain, it) for it in checked.mistakes] == [None]


def field_of(plain: Any, name: str, item: int) -> Any:
    sheet = make_sheet(plain, (), "stages", item)
    assert sheet is not None
    return next(it for it in sheet.fields() if it.inputs[0].name == name)


def test_a_stage_without_a_title_says_what_it_is_called_then() -> None:
    plain = check_text(TEXT.replace("    title: MQL\n", "")).plain
    field = field_of(plain, "stages/1/title", 1)
    assert field.help == "Without a title it is called by its key, “mql”, everywhere people read of it."
    assert field.inputs[0].hint == "mql"
    assert field_of(check_text(TEXT).plain, "stages/1/title", 1).help == ""


def test_only_the_control_that_is_wrong_is_marked() -> None:
    checked = check_text(TEXT.replace("[{score: {gte: 30}}", "[{score: {gte: sixty}}"))
    sheet = make_sheet(checked.plain, checked.mistakes, "stages", 1)
    assert sheet is not None
    assert sheet.first_wrong == "stages/1/enter/all/0/score:value"
    assert [it.wrong for it in sheet.fields() if it.wrong] == [("stages/1/enter/all/0/score:value",)]

"""A playbook in words: each rule said, and said to stand on the line where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ripeline.lifecycle.playbook import load_playbook
from ripeline.playbooks.lines import find_lines
from ripeline.playbooks.reading import Reading, Rule, read_aloud

pytestmark = pytest.mark.pure

SHIPPED = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yaml"))

TEXT = """\
key: plain
title: Plain
signals:
  pricing: {kind: page_viewed, subject: ["/pricing*", "/plans"]}
  big: {kind: purchased, value: {gte: 250}}
  ads: {kind: page_viewed, attrs: {utm_medium: {in: [cpc, ppc]}}, actors: [human]}
score:
  half_life: 30d
  points:
    - {signal: pricing, add: 10, limit: {times: 3, per: 7d}}
    - {signal: unsubscribed, add: -20, limit: once}
    - {signal: big, add: 5}
fit:
  criteria:
    - {trait: books_published, gte: 1, weight: 3}
    - {trait: role, in: [author, agent]}
answers:
  authority: {valid_for: 180d}
  need: {}
stages:
  - {key: suspect, title: Suspect}
  - key: lead
    title: Lead
    enter:
      any:
        - signal: pricing
        - all:
            - {fit: B}
            - not: {answer: {need: "no"}}
  - key: prospect
    title: Prospect
    from: lead
    enter: {all: [{signal: email_replied, within: 90d}]}
    exit:
      - {when: {idle: 60d}, to: lead, reason: went quiet}
      - {when: {not: {any: [{fit: C}, {signal: big}]}}, to: suspect}
rating:
  - {key: hot, title: Hot, when: {signal: email_replied, within: 14d}}
  - {key: cold, title: Cold}
"""


@pytest.fixture
def reading() -> Reading:
    return read_aloud(load_playbook(TEXT), find_lines(TEXT))


def outline(rule: Rule | None, depth: int = 0) -> Iterator[str]:
    assert rule is not None
    yield f"{'  ' * depth}{rule.line}: {rule.text}"
    for part in rule.parts:
        yield from outline(part, depth + 1)


def test_a_rule_is_a_tree_of_words_with_lines(reading: Reading) -> None:
    assert list(outline(reading.steps[1].enter)) == [
        "24: at least one of these",
        "  26: pricing",
        "  27: all of these",
        "    28: fit B or better",
        "    29: not: need answered no",
    ]


def test_a_group_of_one_is_that_one(reading: Reading) -> None:
    assert list(outline(reading.steps[2].enter)) == ["33: reply in the last 90 days"]
    assert reading.steps[2].sources == "Lead"


def test_the_ways_down_say_where_to_and_why(reading: Reading) -> None:
    first, second = reading.steps[2].exits
    assert (first.to, first.reason, first.line, first.rule.text) == (
        "Lead", "went quiet", 35, "nothing heard for 60 days",
    )  # fmt: skip
    assert (second.to, second.reason) == ("Suspect", "")
    assert list(outline(second.rule)) == [
        "36: not: at least one of these", "  36: fit C or better", "  36: big",
    ]  # fmt: skip


def test_signals_say_what_counts(reading: Reading) -> None:
    assert [(each.name, each.text, each.line) for each in reading.signals] == [
        ("pricing", "page view of /pricing* or /plans", 4),
        ("big", "purchase with a value that is at least 250", 5),
        ("ads", "page view, where utm medium is cpc or ppc, by human actors", 6),
    ]


def test_points_have_their_sign_their_limit_and_a_bar_that_compares(reading: Reading) -> None:
    assert [(each.name, each.added, each.text, each.share) for each in reading.points] == [
        ("pricing", "+10", "at most 3 times in 7 days", 50.0),
        ("unsubscription", "\N{MINUS SIGN}20", "only once", 100.0),
        ("big", "+5", "each time", 25.0),
    ]
    assert reading.half_life == "30 days"


def test_fit_answers_and_ratings_are_said(reading: Reading) -> None:
    assert [(each.name, each.text, each.size, each.share) for each in reading.criteria] == [
        ("books published", "is at least 1", 3.0, 75.0),
        ("role", "is author or agent", 1.0, 25.0),
    ]
    assert reading.grades == (("A", 0.8), ("B", 0.6), ("C", 0.4), ("D", 0.2))
    assert [(each.name, each.text) for each in reading.answers] == [
        ("authority", "counts for 180 days"),
        ("need", "counts for ever"),
    ]
    assert [(each.title, each.rule is None) for each in reading.ratings] == [("Hot", False), ("Cold", True)]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_rule_of_a_shipped_playbook_is_said_on_a_line_of_its_own_stage(file: Path) -> None:
    text = file.read_text()
    reading = read_aloud(load_playbook(text), find_lines(text))
    starts = [step.line for step in reading.steps]
    assert starts == sorted(set(starts))
    for step, end in zip(reading.steps, [*starts[1:], len(text.splitlines())], strict=True):
        rules = [way.rule for way in step.exits] + ([step.enter] if step.enter else [])
        for rule in rules:
            for line in outline(rule):
                assert step.line <= int(line.split(":")[0]) <= end
    assert {each.line for each in reading.signals} >= {1 + number for number, line in enumerate(text.splitlines())
                                                      if line.startswith("  conversion:")}  # fmt: skip

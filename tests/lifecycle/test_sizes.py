"""A playbook holds so much and no more: what is beyond is a mistake with its line, found at once."""

from __future__ import annotations

import pytest

from ripeline.lifecycle.playbook import PlaybookMistakes, load_playbook

pytestmark = pytest.mark.pure

LADDER = "stages:\n  - {key: a}\n  - {key: b, enter: {signal: identified}}\n"


def mistakes_of(text: str) -> list[tuple[int, str, str]]:
    try:
        load_playbook(text)
    except PlaybookMistakes as found:
        return [(it.line, it.path, it.message) for it in found.mistakes]
    return []


def ladder_of(count: int) -> str:
    return "key: k\ntitle: K\nstages:\n" + "".join(f"  - {{key: s{place}}}\n" for place in range(count))


def test_a_hundred_stages_are_a_playbook_and_one_more_is_told_at_its_line() -> None:
    assert mistakes_of(ladder_of(100)) == []
    assert mistakes_of(ladder_of(101)) == [
        (104, "stages[100]", "a playbook has at most 100 stages, and this has 101; leave some out")
    ]


def test_signals_and_point_rules_and_the_other_lists_have_an_end_too() -> None:
    signals = "".join(f"  s{place}: {{kind: quote_sent}}\n" for place in range(501))
    points = "".join(f"    - {{signal: identified, add: {place}}}\n" for place in range(501))
    assert mistakes_of(f"key: k\ntitle: K\nsignals:\n{signals}{LADDER}") == [
        (504, "signals.s500", "a playbook has at most 500 signals, and this has 501; leave some out")
    ]
    assert mistakes_of(f"key: k\ntitle: K\nscore:\n  points:\n{points}{LADDER}") == [
        (505, "score.points[500]", "a playbook has at most 500 point rules, and this has 501; leave some out")
    ]
    for section, name, part in (
        ("personas", "personas", "{{key: p{0}, when: {{signal: identified}}}}"),
        ("rating", "ratings", "{{key: p{0}, when: {{signal: identified}}}}"),
    ):
        listed = "".join(f"  - {part.format(place)}\n" for place in range(101))
        assert mistakes_of(f"key: k\ntitle: K\n{section}:\n{listed}{LADDER}") == [
            (104, f"{section}[100]", f"a playbook has at most 100 {name}, and this has 101; leave some out")
        ]


def test_conditions_and_ways_down_are_counted_over_all_rules() -> None:
    rule = ", ".join("{signal: identified}" for _ in range(300))
    stages = "".join(
        f"  - {{key: s{place}, enter: {{any: [{{not: {{all: [{rule}]}}}}]}}}}\n" for place in range(4)
    )
    assert mistakes_of(f"key: k\ntitle: K\nstages:\n  - {{key: a}}\n{stages}") == [
        (
            8,
            "stages[4].enter.any[0].not.all[100]",
            "a playbook has at most 1,000 conditions, and this has 1,200; leave some out",
        )
    ]
    ways = ", ".join("{when: {idle: 3d}, to: a}" for _ in range(501))
    assert mistakes_of(f"key: k\ntitle: K\nstages:\n  - {{key: a}}\n  - {{key: b, exit: [{ways}]}}\n") == [
        (5, "stages[1].exit[500]", "a playbook has at most 500 ways down, and this has 501; leave some out")
    ]

"""What changed between two versions, in sentences: every kind of part, and no difference without a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings

from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.playbooks.changes.differing import compare_playbooks
from tests.lifecycle.strategies import playbook_maps, to_playbook

pytestmark = pytest.mark.pure

SHIPPED = sorted((Path(__file__).parents[3] / "playbooks").glob("*.yaml"))

TEXT = """\
key: plain
title: Plain
actors: [human, unknown]
signals:
  pricing: {kind: page_viewed, subject: ["/pricing*", "/plans"]}
  talk: {kind: [email_replied, meeting_held]}
  big: {kind: purchased, value: {gte: 250}}
score:
  half_life: 30d
  max: 100
  points:
    - {signal: pricing, add: 5, limit: {times: 3, per: 7d}}
    - {signal: unsubscribed, add: -20}
fit:
  criteria:
    - {trait: role, in: [author, agent], weight: 3}
    - {trait: employees, gte: 50}
  grades: {A: 0.8, B: 0.6, C: 0.4}
personas:
  - {key: writer, title: Writer, when: {trait: {role: author}}}
  - {key: other, title: Anybody}
answers:
  authority: {valid_for: 180d}
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {any: [{signal: identified}, {signal: talk}]}}
  - {key: mql, title: MQL, enter: {all: [{score: {gte: 30}}, {signal: pricing, within: 30d}]}}
  - key: prospect
    title: Prospect
    from: [mql]
    enter:
      all:
        - any:
            - all: [{signal: talk, within: 90d}, {fit: B}]
            - {signal: big}
        - not: {answer: {authority: "no"}}
    exit:
      - {when: {idle: 60d}, to: lead, reason: went quiet}
      - {when: {score: {lt: 10}}, to: mql}
recycle_to: lead
rating:
  - {key: hot, title: Hot, when: {signal: talk, within: 14d}}
  - {key: cold, title: Cold}
"""

CASES = [
    ("title: Plain", "title: Fancy", "The playbook is now called “Fancy” instead of “Plain”"),
    ("key: plain", "key: fancy", "Its key is now fancy instead of plain"),
    ("[human, unknown]", "[human]", "Touches by human actors now count, instead of human and unknown"),
    ("[email_replied, meeting_held]", "[email_replied, meeting_held, call_held]", "A call now counts as talk"),
    ("[email_replied, meeting_held]", "[email_replied]", "A meeting no longer counts as talk"),
    ('["/pricing*", "/plans"]', '["/pricing*", "/plans", "/buy"]', "/buy now counts as pricing"),
    ('["/pricing*", "/plans"]', '["/plans", "/pricing*"]', "Pricing means the same, written otherwise"),
    ("gte: 250", "gte: 300", "Big now means purchase with a value that is at least 300 "
     "(it was: purchase with a value that is at least 250)"),
    ("signals:", "signals:\n  call: {kind: call_held}", "New signal call: call"),
    ("half_life: 30d", "half_life: 14d", "Points now fade by half in 14 days instead of 30 days"),
    ("half_life: 30d", "half_life: none", "Points do not fade any more"),
    ("  max: 100\n", "", "The score shown has no upper end any more"),
    ("max: 100", "max: 80", "The score shown is now at most 80 instead of 100"),
    ("add: 5,", "add: 10,", "Pricing now gives 10 points instead of 5, at most 3 times in 7 days"),
    ("add: 5, limit: {times: 3, per: 7d}", "add: 10",
     "Pricing now gives 10 points instead of 5, and that each time instead of at most 3 times in 7 days"),
    ("times: 3", "times: 1", "Pricing now gives its 5 points once in 7 days instead of at most 3 times in 7 days"),
    ("add: -20", "add: -30", "Unsubscription now takes 30 points instead of 20"),
    ("add: -20", "add: 20", "Unsubscription now gives 20 points instead of taking 20"),
    ("signal: unsubscribed, add: -20", "signal: talk, add: 1",
     "Unsubscription gives no points any more (it took 20 points, each time)|Talk now gives 1 point, each time"),
    ("weight: 3", "weight: 2", "Role now weighs 2 instead of 3"),
    ("gte: 50", "gte: 100", "Employees now matches when it is at least 100 (it was: is at least 50)"),
    ("    - {trait: employees, gte: 50}\n", "", "Employees is no criterion any more (it weighed 1)"),
    ("A: 0.8", "A: 0.9", "Grade A now asks for 90% of the weight instead of 80%"),
    (", C: 0.4", "", "There is no grade C any more"),
    ("{role: author}", "{role: agent}", "Writer now asks for role is agent instead of role is author"),
    ("  - {key: other, title: Anybody}\n", "", "There is no persona Anybody any more"),
    ("valid_for: 180d", "valid_for: 90d", "An answer about authority now counts for 90 days instead of for 180 days"),
    ("authority: {valid_for: 180d}", "authority: {}",
     "An answer about authority now counts for ever instead of for 180 days"),
    ("score: {gte: 30}", "score: {gte: 40}", "MQL now needs 40 points instead of 30"),
    ("score: {gte: 30}", "score: {gte: 30.04}", "MQL now needs 30.04 points instead of 30"),
    ("{score: {gte: 30}}, ", "", "MQL no longer asks for score at least 30"),
    ("{score: {gte: 30}}, ", "{score: {gte: 30}}, {fit: C}, ", "MQL now also asks for fit C or better"),
    ("{score: {gte: 30}}, {signal: pricing, within: 30d}", "{signal: pricing, within: 30d}, {score: {gte: 30}}",
     "MQL asks for the same, written in another order"),
    ("pricing, within: 30d", "pricing, within: 30d, count: 2",
     "MQL now needs pricing twice in the last 30 days instead of once"),
    ("pricing, within: 30d", "pricing", "MQL now looks for pricing at any time instead of in the last 30 days"),
    ("[{signal: identified}, {signal: talk}]", "[{signal: identified}]", "Talk will no longer do for Lead"),
    ("{any: [{signal: identified}, {signal: talk}]}", "{signal: identified}", "Talk will no longer do for Lead"),
    ("{signal: talk, within: 90d}", "{signal: talk, within: 30d}",
     "Prospect now looks for talk in the last 30 days instead of in the last 90 days (beside: fit B or better)"),
    ('        - not: {answer: {authority: "no"}}\n', "", "Prospect is no longer held back by authority answered no"),
    ('{authority: "no"}', '{authority: "never"}',
     "Prospect is now held back by authority answered never instead of authority answered no"),
    ("from: [mql]", "from: [mql, lead]", "Prospect is now entered from MQL or Lead instead of MQL"),
    ("    from: [mql]\n", "", "Prospect can now be entered from any stage below it"),
    ("idle: 60d", "idle: 90d", "Falling from Prospect to Lead now asks for 90 days of silence instead of 60 days"),
    ("went quiet", "silent", "Falling from Prospect to Lead is now told as “silent” instead of “went quiet”"),
    ("      - {when: {score: {lt: 10}}, to: mql}\n", "", "Prospect no longer falls back to MQL when score below 10"),
    ("lt: 10", "lt: 20", "Falling from Prospect to MQL now asks for a score below 20 instead of 10"),
    ("title: MQL", "title: Marketing lead", "MQL is now called Marketing lead"),
    ("recycle_to: lead", "recycle_to: suspect",
     "Whoever sales rejects or recycles now goes back to Suspect instead of Lead"),
    ("title: Suspect}\n", "title: Suspect}\n  - {key: fan, title: Fan, enter: {signal: subscribed}}\n",
     "New stage Fan, above Suspect: subscription"),
    ("within: 14d", "within: 7d", "Hot now looks for talk in the last 7 days instead of in the last 14 days"),
    ("key: hot, title: Hot", "key: hot, title: Burning", "Hot is now called Burning"),
    ("  - {key: cold, title: Cold}\n", "", "There is no rating Cold any more"),
]  # fmt: skip


def sentences(old: Playbook, new: Playbook) -> list[str]:
    return [change.text for change in compare_playbooks(old, new)]


@pytest.mark.parametrize(("was", "now", "said"), CASES)
def test_each_kind_of_change_has_its_sentence(was: str, now: str, said: str) -> None:
    assert TEXT.count(was) == 1
    assert sentences(load_playbook(TEXT), load_playbook(TEXT.replace(was, now))) == said.split("|")


def test_a_removed_stage_is_told_with_what_led_to_it() -> None:
    without = TEXT.replace("    from: [mql]\n", "").replace("to: mql}", "to: lead}")
    line = next(line for line in without.splitlines(keepends=True) if "key: mql" in line)
    said = sentences(load_playbook(without), load_playbook(without.replace(line, "")))
    assert said == ["Stage MQL removed"]


def test_changes_come_in_the_order_of_the_page() -> None:
    changed = (
        TEXT.replace("gte: 30", "gte: 40")
        .replace("add: 5,", "add: 6,")
        .replace("title: Plain", "title: Other")
    )
    found = compare_playbooks(load_playbook(TEXT), load_playbook(changed))
    assert [change.part for change in found] == ["Name", "The ladder", "Score"]


def test_true_and_one_are_not_the_same() -> None:
    old = TEXT.replace("{role: author}", "{role: true}")
    new = TEXT.replace("{role: author}", "{role: 1}")
    assert sentences(load_playbook(old), load_playbook(new)) == [
        "Writer now asks for role is 1 instead of role is true"
    ]


def test_comments_and_spaces_are_no_change() -> None:
    spaced = TEXT.replace("signals:", "# what counts\nsignals:").replace("{idle: 60d}", "{ idle:  60d }")
    assert sentences(load_playbook(TEXT), load_playbook(spaced)) == []


@pytest.mark.parametrize("old", SHIPPED, ids=lambda file: file.stem)
@pytest.mark.parametrize("new", SHIPPED, ids=lambda file: file.stem)
def test_the_shipped_playbooks_differ_from_each_other_and_not_from_themselves(old: Path, new: Path) -> None:
    said = sentences(load_playbook(old.read_text()), load_playbook(new.read_text()))
    assert bool(said) == (old != new)
    assert len(set(said)) == len(said)


@given(playbook_maps(), playbook_maps())
@settings(max_examples=200, deadline=None)
def test_two_versions_have_a_sentence_exactly_when_they_differ(one: dict, other: dict) -> None:  # type: ignore[type-arg]
    old, new = to_playbook(one), to_playbook(other)
    assert bool(sentences(old, new)) == (old.version != new.version)
    assert sentences(old, to_playbook(json.loads(json.dumps(one)))) == []


@given(playbook_maps(), playbook_maps())
@settings(max_examples=100, deadline=None)
def test_a_part_that_differs_is_told_of_under_its_own_heading(one: dict, other: dict) -> None:  # type: ignore[type-arg]
    """Section by section: the version of `one` with a single section of `other`, where that is a playbook at all."""
    headings = {"score": "Score", "signals": "Signals"}
    if len(one["stages"]) == len(other["stages"]):
        headings |= {"stages": "The ladder", "recycle_to": "The ladder"}
    for section, heading in headings.items():
        old, new = to_playbook(one), to_playbook({**one, section: other[section]})
        assert {change.part for change in compare_playbooks(old, new)} == (
            set() if old.version == new.version else {heading}
        )


MANY = {
    "points": (
        "score: {points: [",
        ", ".join(f"{{signal: SIGNAL, add: {number}}}" for number in range(1, 501)),
        "]}\nstages: [{key: a, title: A}]",
    ),
    "ways in": (
        "stages: [{key: a, title: A}, {key: b, title: B, enter: {any: [",
        ", ".join(f"{{signal: SIGNAL, count: {number}}}" for number in range(1, 401)),
        "]}}]",
    ),
    "groups of conditions": (
        "stages: [{key: a, title: A}, {key: b, title: B, enter: {any: [",
        ", ".join(
            f"{{all: [{{signal: SIGNAL, count: {number}}}, {{idle: {number}d}}]}}" for number in range(1, 201)
        ),
        "]}}]",
    ),
    "ways down": (
        "stages: [{key: a, title: A}, {key: b, title: B, exit: [",
        ", ".join(f"{{when: {{signal: SIGNAL, count: {number}}}, to: a}}" for number in range(1, 401)),
        "]}]",
    ),
}


@pytest.mark.parametrize("what", MANY)
def test_hundreds_of_rules_that_all_changed_are_told_in_less_than_a_second(what: str) -> None:
    text = "key: k\ntitle: K\n" + "".join(MANY[what])
    old, new = (load_playbook(text.replace("SIGNAL", name)) for name in ("inbound", "identified"))
    begun = perf_counter()
    found = compare_playbooks(old, new)
    assert perf_counter() - begun < 1.0
    assert len(found) >= 400 or what == "groups of conditions"


def test_rules_too_many_to_be_paired_are_told_as_gone_and_new() -> None:
    text = "key: k\ntitle: K\n" + "".join(MANY["ways in"])
    old, new = (
        load_playbook(text.replace("SIGNAL", "inbound")),
        load_playbook(text.replace("SIGNAL", "quote_sent")),
    )
    said = [each.text for each in compare_playbooks(old, new)]
    assert sum("will no longer do" in each for each in said) == 400
    assert sum("will now do as well" in each for each in said) == 400

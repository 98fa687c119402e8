"""A text is changed with the fewest changes to its letters, and always means what was wanted."""

from __future__ import annotations

import copy
import difflib
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ripeline.lifecycle.playbook import load_playbook, read_plain
from ripeline.playbooks.drafts.documents import canonical, rewrite
from tests.lifecycle.strategies import playbook_maps

pytestmark = pytest.mark.pure

SHIPPED = sorted((Path(__file__).parents[3] / "playbooks").glob("*.yaml"))
DEFAULT = (Path(__file__).parents[3] / "playbooks" / "default.yaml").read_text()


def changed_lines(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came."""
    diff = list(difflib.ndiff(old.splitlines(), new.splitlines()))
    return [it[2:] for it in diff if it[0] == "-"], [it[2:] for it in diff if it[0] == "+"]


def comments_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]


def changed(change: Any, text: str = DEFAULT) -> tuple[list[str], list[str]]:
    """What a change of the plain values does to the lines; that it means what was wanted is seen to as well."""
    wanted = copy.deepcopy(read_plain(text))
    change(wanted)
    new = rewrite(text, wanted)
    assert canonical(read_plain(new)) == canonical(wanted)
    assert comments_of(new) == comments_of(text)
    return changed_lines(text, new)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_nothing_changed_leaves_every_letter(file: Path) -> None:
    text = file.read_text()
    assert rewrite(text, read_plain(text)) == text


def test_one_number_changes_one_line_and_keeps_its_comment() -> None:
    def dearer(plain: Any) -> None:
        plain["score"]["points"][9]["add"] = 12

    assert changed(dearer) == (
        ["    - {signal: premium, add: 10, limit: {times: 3, per: 7d}}      # on top of the download"],
        ["    - {signal: premium, add: 12, limit: {times: 3, per: 7d}}      # on top of the download"],
    )


def test_a_number_deep_in_a_rule_changes_its_line_alone() -> None:
    def stricter(plain: Any) -> None:
        plain["stages"][2]["enter"]["all"][0]["any"][0]["all"][0]["score"]["gte"] = 40

    assert changed(stricter) == (
        ["            - all: [{score: {gte: 60}}, {fit: B}, {signal: conversion}]"],
        ["            - all: [{score: {gte: 40}}, {fit: B}, {signal: conversion}]"],
    )


def test_an_item_is_taken_out_and_put_in_with_its_neighbours_untouched() -> None:
    def other_points(plain: Any) -> None:
        plain["score"]["points"].pop(1)
        plain["score"]["points"].append({"signal": "form", "add": 3, "limit": "once"})

    assert changed(other_points) == (
        ["    - {signal: evaluation, add: 2, limit: {times: 3, per: 1d}}"],
        ["    - {signal: form, add: 3, limit: once}"],
    )


def test_a_part_of_a_rule_in_brackets_comes_and_goes() -> None:
    def enter(plain: Any) -> None:
        plain["stages"][1]["enter"]["any"][2:] = []
        plain["stages"][1]["enter"]["any"].insert(0, {"fit": "A"})

    went, came = changed(enter)
    assert [line.strip() for line in came] == [
        "enter: {any: [{fit: A}, {signal: identified}, {signal: conversion}]}"
    ]
    assert len(went) == 1


def test_a_key_comes_where_it_belongs_and_goes() -> None:
    def keys(plain: Any) -> None:
        del plain["score"]["max"]
        plain["stages"][3]["from"] = ["mql"]
        plain["signals"]["call"] = {"kind": "call_held"}

    assert changed(keys) == (
        ["  max: 100"],
        ["  call: {kind: call_held}", "    from: [mql]"],
    )


def test_a_stage_that_moves_takes_its_own_comments_along() -> None:
    plain = read_plain(DEFAULT)
    wanted = {**plain, "stages": [plain["stages"][it] for it in (0, 1, 3, 2, 4)]}
    new = rewrite(DEFAULT, wanted)
    assert canonical(read_plain(new)) == canonical(wanted)
    assert sorted(comments_of(new)) == sorted(comments_of(DEFAULT))
    assert sorted(new.splitlines()) == sorted(DEFAULT.splitlines())
    lines = new.splitlines()
    assert lines[lines.index("  - key: sql") - 1] == "  # worth a salesperson's time."


def test_a_new_stage_that_is_long_is_written_line_by_line() -> None:
    stage = {
        "key": "fan", "title": "Fan",
        "enter": {"all": [{"signal": "two_way", "within": "90d"}, {"score": {"gte": 10}}, {"signal": "subscribed"}]},
        "exit": [{"when": {"idle": "60d"}, "to": "lead", "reason": "went quiet, as people do in the summer"}],
    }  # fmt: skip
    _, came = changed(lambda plain: plain["stages"].insert(2, stage))
    assert came == [
        "  - key: fan",
        "    title: Fan",
        "    enter: {all: [{signal: two_way, within: 90d}, {score: {gte: 10}}, {signal: subscribed}]}",
        "    exit: [{when: {idle: 60d}, to: lead, reason: \"went quiet, as people do in the summer\"}]",
    ]  # fmt: skip


def test_texts_are_quoted_where_they_must_be() -> None:
    text = 'key: a\ntitle: Plain  # the title\nrecycle_to: "x"\n'
    for title in ("yes", "1.5", "a: b", "# no comment", "", " spaced ", "Ünïcode title", "it's \"so\"", "- x", "\x07",
                  "null", "2026-01-01", "0x1f", "1_000", "*a", "tab\there", "two\nlines", "emoji 🙂", "{}",
                  "é\u2028x"):  # fmt: skip
        wanted = {"key": "a", "title": title, "recycle_to": title}
        assert read_plain(rewrite(text, wanted)) == wanted
        assert "# the title" in rewrite(text, wanted)


def test_anchors_and_aliases_come_out_right_at_the_cost_of_form() -> None:
    text = "a: &x {gte: 1}\nb: *x\nc: 1 # kept\n"
    assert read_plain(rewrite(text, {"a": {"gte": 1}, "b": {"gte": 2}, "c": 1})) == {
        "a": {"gte": 1}, "b": {"gte": 2}, "c": 1,
    }  # fmt: skip


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_random_changes_of_shipped_playbooks_keep_every_comment(file: Path) -> None:
    text = file.read_text()
    chance = random.Random(file.stem)
    for _ in range(60):
        wanted = copy.deepcopy(read_plain(text))
        mutate(wanted, chance)
        new = rewrite(text, wanted)
        assert canonical(read_plain(new)) == canonical(wanted)
        assert set(comments_of(new)) == set(comments_of(text))


def mutate(value: Any, chance: random.Random) -> None:
    """One change somewhere: a value, an item or a key that comes or goes, two items in another order."""
    while True:
        key, inner = chance.choice(list(value.items() if isinstance(value, dict) else enumerate(value)))
        what = chance.choice(["set", "add", "remove", "swap"])
        if what == "swap" and isinstance(value, list) and chance.random() < 0.5:
            value.append(value.pop(key))
        elif isinstance(inner, dict | list) and inner and (what != "add" or chance.random() < 0.7):
            value = inner  # comments within go with what they are within, so only leaves go
            continue
        elif what == "remove" and len(value) > 1:
            del value[key]
        elif what == "add" and isinstance(value, dict):
            value["added"] = {"gte": chance.randrange(9)}
        elif what == "add":
            value.insert(key, chance.choice(["text", {"signal": "x", "within": "3d"}, 5]))
        else:
            value[key] = chance.choice([7, "other text", {"score": {"gte": 3}}, [1, "b"], True])
        return


@given(playbook_maps(), playbook_maps())
@settings(max_examples=100, deadline=None)
def test_any_playbook_can_become_any_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    from ripeline.playbooks.drafts.writing import write_block

    for text in (write_block(one, 0) + "\n", rewrite(DEFAULT, one)):
        assert canonical(read_plain(text)) == canonical(one)
        new = rewrite(text, other)
        assert canonical(read_plain(new)) == canonical(other)
        load_playbook(new)


def test_comments_within_a_part_go_with_it_and_those_round_it_stay() -> None:
    text = """\
# above
stages:
  - key: a
  # of b
  - key: b
    # within b
    title: B
  # of c
  - key: c
# below
"""
    wanted = read_plain(text)
    del wanted["stages"][1]
    assert rewrite(text, wanted) == text.replace("  - key: b\n    # within b\n    title: B\n", "")


KEYS = st.text("abc", min_size=1)
plain_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.floats(allow_nan=False, allow_infinity=False),
              st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text("abc", min_size=1), plain_values, min_size=1, max_size=4), plain_values)
@settings(max_examples=200, deadline=None)
def test_whatever_is_wanted_comes_out(one: dict[str, Any], other: Any) -> None:
    from ripeline.playbooks.drafts.writing import write_block

    text = write_block(one, 0) + "\n"
    assert canonical(read_plain(text)) == canonical(read_plain(rewrite(text, read_plain(text))))
    wanted = {"a": other, "b": one}
    assert canonical(read_plain(rewrite(text, wanted))) == canonical(
        read_plain(write_block(wanted, 0) + "\n")
    )

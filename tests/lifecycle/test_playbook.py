import re

import pytest

from ripeline.lifecycle.playbook import PlaybookMistakes, find_doubts, load_playbook
from tests.lifecycle.examples import PLAYBOOK, ladder

pytestmark = pytest.mark.pure
LADDER = "  - {key: low}\n  - {key: high, enter: {signal: identified}}\n"


def mistakes(text: str) -> list[str]:
    with pytest.raises(PlaybookMistakes) as refused:
        load_playbook(text)
    assert str(refused.value) == "\n".join(map(str, refused.value.mistakes))
    return [str(mistake) for mistake in refused.value.mistakes]


def test_the_playbook_of_the_contract_is_read() -> None:
    playbook = load_playbook(PLAYBOOK)
    assert [stage.key for stage in playbook.stages] == ["suspect", "lead", "mql", "prospect", "customer"]
    assert playbook.stage_index("prospect") == 3
    assert playbook.score.half_life == 30
    assert playbook.title == "Two-way communication makes a prospect"
    assert len(playbook.version) == 64


def test_what_is_left_out_has_the_usual_meaning() -> None:
    playbook = load_playbook(ladder(LADDER))
    assert playbook.title == "small"
    assert playbook.actors == ("human", "unknown")
    assert playbook.recycle_to == "low"
    assert playbook.score.half_life is None
    assert playbook.stages[0].title == "low"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("signals:", "# a comment\nsignals:"),
        ("{signal: conversion, add: 20}", "{add: 20.0, limit: each, signal: conversion}"),
        ("half_life: 30d", "half_life: 720h"),
        ("{kind: page_viewed,", "{kind: [page_viewed],"),
        ("recycle_to: lead\n", "recycle_to: 'lead'\n"),
        ("actors: [human, unknown]", ""),
        ("{trait: employees, gte: 50}", "{trait: employees, gte: 50.0, weight: 1}"),
        ("max: 100", "max: 0x64"),
        ("max: 100", "max: 1.0e2"),
    ],
)
def test_the_version_does_not_depend_on_the_spelling(one: str, other: str) -> None:
    assert one in PLAYBOOK
    before, after = load_playbook(PLAYBOOK), load_playbook(PLAYBOOK.replace(one, other))
    assert before.version == after.version
    assert before == after
    assert len({before, after}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gte: 30", "gte: 31"),
        ("actors: [human, unknown]", "actors: [unknown, human]"),
        ('{authority: "yes"}', "{authority: true}"),
        ("title: Lead", "title: Leads"),
    ],
)
def test_the_version_depends_on_meaning_and_on_the_order_of_lists(one: str, other: str) -> None:
    assert one in PLAYBOOK
    assert load_playbook(PLAYBOOK).version != load_playbook(PLAYBOOK.replace(one, other)).version


def test_yes_and_no_are_texts_and_an_anchored_true_is_a_boolean() -> None:
    text = ladder(
        "  - {key: a}\n  - {key: b, enter: {all: [{answer: {need: yes}}, {trait: {vip: &on true, eu: *on}}]}}\n"
    )
    condition = load_playbook(text).stages[1].enter
    assert condition is not None
    assert condition.model_dump(exclude_none=True, by_alias=True) == {
        "all": ({"answer": {"need": "yes"}}, {"trait": {"vip": {"in": (True,)}, "eu": {"in": (True,)}}})
    }


FULL_OF_MISTAKES = """\
key: a b
titel: x
actors: [human, robot]
signals:
  reply: {kind: [], subjct: x}
  nothing: {}
  odd: {kind: purchased, value: {gte: x, foo: 1}, attrs: {a: {in: []}, b: {}}}
score:
  half_life: 12h
  points:
    - {signal: replyy, add: ten, limit: {times: 0, per: 7x, pre: 1}}
    - {signal: reply, add: 1, limit: onc}
    - 5
fit:
  criteria: [{trait: x}, {trait: y, gte: 3, wieght: 2}]
  grades: {A: 0.5, B: 0.6, E: 1}
personas: [{key: p, when: {score: {gte: 3}}}]
stages:
  - {key: lead, enter: {signal: reply}}
  - key: mql
    from: [lead, sql]
    enter: {all: [{scor: {gte: 30}}, {signal: identifed}, {signal: reply, cuont: 3}, {score: {gt: 3}}, {fit: E}]}
    exit: [{when: {idle: 60d, in_stage: 3d}, to: sql, reason: 5}, {to: nowhere}]
  - {key: lead, from: mql}
recycle_to: leed
rating: 5
2: 3
"""
EACH_MISTAKE = [
    "line 1: key: 'a b' is not a key; use letters, digits, _ and - only",
    "line 2: titel: unknown key 'titel'; did you mean 'title'?",
    "line 3: actors[1]: 'robot' is not allowed; known are human, machine, unknown",
    "line 5: signals.reply.kind: the list is empty; name at least one",
    "line 5: signals.reply.subjct: unknown key 'subjct'; did you mean 'subject'?",
    "line 6: signals.nothing: the signal tests nothing; give it a kind, for example {kind: form_submitted}",
    "line 7: signals.odd.attrs.a.in: the list is empty; name at least one",
    "line 7: signals.odd.attrs.b: the test is empty; "
    "write a value, {in: [..]}, {gte: x}, {not: v} or {exists: true}",
    "line 7: signals.odd.value.foo: unknown key 'foo'; known are in, gte, gt, lte, lt, not, exists, glob",
    "line 7: signals.odd.value.gte: 'x' is not a number",
    "line 9: score.half_life: '12h' is not whole days; scores fade overnight: write 30d, 2w or none",
    "line 11: score.points[0].add: 'ten' is not a number",
    "line 11: score.points[0].limit.per: '7x' is not a duration; "
    "write a number and a unit: 45s, 90m, 12h, 30d or 2w",
    "line 11: score.points[0].limit.pre: unknown key 'pre'; did you mean 'per'?",
    "line 11: score.points[0].limit.times: 0 is not a count; write a whole number from 1",
    "line 11: score.points[0].signal: unknown signal 'replyy'; did you mean 'reply'?",
    "line 12: score.points[1].limit: 'onc' is not allowed; did you mean 'once'?",
    "line 13: score.points[2]: this must be a mapping, such as {key: value}",
    "line 15: fit.criteria[0]: the criterion tests nothing; add in: [..], gte: x or another test",
    "line 15: fit.criteria[1].wieght: unknown key 'wieght'; did you mean 'weight'?",
    "line 16: fit.grades.E: 'E' is not allowed; known are A, B, C, D",
    "line 17: personas[0].when: a persona is told by traits and signals only, not by 'score'",
    "line 19: stages[0].enter: everybody starts in the first stage; remove its enter or put a stage before it",
    "line 21: stages[1].from[1]: unknown stage 'sql'; did you mean 'mql'?",
    "line 22: stages[1].enter.all[0]: unknown condition 'scor'; did you mean 'score'?",
    "line 22: stages[1].enter.all[1].signal: unknown signal 'identifed'; did you mean 'identified'?",
    "line 22: stages[1].enter.all[2].cuont: unknown key 'cuont'; did you mean 'count'?",
    "line 22: stages[1].enter.all[3].score.gt: unknown key 'gt'; did you mean 'gte'?",
    "line 22: stages[1].enter.all[4].fit: 'E' is not allowed; known are A, B, C, D, F",
    "line 23: stages[1].exit[0].reason: 5 is not a text; write some words, in quotes where YAML needs them",
    "line 23: stages[1].exit[0].to: unknown stage 'sql'; did you mean 'mql'?",
    "line 23: stages[1].exit[0].when: idle and in_stage cannot stand together; "
    "put them in {all: [..]} or {any: [..]}",
    "line 23: stages[1].exit[1]: 'when' is missing",
    "line 23: stages[1].exit[1].to: unknown stage 'nowhere'; known are lead, mql",
    "line 24: stages[2].from: a stage is entered from below, and 'mql' is not below it; nothing is below it",
    "line 24: stages[2].from: from says where enter may be used; give the stage an enter or remove from",
    "line 24: stages[2].key: the key 'lead' is used twice; give each its own",
    "line 25: recycle_to: unknown stage 'leed'; did you mean 'lead'?",
    "line 26: rating: this must be a list, such as [one, two]",
    "line 27: [2]: a key must be a text; put it in quotes",
]


def test_all_mistakes_are_told_at_once_with_line_path_and_what_would_be_right() -> None:
    assert mistakes(FULL_OF_MISTAKES) == EACH_MISTAKE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"key: {'k' * 81}\ntitle: K\nstages: [{{key: low}}]\n", f"line 1: key: “{20 * 'k'}...” has 81 "),
        (f"key: k\ntitle: {'T' * 201}\nstages: [{{key: low}}]\n", f"line 2: title: “{20 * 'T'}...” has 201 "),
        (f"key: k\nstages:\n- {{key: low}}\n- {{key: {'s' * 300}}}\n", "line 4: stages[1].key: “sss"),
        (f"key: k\nstages: [{{key: low}}]\npersonas:\n- {{key: {'p' * 65}}}\n", "line 4: personas[0].key: “pp"),
        (f"key: k\nstages: [{{key: low}}]\nrating:\n- {{key: {'r' * 65}}}\n", "line 4: rating[0].key: “rr"),
    ],
)  # fmt: skip
def test_a_key_or_title_longer_than_what_is_kept_of_people_is_a_mistake(text: str, told: str) -> None:
    (said,) = mistakes(text)
    assert said.startswith(told)
    assert re.search(r"has at most (64|80|200)$", said)


def test_the_longest_keys_and_titles_are_read() -> None:
    text = f"key: {'k' * 80}\ntitle: {'é' * 200}\nstages: [{{key: {'s' * 64}}}]\n"
    assert len(load_playbook(text).stages[0].key) == 64


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (
            "  - {key: up, exit: [{when: {idle: 1d}, to: up}]}",
            "stages[2].exit[0].to: an exit goes down, and 'up' does not; ",
        ),
        (
            "  - {key: up, enter: {idle: 1d}, from: [up]}",
            "stages[2].from[0]: a stage is entered from below, and 'up' is not",
        ),
        ("  - {key: up, enter: {}}", "stages[2].enter: the condition is empty; write one of all, any, not,"),
        ("  - {key: up, enter: identified}", "stages[2].enter: this must be a condition, such as"),
        (
            "  - {key: up, enter: {not: {idel: 1d}}}",
            "stages[2].enter.not: unknown condition 'idel'; did you mean 'idle'?",
        ),
        (
            "  - {key: up, enter: {score: {}}}",
            "stages[2].enter.score: the score is compared with nothing; write {gte: 30}",
        ),
        (
            "  - {key: up, enter: {score: {gte: .inf}}}",
            "stages[2].enter.score.gte: inf is not a finite number",
        ),
        (
            "  - {key: up, enter: {idle: 3}}",
            "stages[2].enter.idle: 3 is not a duration; write a number and a unit",
        ),
        ("  - {key: up, enter: {idle: 0d}}", "stages[2].enter.idle: '0d' is not a usable duration"),
        (
            "  - {key: up, enter: {idle: 1d, more: 2}}",
            "stages[2].enter.more: unknown key 'more'; known are idle",
        ),
        (
            "  - {key: up, enter: {persona: []}}",
            "stages[2].enter.persona: the list is empty; name at least one",
        ),
        (
            "  - {key: up, enter: {persona: me}}",
            "stages[2].enter.persona[0]: unknown persona 'me'; none is defined",
        ),
        ("  - {key: up, enter: {answer: {}}}", "stages[2].enter.answer: name at least one"),
        (
            "  - {key: up, enter: {answer: {age: 3}}}",
            "stages[2].enter.answer.age: unknown question 'age'; known are need, ",
        ),
        (
            "  - {key: up, enter: {trait: {a: null}}}",
            "stages[2].enter.trait.a: null matches nothing; write {exists: false}",
        ),
        (
            "  - {key: up, enter: {trait: {a: {exists: 1}}}}",
            "stages[2].enter.trait.a.exists: write true or false",
        ),
        (
            "  - {key: up, enter: {trait: {a: {glob: ''}}}}",
            "stages[2].enter.trait.a.glob: '' is not a text; write some words",
        ),
        ("  - {key: up, enter: {trait: {a: 2026-01-01}}}", "stages[2].enter.trait.a: a date is not a number"),
        ("  - {key: up, enter: {signal: [a]}}", "stages[2].enter.signal: a list is not a text"),
        ("  - up", "stages[2]: this must be a mapping, such as {key: value}"),
        ("  - {title: Up}", "stages[2]: 'key' is missing"),
        (
            "rating: [{key: hot, when: {scor: 1}}]",
            "rating[0].when: unknown condition 'scor'; did you mean 'score'?",
        ),
        ("score: {max: 0}", "score.max: 0 must be more than nought"),
        ("score: {half_life: 5}", "score.half_life: 5 is not a duration"),
        ("score: {max: true}", "score.max: True is not a number"),
        (
            "score: {points: [{signal: inbound, add: -1000000001}]}",
            "score.points[0].add: -1000000001.0 is too large; write a number up to 1,000,000,000",
        ),
        (
            "fit: {criteria: [{trait: a, in: [b], weight: 1e300}]}",
            "fit.criteria[0].weight: 1e+300 is too large",
        ),
        ("score: {max: {}}", "score.max: a mapping is not a number"),
        ("score: {points: [{signal: inbound, add: }]}", "score.points[0].add: nothing is not a number"),
        (
            "fit: {criteria: [{trait: a, in: [b]}], grades: {A: 2}}",
            "fit.grades: a grade asks for a share of the weight",
        ),
        (
            "fit: {criteria: [{trait: a, in: [b]}], grades: {}}",
            "fit.grades: no grades; write for example {A: 0.8,",
        ),
        (
            "fit: {criteria: [{trait: a, in: [b]}], grades: {A: 0.5, B: 0.5}}",
            "fit.grades: grades must fall from A to D",
        ),
        ("signals: {'a b': {kind: x}}", "signals.a b: 'a b' is not a key"),
        ("personas: [{key: p}, {key: p}, 3]", "personas[1].key: the key 'p' is used twice"),
        ("answers: {need: 30d}", "answers.need: this must be a mapping"),
        ("actors: []", "actors: the list is empty"),
        ("stages: 3", 'found duplicate key "stages"'),
    ],
)
def test_a_mistake_is_told_with_its_path(change: str, mistake: str) -> None:
    found = mistakes(ladder(LADDER) + change + "\n")
    assert any(mistake in text for text in found), found


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "line 1: a playbook is a mapping; start with key, title and stages"),
        ("- a", "line 1: a playbook is a mapping; start with key, title and stages"),
        ("key: [", "line 1: not readable as YAML: expected the node content, but found '<stream end>'"),
        (
            "key: x\nkey: y",
            'line 2: not readable as YAML: found duplicate key "key" with value "y" (original value: "x")',
        ),
        ("key: x", "line 1: 'stages' is missing"),
        (
            "\x01",
            "line 1: not readable as YAML: unacceptable character #x0001: special characters are not allowed",
        ),
        ("key: x\nstages: []", "line 2: stages: the list is empty; name at least one"),
        ("key: x\nstages: {}", "line 2: stages: this must be a list, such as [one, two]"),
    ],
)
def test_what_is_no_playbook_at_all_is_refused(text: str, mistake: str) -> None:
    assert mistakes(text) == [mistake]


def test_conditions_nested_without_end_are_refused_not_crashed_on() -> None:
    text = "key: x\nstages: [{key: a}, {key: b, enter: " + "{not: " * 3000 + "{idle: 1d}" + "}" * 3000 + "}]"
    assert mistakes(text) == ["line 2: this is nested too deeply; split it up"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("formsubmit", "did you mean 'form_submitted'?"),
        ("downloaded_the_big_white_paper", "near it is 'asset_downloaded'"),
        ("chat_with_somebody_on_the_site", "near it are 'chat_started', 'chat_held'"),
        (
            "zzz",
            "this playbook's own are s0, s1, s2, s3, s4, s5, s6, s7 and 1 more; the kinds of touch, which need no "
            "definition, are listed by `ripeline playbook kinds`",
        ),
    ],
)
def test_an_unknown_signal_is_told_the_near_ones_never_the_whole_list(name: str, said: str) -> None:
    signals = "{" + ", ".join(f"s{number}: {{kind: email_replied}}" for number in range(9)) + "}"
    text = f"key: x\nsignals: {signals}\nstages: [{{key: a}}, {{key: b, enter: {{signal: {name}}}}}]\n"
    with pytest.raises(PlaybookMistakes) as wrong:
        load_playbook(text)
    assert wrong.value.mistakes[0].message == f"unknown signal {name!r}; {said}"


def test_a_playbook_without_signals_is_told_where_the_kinds_are_listed() -> None:
    with pytest.raises(
        PlaybookMistakes, match="unknown signal 'zzz'; the kinds of touch, which need no definition"
    ):
        load_playbook("key: x\nstages: [{key: a}, {key: b, enter: {signal: zzz}}]\n")


def test_a_text_of_more_than_a_hundred_thousand_letters_is_refused_before_it_is_read() -> None:
    """A file as well as a draft: reading takes time, and every page that shows a definition reads it."""
    short = "key: a\nstages: [{key: a, title: A}]\n"
    assert load_playbook(short + "#" * (100_000 - len(short))).key == "a"
    long = "[" + "#" * 100_000
    with pytest.raises(
        PlaybookMistakes, match=r"line 1: A playbook has at most 100,000 letters; this one has 100,001\."
    ):
        load_playbook(long)
    assert find_doubts(long) == ()

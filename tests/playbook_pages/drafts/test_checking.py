"""What is wrong with a text, what is doubtful, and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ripeline.lifecycle.playbook import find_doubts
from ripeline.playbooks.drafts.checking import check_text
from ripeline.replay.commands import playbook_group

pytestmark = pytest.mark.pure

SHIPPED = sorted((Path(__file__).parents[3] / "playbooks").glob("*.yaml"))
DOUBTFUL = """\
key: small
signals:
  reply: {kind: [call_held, email_replyed]}
  own: {kind: warehouse_tour}
  page: {kind: page_view}
stages:
  - {key: suspect}
"""


def test_a_kind_that_looks_misspelt_is_a_doubt_and_one_of_our_own_is_none() -> None:
    assert [(it.line, it.path, it.message) for it in find_doubts(DOUBTFUL)] == [
        (
            3,
            "signals.reply.kind[1]",
            "no touch of the kind 'email_replyed' is known; did you mean 'email_replied'?",
        ),
        (5, "signals.page.kind", "no touch of the kind 'page_view' is known; did you mean 'page_viewed'?"),
    ]
    checked = check_text(DOUBTFUL)
    assert checked.playbook is not None
    assert checked.marked == {3: "doubt", 5: "doubt"}


@pytest.mark.parametrize(
    "text", ["", "- a", "a: [1", "signals: 3", "signals: {a: 1, b: {kind: 7}, c: {kind: [1]}}"]
)
def test_what_is_no_playbook_has_no_doubts(text: str) -> None:
    assert find_doubts(text) == ()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_shipped_playbooks_leave_no_doubt(file: Path) -> None:
    assert check_text(file.read_text()).told == ()


def test_the_command_tells_doubts_and_is_content(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(DOUBTFUL)
    done = CliRunner().invoke(playbook_group, ["check", str(file)])
    assert done.exit_code == 0
    assert "small.yaml:3: signals.reply.kind[1]: no touch of the kind 'email_replyed' is known" in done.stderr
    assert done.stdout.startswith("small.yaml is a playbook: small")


def test_a_version_is_not_written_down() -> None:
    (mistake,) = check_text(f"version: 3\n{DOUBTFUL}").mistakes
    assert str(mistake) == "line 1: version: a playbook is versioned by what it says; remove this line"


def test_a_mistake_beside_a_doubt_is_told_in_the_order_of_lines() -> None:
    checked = check_text(DOUBTFUL.replace("stages:", "stagess: []\nstages:"))
    assert [(it.line, kind, line) for it, line, kind in checked.told] == [
        (3, "doubt", "  reply: {kind: [call_held, email_replyed]}"),
        (5, "doubt", "  page: {kind: page_view}"),
        (6, "mistake", "stagess: []"),
    ]


def test_a_text_that_repeats_itself_without_end_is_refused_at_once() -> None:
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    laughs += "".join(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 12))
    (mistake,) = check_text(laughs).mistakes
    assert mistake.message == "this repeats itself too often; write less of it with *"

"""The page on what the articles would call a prospect holds what the command makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ripeline.demo.articles import BEGIN, END, articles_command, prospect_of, put_between, sections
from ripeline.lifecycle.playbook import load_playbook
from ripeline.playbooks.shipped import shipped_keys, shipped_playbook
from tests.gateway.imports.bringing import CHECKOUT, DATA, needs_data

PAGE = CHECKOUT / "docs" / "guide" / "what-is-a-prospect.md"


def test_the_demos_figures_in_the_page_are_those_the_command_makes() -> None:
    (made,) = sections(None)
    assert made in PAGE.read_text()
    assert "The demo company" in made


@needs_data
def test_the_page_is_what_the_command_writes_from_the_real_data() -> None:
    page = PAGE.read_text()
    assert put_between(page, "\n\n".join(sections(DATA))) == page


def test_every_shipped_definition_has_one_stage_it_calls_a_prospect() -> None:
    for key in shipped_keys():
        playbook = load_playbook(shipped_playbook(key))
        assert [it.key for it in playbook.stages if it.title.startswith("Prospect")] == [
            prospect_of(playbook)
        ]


def test_a_page_without_the_marks_is_refused_and_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks")
    answer = CliRunner().invoke(articles_command, ["--write", str(page)])
    assert answer.exit_code == 2
    assert "the marks are missing" in answer.output
    assert page.read_text() == "no marks"


@pytest.mark.parametrize("page", [BEGIN, END, f"{END}{BEGIN}"])
def test_both_marks_are_needed_in_their_order(page: str) -> None:
    with pytest.raises(ValueError, match="marks are missing"):
        put_between(page, "text")

"""What holds for every shipped playbook."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest

from ripeline.lifecycle.instant import DAY
from tests.playbooks.story import FOLDER, MONDAY, Record, answer, author, known, on, playbook, tell

pytestmark = pytest.mark.pure

NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def test_six_playbooks_are_shipped() -> None:
    assert NAMES == ["choosemycrm", "default", "four-maturities", "pointed", "schurq", "three-criteria"]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_playbook_loads_and_is_called_what_its_file_is_called(name: str) -> None:
    assert playbook(name).key == name


@pytest.mark.parametrize("name", NAMES)
def test_the_keys_of_stages_are_shared_so_that_two_definitions_can_be_compared(name: str) -> None:
    keys = {stage.key for stage in playbook(name).stages}
    assert keys <= {"suspect", "lead", "mql", "prospect", "sql", "customer"}
    assert {"suspect", "customer"} <= keys


@pytest.mark.parametrize("name", NAMES)
def test_every_signal_that_is_defined_is_used(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    for signal in playbook(name).signals:
        assert re.search(rf"signal: {signal}\b", text), f"{signal} is defined and not used"


@pytest.mark.parametrize("name", NAMES)
def test_a_playbook_says_in_comments_whose_words_it_follows(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    assert len(comments) >= len(text.splitlines()) / 5
    assert any('"' in line for line in comments)
    assert max(map(len, text.splitlines())) <= 124


def a_life(seed: int) -> list[Record]:
    """A year of somebody who does all sorts of things, at random but the same each time."""
    chance = random.Random(seed)
    kinds = ["page_viewed", "email_clicked", "email_opened", "email_replied", "call_held", "meeting_booked"]
    kinds += ["asset_downloaded", "form_submitted", "subscribed", "email_sent", "social_liked", "purchased"]
    subjects = [
        "/pricing",
        "/services/consulting",
        "/blog/decision/a",
        "whitepaper-a",
        "quote-request",
        "newsletter",
    ]
    life = [author() if seed % 2 else known(0, role="marketer"), on(0, "identified")]
    for _ in range(60):
        day = chance.uniform(0, 365)
        if chance.random() < 0.1:
            question = chance.choice(["budget", "authority", "intent", "need", "timeline"])
            life.append(answer(day, question, chance.choice(["yes", "no"])))
        elif chance.random() < 0.05:
            life.append(on(day, "objected", "price"))
        else:
            life.append(on(day, chance.choice(kinds), chance.choice(subjects), value=20))
    return life


@pytest.mark.parametrize("name", NAMES)
def test_nobody_goes_to_and_fro_within_a_day_by_time_alone(name: str) -> None:
    """Left by a timer and entered again by a timer the next moment: that would spam sales and shame the rule."""
    for seed in range(60):
        moves = tell(name, *a_life(seed), until=500).fold.transitions
        for left, entered in pairwise(moves):
            back_and_forth = left.from_stage == entered.to_stage and entered.cause == "timer"
            assert not (back_and_forth and entered.at - left.at < DAY), (seed, left.rule, entered.rule)
        assert all(MONDAY <= move.at <= MONDAY + 500 * DAY for move in moves)

"""The history parts hold what the log holds, also after touches found another home."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from ripeline.timeline.history.opening import OpenHistory, look_at_history
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.identities.visitors import join, visitor_for
from tests.timeline.histories import NOW, add_touches, held, logged, opened
from tests.timeline.identities.visiting import key_of, visit
from tests.timeline.people import make_contact

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> None:
    """A folder of the test's own for its parts."""
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(tmp_path / "history")})


def waits_for(people: int) -> None:
    """That many people changed since the parts were written; brought up to date they hold the log."""
    found = look_at_history()
    assert isinstance(found, OpenHistory)
    assert found.changed == people
    assert held(opened()) == logged()


def test_the_parts_notice_joins_splits_merges_and_undoings() -> None:
    eva, ann, jan = (make_contact(name, now=NOW) for name in ("Eva", "Ann", "Jan"))
    for contact in (eva, ann, jan):
        add_touches(contact, range(4))
    for hours in (1, 3, 5):
        visit(f"v{hours}", NOW - hours * HOUR, "b", now=NOW)
    assert held(opened()) == logged()
    browser = visitor_for(key_of("b"), now=NOW)
    join(browser, ann, how="form", at=NOW - 4 * HOUR, now=NOW + HOUR)
    waits_for(1)
    join(browser, jan, how="form", at=NOW - 2 * HOUR, now=NOW + HOUR)
    waits_for(2)
    done = merge(eva, ann, by=None, why="", now=NOW + 2 * HOUR)
    assert isinstance(done, Merged)
    waits_for(2)
    undo(done.merge, by=None, now=NOW + 3 * HOUR)
    waits_for(2)

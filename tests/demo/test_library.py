"""The demo's library: what its touches name is there, and the landing pages' figures are of those touches."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ripeline.capture.forms.models import Form, FormCount, Submission
from ripeline.capture.landing.figures import figures_of
from ripeline.capture.landing.models import LandingPage, PageSplit
from ripeline.capture.landing.splits import state_of
from ripeline.capture.library.filetypes import media_type_of
from ripeline.capture.library.models import Asset
from ripeline.demo import catalogue
from ripeline.demo.library import TABLE, load_library, paper
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.written import read_yaml
from ripeline.timeline.record import record
from tests.demo.conftest import PLAYBOOK
from tests.factories import make_contact, make_playbook, make_user
from tests.timeline.people import fact

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_every_asset_of_the_touches_is_in_the_library_for_personas_that_there_are() -> None:
    table = read_yaml(TABLE.read_text(encoding="utf-8")).plain
    assert set(catalogue.ASSETS) <= set(table["assets"])
    known = {each.key for each in load_playbook(PLAYBOOK.read_text(encoding="utf-8")).personas}
    assert {key for row in table["assets"].values() for key in row["personas"]} <= known
    assert media_type_of(io.BytesIO(paper("A (launch) plan", "é")), "plan.pdf") == "application/pdf"


@pytest.mark.django_db
def test_a_page_is_reached_as_often_as_its_asset_was_downloaded_and_loading_again_doubles_nothing(
    settings: Any, tmp_path: Path
) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"data_dir": tmp_path})
    make_playbook()
    ann, jonas = make_contact("Ann"), make_user("marketing")
    days = [NOW - timedelta(days=number) for number in (1, 1, 30)]
    taken = [
        fact(ann, "asset_downloaded", at + timedelta(minutes=place), subject="whitepaper-launch-plan")
        for place, at in enumerate(days)
    ]
    record(taken, now=NOW)
    for _ in range(2):
        load_library(1, {"jonas": jonas}, now=NOW)
    assert Asset.objects.count() == 8
    page = LandingPage.objects.select_related("version").get(slug="launch-plan")
    figures = figures_of([page], since=NOW - timedelta(days=365))[page.pk]
    assert figures.aims == 3
    assert figures.people > 3 * figures.aims
    # Who has what stands behind a form sent it.
    form = Form.objects.get(key="library")
    sent = Submission.objects.get(form=form, contact=ann, outcome="accepted")
    assert sent.received_at == days[2] + timedelta(minutes=2)
    counts = dict(FormCount.objects.filter(form=form, actor="human").values_list("what", "count"))
    assert counts["sent"] == 1 <= counts["started"] <= counts["viewed"]
    state = state_of(PageSplit.objects.get(), now=NOW)
    assert (state.better, state.is_uneven) == (None, False)
    assert state.decision.more

"""Previews through their pages: what is asked, what comes out, and that nothing else is touched."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.playbook import load_playbook
from ripeline.people.models import Contact, User
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.preview.models import PreviewMove, PreviewRun
from ripeline.playbooks.preview.people import read_people
from ripeline.playbooks.preview.running import attend_previews
from ripeline.playbooks.shipped import shipped_keys
from ripeline.timeline.history.models import HistoryState
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.models import Touch
from ripeline.timeline.record import record
from ripeline.work.claims import claim_due
from ripeline.worker import catch_up
from tests.factories import LADDER, NOW, make_contact, make_user, sign_in
from tests.playbook_pages.preview.asked import EASIER, a_company, ask, draft_of, previewed, read
from tests.timeline.people import fact

pytestmark = pytest.mark.django_db

BESIDE = {
    "ripeline_previewrun",
    "ripeline_previewmove",
    # The worker's own books about the history parts.
    "ripeline_historystate",
    "ripeline_historychange",
}


@pytest.fixture
def mia() -> User:
    return a_company()


def test_a_preview_says_of_everybody_what_the_plain_fold_says(mia: User) -> None:
    run = previewed(mia, draft_of(mia))
    expected, moved = folded_twice()
    assert {(row.from_stage, row.to_stage): row.count for row in PreviewMove.objects.filter(run=run)} == moved
    assert run.result["differ"] == sum(moved.values()) > 0
    for side in ("one", "other"):
        assert {it["key"]: it["stands"] for it in run.result[side]["stages"] if it["stands"]} == expected[
            side
        ]
    page = read(sign_in(mia), f"/playbook/previews/{run.key}/")
    assert f"{run.result['differ']} of 40 people would stand elsewhere" in page
    assert "Of 100 people this definition calls MQL" in page
    assert "That is a hint at most" in page


def test_what_is_found_counts_only_what_was_known_before_the_deal(mia: User) -> None:
    run = previewed(mia, draft_of(mia))
    lead, mql, customer = run.result["other"]["stages"][1:]
    # Ten bought; of the thirty-two who sent a form before, eight are among them.
    assert (mql["precision"]["count"], mql["precision"]["of"]) == (8, 32)
    assert (mql["recall"]["count"], mql["recall"]["of"]) == (8, 10)
    assert mql["precision"]["low"] < 0.25 < mql["precision"]["high"]
    # One form is enough for an MQL there: nobody is a lead on the way.
    assert lead["reached"] == 0
    # Being a customer is the deal itself: known with it, not before.
    assert customer["recall"]["count"] == 0


def test_each_person_who_would_change_is_listed_once_with_the_reason(mia: User) -> None:
    run = previewed(mia, draft_of(mia))
    browser = sign_in(mia)
    seen: list[str] = []
    address: str | None = f"/playbook/previews/{run.key}/people/"
    pages = 0
    while address:
        page = read(browser, address)
        seen += re.findall(r'class="title" href="(/contacts/[^"]+)"', page)
        assert "MQL on" in page
        assert "because the score reached" in page
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = f"/playbook/previews/{run.key}/people/{found[1]}".replace("&amp;", "&") if found else None
        pages += 1
    assert len(seen) == len(set(seen)) == run.result["differ"]
    (told, *_) = read_people(run, start="", end="", after=0, now=NOW + timedelta(days=366)).rows
    assert re.match(r"MQL on \d+ (February|March) 2026 because", told.why), "read in another year"
    assert pages == -(-run.result["differ"] // 25)


def test_the_list_is_filtered_by_both_stages_and_goes_back_page_by_page(mia: User) -> None:
    for number in range(30):
        record([fact(make_contact(f"More {number:02}"), "form_submitted", NOW - timedelta(days=1))], now=NOW)
    run = previewed(mia, draft_of(mia))
    base = f"/playbook/previews/{run.key}/people/"
    browser = sign_in(mia)
    first = read(browser, base + "?from=lead&to=mql")
    on = re.search(r'rel="next" href="([^"]+)"', first)
    assert on is not None
    second = read(browser, base + on[1].replace("&amp;", "&"))
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back is not None
    assert names(read(browser, base + back[1].replace("&amp;", "&"))) == names(first)
    assert not set(names(first)) & set(names(second))
    assert "Nobody would move like that" in read(browser, base + "?from=customer&to=suspect")
    assert read(browser, base + "?from='--&to='--&after=99999999999999999999")


def test_a_preview_touches_nothing_but_itself(mia: User) -> None:
    catch_up(lambda: NOW)
    draft = draft_of(mia)
    browser = sign_in(mia)
    seen = User.objects.get(pk=mia.pk).last_login
    before = everything()
    run = previewed(mia, draft)
    read(browser, f"/playbook/previews/{run.key}/")
    read(browser, f"/playbook/previews/{run.key}/people/")
    User.objects.update(last_login=seen)
    after = everything()
    assert {table for table in before if before[table] != after[table]} == set()
    assert run.result["differ"]


def test_a_newer_preview_of_the_same_person_takes_the_place_of_the_older(mia: User) -> None:
    draft = draft_of(mia)
    other = make_user("admin", "Ada")
    ask(other, draft)
    ask(mia, draft)
    ask(mia, draft)
    states = [run.state for run in PreviewRun.objects.order_by("pk")]
    assert states == ["waiting", "cancelled", "waiting"]
    cancelled = PreviewRun.objects.get(state="cancelled")
    assert "A newer preview took its place" in read(sign_in(mia), f"/playbook/previews/{cancelled.key}/")


def test_a_preview_cancelled_while_it_runs_leaves_no_result(mia: User) -> None:
    ask(mia, draft_of(mia))
    run = PreviewRun.objects.get()
    browser = sign_in(mia)

    def cancelling() -> datetime:
        """The clock is looked at once more before the result is written; somebody cancels just then."""
        if PreviewRun.objects.filter(state="running").exists():
            browser.post(f"/playbook/previews/{run.key}/cancel")
        return run.created_at + timedelta(seconds=1)

    assert attend_previews(run.created_at, clock=cancelling, stop=lambda: False) == 1
    run.refresh_from_db()
    assert (run.state, run.result, run.note) == ("cancelled", {}, "Cancelled by Mia Market.")
    assert not PreviewMove.objects.exists()
    assert attend_previews(run.created_at + timedelta(hours=1), clock=cancelling, stop=lambda: False) == 0


def test_a_worker_told_to_end_leaves_its_preview_to_the_next(mia: User) -> None:
    ask(mia, draft_of(mia))
    run = PreviewRun.objects.get()
    attend_previews(run.created_at, clock=lambda: run.created_at, stop=lambda: True)
    run.refresh_from_db()
    assert (run.state, run.claimed_by, run.attempts) == ("waiting", "", 0)
    assert attend_previews(run.created_at, clock=lambda: run.created_at, stop=lambda: False) == 1
    assert PreviewRun.objects.get().state == "done"


def test_a_preview_whose_worker_was_killed_is_begun_anew_when_the_lease_is_over(mia: User) -> None:
    ask(mia, draft_of(mia))
    run = PreviewRun.objects.get()
    claim_due(PreviewRun, run.created_at, limit=1)
    assert attend_previews(run.created_at, clock=lambda: run.created_at, stop=lambda: False) == 0
    later = run.created_at + timedelta(minutes=2)
    assert attend_previews(later, clock=lambda: later, stop=lambda: False) == 1
    assert PreviewRun.objects.get().state == "done"


@pytest.mark.parametrize("name", shipped_keys())
def test_every_shipped_playbook_is_previewed_beside_every_other_choice(mia: User, name: str) -> None:
    draft = draft_of(mia)
    for beside in ("in force", f"draft {draft.pk}", "shipped default"):
        run = previewed(mia, draft, other=f"shipped {name}", one=beside)
        assert run.result["people"] == 40
        page = read(sign_in(mia), f"/playbook/previews/{run.key}/")
        assert ("Both are the same definition" in page) == (beside == f"shipped {name}")
        assert read(sign_in(mia), f"/playbook/previews/{run.key}/people/")


def test_what_people_wrote_is_escaped(mia: User) -> None:
    draft = draft_of(mia, EASIER.replace("title: MQL", 'title: "<script>alert(1)</script>"'))
    Draft.objects.update(title="<script>alert(2)</script>")
    Contact.objects.update(name="<script>alert(3)</script>")
    run = previewed(mia, draft)
    for address in ("", "people/"):
        page = read(sign_in(mia), f"/playbook/previews/{run.key}/{address}")
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in read(sign_in(mia), "/playbook/previews/")


def test_a_page_costs_as_many_queries_for_many_as_for_few(mia: User, django_assert_num_queries: Any) -> None:
    run = previewed(mia, draft_of(mia))
    browser = sign_in(mia)
    for address, count in (("", 7), ("people/", 8)):
        with django_assert_num_queries(count):
            read(browser, f"/playbook/previews/{run.key}/{address}")
    with django_assert_num_queries(7):
        read(browser, "/playbook/previews/")


def test_sales_read_previews_and_cannot_ask_for_one(mia: User) -> None:
    run = previewed(mia, draft_of(mia))
    sam = sign_in(make_user("sales", "Sam Sales"))
    for address in ("", f"{run.key}/", f"{run.key}/people/"):
        page = read(sam, f"/playbook/previews/{address}")
        assert "previews/start" not in page
    assert sam.post("/playbook/previews/start", {}).status_code == 403
    assert sam.post(f"/playbook/previews/{run.key}/cancel").status_code == 403


def test_a_preview_of_a_draft_that_was_changed_since_says_so(mia: User) -> None:
    run = previewed(mia, draft_of(mia))
    assert "was changed after this preview" not in read(sign_in(mia), f"/playbook/previews/{run.key}/")
    Draft.objects.update(text=LADDER)
    assert "was changed after this preview" in read(sign_in(mia), f"/playbook/previews/{run.key}/")


def test_somebody_of_whom_more_was_recorded_since_is_told_apart(mia: User) -> None:
    run = previewed(mia, draft_of(mia))
    address = f"/playbook/previews/{run.key}/people/"
    said = "Something was recorded of them since this preview"
    assert said not in read(sign_in(mia), address)
    one = Contact.objects.get(key=re.findall(r"/contacts/(\w+)", names(read(sign_in(mia), address))[0])[0])
    record([fact(one, "deal_won", NOW - timedelta(days=1), uid="late")], now=NOW)
    assert read(sign_in(mia), address).count(said) == 1


def test_somebody_who_is_no_contact_any_more_is_counted_and_not_named(mia: User) -> None:
    run = previewed(mia, draft_of(mia))
    address = f"/playbook/previews/{run.key}/people/"
    key = re.findall(r"/contacts/(\w+)", names(read(sign_in(mia), address))[0])[0]
    Touch.objects.filter(contact__key=key).delete()
    Contact.objects.get(key=key).delete()
    page = read(sign_in(mia), address)
    assert "1 of this page is no contact any more" in page
    assert key not in page


def test_a_preview_waits_while_the_history_is_being_prepared_and_then_begins(
    mia: User, settings: Any, tmp_path: Path
) -> None:
    ask(mia, draft_of(mia))
    run = PreviewRun.objects.get()
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(tmp_path / "history")})
    # Another process is writing it and does not come to an end.
    HistoryState.objects.update_or_create(
        pk=1, defaults={"claimed_by": "another", "claimed_until": run.created_at + timedelta(minutes=1)}
    )
    attend_previews(run.created_at, clock=lambda: run.created_at, stop=lambda: False)
    assert "The history is being prepared" in read(sign_in(mia), f"/playbook/previews/{run.key}/")
    later = run.created_at + timedelta(minutes=2)
    attend_previews(later, clock=lambda: later, stop=lambda: False)
    assert PreviewRun.objects.get().state == "done"


def folded_twice() -> tuple[dict[str, dict[str, int]], dict[tuple[str, str], int]]:
    """Where everybody stands by the plain fold of each definition, and who stands elsewhere."""
    playbooks = load_playbook(LADDER), load_playbook(EASIER)
    as_of = to_instant(NOW)
    pairs = []
    for touches in read_touches(list(Contact.objects.values_list("pk", flat=True))).values():
        facts = [to_fact(row) for row in touches]
        one, other = (fold(playbook, facts, as_of).standing for playbook in playbooks)
        assert one is not None
        assert other is not None
        pairs.append((one.stage, other.stage))
    expected = {
        "one": dict(Counter(one for one, _ in pairs)),
        "other": dict(Counter(other for _, other in pairs)),
    }
    return expected, dict(Counter(pair for pair in pairs if pair[0] != pair[1]))


def names(page: str) -> list[str]:
    return re.findall(r'class="title" href="(/contacts/[^"]+)"', page)


def everything() -> dict[str, list[str]]:
    """All rows of all tables but the previews' own."""
    held = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in BESIDE | {"django_session"}:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                held[table] = sorted(map(str, cursor.fetchall()))
    return held

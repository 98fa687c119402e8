"""Two camps on a past day: as we knew it then, and as it had happened by then, each labelled which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.playbook import load_playbook
from ripeline.people.models import Contact, User
from ripeline.playbooks.camps import then
from ripeline.playbooks.preview.asking import start_preview
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.playbooks.preview.running import attend_previews
from ripeline.timeline.asof import AsOf
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.camps.models import Camp
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.history.opening import OpenHistory, open_history
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.record import record
from ripeline.worker import catch_up
from tests.factories import make_user, sign_in
from tests.replay.parts.full_disk import FullDisk
from tests.timeline.people import PLAYBOOK, fact, make_contact

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
END = START + 60 * DAY
SALES = PLAYBOOK.replace("enter: {signal: email_replied, within: 90d}", "enter: {signal: call_held}")


@pytest.fixture
def client(settings: Any) -> Client:
    """A camp that calls whom it talked with a prospect; what Ann and Bob did was heard of on different days."""
    FullDisk.store.clear()
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": f"{FullDisk.protocol}://camps"})
    activate(PLAYBOOK, now=START - DAY)
    camp = start_camp("Sales", keep_version(SALES, now=START).version, by=None, note="", now=START)
    assert isinstance(camp, Camp)
    ann, bob, cho = (make_contact(name, now=START) for name in ("Ann Ost", "Bob West", "Cho Nord"))
    happened(ann, "page_viewed", 0)
    happened(ann, "call_held", 10, heard=30)
    happened(bob, "email_replied", 12)
    happened(bob, "deal_won", 15, heard=40)
    happened(cho, "page_viewed", 50)
    assert isinstance(open_history(END), OpenHistory)
    return sign_in(make_user("marketing", "Mia Market"))


def happened(contact: Contact, kind: str, day: int, *, heard: int | None = None) -> None:
    received = START + (day if heard is None else heard) * DAY
    record([fact(contact, kind, START + day * DAY, uid=f"{contact.pk} {kind} {day}")], now=received)
    catch_up(lambda: received)


def page_of(client: Client, day: int, view: str) -> str:
    answer = client.get(f"/playbook/camps/?as_of={START + day * DAY:%Y-%m-%d}&view={view}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def pairs_then(day: int, view: Any) -> dict[tuple[str, str], int]:
    found = then.read_then(load_playbook(SALES), AsOf(START + day * DAY, view, "2026"))
    assert found.found is not None, found.why
    return {
        (cell.ours, cell.theirs): cell.people for row in found.found.rows for cell in row.cells if cell.people
    }


def folded(contacts: Iterable[Contact], day: int, view: str) -> dict[tuple[str, str], int]:
    """Where everybody stood by the plain fold of either definition."""
    at = START + day * DAY
    heard = read_touches([it.pk for it in contacts], heard_until=at if view == "known" else None)
    pairs: Counter[tuple[str, str]] = Counter()
    for touches in heard.values():
        stood = [
            fold(load_playbook(it), map(to_fact, touches), to_instant(at)).standing
            for it in (PLAYBOOK, SALES)
        ]
        if stood[0] is not None and stood[1] is not None:
            pairs[stood[0].stage, stood[1].stage] += 1
    return dict(pairs)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("view", ["known", "was"])
def test_both_readings_are_those_of_the_plain_fold(view: str) -> None:
    people = list(Contact.objects.all())
    seen = set()
    for day in (-1, 1, 11, 13, 20, 31, 41, 55):
        assert pairs_then(day, view) == folded(people, day, view), day
        seen |= set(pairs_then(day, view))
    assert len(seen) == 3


def test_what_was_heard_of_late_is_in_the_one_reading_and_not_in_the_other(client: Client) -> None:
    known, was = words_of(page_of(client, 20, "known")), words_of(page_of(client, 20, "was"))
    assert "As we knew it on" in known
    assert "the touches we had heard of by then" in known
    assert "Of 2 people, 1 stood at the same stage by both definitions; 1 stood elsewhere" in known
    assert "As it had happened by" in was
    assert "by all we know today" in was
    assert "Of 2 people" in was or "All 2 people" in was
    assert known.partition("Where they disagreed")[2] != was.partition("Where they disagreed")[2]


def test_what_became_of_people_is_told_by_when_it_happened(client: Client) -> None:
    assert "What became of people is counted by when it happened" in words_of(page_of(client, 20, "known"))
    assert "won deal" in words_of(page_of(client, 20, "was"))
    assert "Sales had not accepted or rejected anybody by then" in words_of(page_of(client, 13, "was"))


def test_the_page_of_now_has_the_same_control_and_no_banner(client: Client) -> None:
    page = client.get("/playbook/camps/").content.decode()
    assert 'name="as_of"' in page
    assert "as it had happened by then</option>" in page
    assert "as-of-banner" not in page
    wrong = client.get("/playbook/camps/?as_of=2999-01-01").content.decode()
    assert "is still to come" in wrong
    assert "Where they disagree<" in wrong


@pytest.mark.parametrize("view", ["known", "was"])
def test_a_history_too_long_to_wait_for_is_worked_out_by_the_worker_in_either_reading(
    client: Client, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    """The button asks for a preview; the page shows how far it is, and in the end what it would have shown at once."""
    at_once = page_of(client, 20, view)
    monkeypatch.setattr(then, "MOST_TOUCHES", 2)
    page = page_of(client, 20, view)
    assert "too many to be replayed while a page waits" in page
    sales = sign_in(make_user("sales", "Sam Sell"))
    assert "Marketing can have it worked out here." in page_of(sales, 20, view)
    asked = hidden(page)
    answer = client.post("/playbook/previews/start", asked)
    assert answer.headers["Location"] == f"/playbook/camps/?as_of=2026-01-21&view={view}"
    assert "Waiting for the worker" in client.get(answer.headers["Location"]).content.decode()
    run = PreviewRun.objects.get()
    # Nor does a preview that they ask for elsewhere take it back.
    assert run.started_by is not None
    other = start_preview(
        "in force",
        run.other_ref,
        outcome=run.outcome,
        as_of=run.created_at,
        by=run.started_by,
        now=run.created_at,
    )
    run.refresh_from_db()
    assert isinstance(other, PreviewRun)
    assert run.state == PreviewRun.State.WAITING
    other.delete()
    attend_previews(run.created_at, clock=lambda: run.created_at, stop=lambda: False)
    worked_out = page_of(client, 20, view)
    assert "Worked out" in worked_out
    told = [
        words_of(re.sub(r"<form.*?</form>", "", each[each.index('id="where-title"') : each.index("</main>")]))
        for each in (worked_out, at_once)
    ]
    assert told[0] == told[1]
    assert "too many to be replayed" in page_of(client, 19, view)


def test_what_was_worked_out_of_a_day_is_found_wherever_one_is_and_whatever_fails_later(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = Camp.objects.get().version_id
    mine = {"one": "in force", "other": f"version {version}", "outcome": "deal_won"}
    client.post("/playbook/previews/start", mine)
    at_once = page_of(client, 20, "known")
    client.post("/playbook/previews/start", hidden(at_once))
    other, run = PreviewRun.objects.order_by("pk")
    assert (other.state, other.day, str(run.day)) == ("waiting", None, "2026-01-21"), "nothing is taken back"
    for each in (other, run):
        attend_previews(each.created_at, clock=lambda: END, stop=lambda: False)
    people = f'href="/playbook/previews/{run.key}/people/?from='
    assert page_of(client, 20, "known").count(people) == cells(at_once, "differs") > 0
    assert cells(at_once, "agrees") > 0
    (led,) = set(re.findall(r'href="(/playbook/previews/[^"]*/people/[^"]*)"', page_of(client, 20, "known")))
    assert "Bob West" in client.get(led.replace("&amp;", "&")).content.decode()
    monkeypatch.setattr(then, "MOST_TOUCHES", 2)
    far = make_user("marketing", "Mo West")
    User.objects.filter(pk=far.pk).update(time_zone="America/Los_Angeles")
    there = page_of(sign_in(far), 20, "known")
    assert "Worked out" in there
    assert ", up to <time" in there
    assert people in there
    PreviewRun.objects.filter(pk=run.pk).update(
        result={
            **PreviewRun.objects.get(pk=run.pk).result,
            "history": {"trouble": "No space left.", "waiting": 9},
        }
    )
    client.post("/playbook/previews/start", hidden(page_of(client, 20, "known")))
    assert "Waiting for" in page_of(client, 20, "known")
    PreviewRun.objects.filter(state="waiting").update(
        state="failed", error="The parts are gone.", due_at=None
    )
    failed = words_of(page_of(client, 20, "known"))
    for told in ("The parts are gone.", "Worked out", "Where they disagreed", "not in it: No space left."):
        assert told in failed


def hidden(page: str) -> dict[str, str]:
    """What the form of a past day's page sends."""
    form = page.partition("camp-again")[2]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


def cells(page: str, kind: str) -> int:
    return page.count(f'<td class="num {kind}"')


def test_without_history_parts_the_page_says_so_and_makes_none(client: Client) -> None:
    FullDisk.store.clear()
    assert "The history is not prepared for replays yet." in page_of(client, 20, "was")
    assert not FullDisk.store


def test_looking_at_a_past_day_costs_few_questions(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    page_of(client, 20, "was")
    with django_assert_max_num_queries(14):
        page_of(client, 20, "was")
    assert User.objects.count() == 1

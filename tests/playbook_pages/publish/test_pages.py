"""Putting a definition in force: refused with nothing lost, silent unless ticked, taken back in one click."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.lifecycle.playbook import load_playbook
from ripeline.people.models import Contact, Notification, User
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.drafts.saving import save_draft, start_draft
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.reactions import react
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import PlaybookVersion, Publication, Standing
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from ripeline.worker import catch_up
from tests.factories import make_user, sign_in
from tests.timeline.people import PLAYBOOK, fact, make_contact

EASIER = PLAYBOOK.replace("gte: 30", "gte: 20")
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> User:
    activate(PLAYBOOK, now=timezone.now() - 90 * DAY)
    return make_user("marketing", "Mia Market")


@pytest.fixture
def client(mia: User) -> Client:
    return sign_in(mia)


def begin(by: User, text: str = EASIER) -> Draft:
    version = PlaybookVersion.objects.get(is_active=True)
    return start_draft(version, by=by, now=timezone.now(), text=text, title="A form is enough")


def lead(name: str, owner: User | None = None) -> Contact:
    """Somebody who is a lead by one form, and an MQL where a form is enough."""
    now = timezone.now()
    contact = make_contact(name, now=now - 9 * DAY, owner=owner)
    record([fact(contact, "form_submitted", now - 5 * DAY)], now=now - 5 * DAY)
    catch_up()
    return contact


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What the form of the page holds beside what is typed."""
    html = client.get(address).content.decode()
    return dict(re.findall(r'<input type="hidden" name="(instead_of|seen)" value="([^"]*)"', html))


def put_in_force(client: Client, draft: Draft, **typed: Any) -> Any:
    address = f"/playbook/drafts/{draft.pk}/publish/"
    sent = form_of(client, address) | {"note": "a form is enough", "reach": "from_now"} | typed
    return client.post(address, sent)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_draft_is_put_in_force_and_everybody_is_judged_by_it_silently(client: Client, mia: User) -> None:
    eva = lead("Eva Lind", owner=mia)
    bells = Notification.objects.count()
    draft = begin(mia)
    page = client.get(f"/playbook/drafts/{draft.pk}/publish/").content.decode()
    assert "MQL now needs 20 points instead of 30" in page
    assert "This was not previewed as it is written now" in page
    done = put_in_force(client, draft)
    assert (done.status_code, done.headers["Location"]) == (302, "/playbook/")
    publication = Publication.objects.get(is_in_force=True)
    assert (publication.author, publication.note) == (mia, "a form is enough")
    assert (publication.reactions, publication.reach) == ([], "from_now")
    assert "Everybody is being assessed anew" in client.get("/playbook/").content.decode()
    catch_up()
    assert Standing.objects.get(contact=eva).stage == "mql"
    assert Notification.objects.count() == bells
    assert "being assessed anew" not in client.get("/playbook/").content.decode()
    assert "has been assessed by this definition" in client.get("/playbook/progress/").content.decode()


def test_what_is_ticked_follows_for_those_whom_the_definition_moves(client: Client, mia: User) -> None:
    lead("Eva Lind", owner=mia)
    before = Notification.objects.count()
    put_in_force(client, begin(mia), reach="all", reactions=["tell_the_owner"])
    catch_up()
    assert Notification.objects.count() == before + 1
    told = text_of(client.get("/notifications/").content.decode())
    assert "because the definition changed on" in told


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"note": "  "}, "Say why"),
        ({"note": "x" * 2001}, "At most 2,000 letters"),
        ({"reach": "all"}, "Tick what may follow for them"),
        ({"reactions": ["tell_the_owner"]}, "You ticked what may follow"),
        ({"reach": "all", "reactions": ["ring_the_bells"]}, "Choose from the list"),
        ({"reach": "sometimes"}, "Choose from the list"),
    ],
)
def test_a_form_with_something_wrong_keeps_what_was_typed(
    client: Client, mia: User, typed: dict[str, Any], said: str
) -> None:
    answer = put_in_force(client, begin(mia), **({"note": "spring <cleaning>"} | typed))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert said in html
    if "note" not in typed:
        assert "spring &lt;cleaning&gt;</textarea>" in html
    if typed.get("reactions") == ["tell_the_owner"]:
        assert re.search(r'value="tell_the_owner"[^>]* checked', html)
    assert Publication.objects.count() == 1
    assert PlaybookVersion.objects.count() == 1, "what was refused is not kept either"


def test_who_was_overtaken_by_another_publisher_is_told_so(client: Client, mia: User) -> None:
    draft = begin(mia)
    address = f"/playbook/drafts/{draft.pk}/publish/"
    sent = form_of(client, address) | {"note": "my reason", "reach": "from_now"}
    other = activate(PLAYBOOK.replace("gte: 30", "gte: 25"), now=timezone.now())
    answer = client.post(address, sent)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody published meanwhile" in html
    assert "my reason</textarea>" in html
    assert "MQL now needs 20 points instead of 25" in html
    assert active_playbook().version == other.version
    assert not PlaybookVersion.objects.filter(text=EASIER).exists()


def test_who_publishes_a_draft_that_was_saved_meanwhile_looks_at_it_first(client: Client, mia: User) -> None:
    draft = begin(mia)
    address = f"/playbook/drafts/{draft.pk}/publish/"
    sent = form_of(client, address) | {"note": "my reason", "reach": "from_now"}
    changed = EASIER.replace("gte: 20", "gte: 5")
    save_draft(draft, changed, seen=1, by=mia, now=timezone.now(), what="The text")
    answer = client.post(address, sent)
    assert answer.status_code == 409
    assert "Somebody saved the draft after you opened this page" in answer.content.decode()
    assert Publication.objects.count() == 1
    assert client.post(address, form_of(client, address) | sent | {"seen": "2"}).status_code == 302


def test_a_draft_that_does_not_check_says_why_it_cannot_be_published(client: Client, mia: User) -> None:
    draft = begin(mia, EASIER.replace("signal: pricing", "signal: prising"))
    address = f"/playbook/drafts/{draft.pk}/publish/"
    html = client.get(address).content.decode()
    assert "It cannot be put in force: it has a mistake" in html
    assert "prising" in html
    assert "<textarea" not in html
    assert client.post(address, {"note": "all the same", "reach": "from_now"}).status_code == 422
    assert Publication.objects.count() == 1


def test_what_is_in_force_already_or_was_discarded_has_no_form(client: Client, mia: User) -> None:
    same = begin(mia, "# a comment\n" + PLAYBOOK)
    html = client.get(f"/playbook/drafts/{same.pk}/publish/").content.decode()
    assert "there is nothing to publish" in html
    gone = begin(mia)
    client.post(f"/playbook/drafts/{gone.pk}/discard")
    html = client.get(f"/playbook/drafts/{gone.pk}/publish/").content.decode()
    assert "This draft was discarded" in html
    assert put_in_force(client, gone).status_code == 409


def test_back_to_an_older_version_in_one_click_and_undone_in_another(client: Client, mia: User) -> None:
    first = active_playbook().version
    eva = lead("Eva Lind", owner=mia)
    put_in_force(client, begin(mia))
    catch_up()
    second = active_playbook().version
    bells = Notification.objects.count()
    html = client.get("/playbook/versions/").content.decode()
    assert f'action="/playbook/{first}/back"' in html
    assert f'action="/playbook/{second}/back"' not in html
    done = client.post(f"/playbook/{first}/back", {"instead_of": second}, follow=True)
    undo = f"/playbook/{second}/back?instead_of={first}"
    assert f'action="{undo}"' in done.content.decode(), "the toast takes it back"
    catch_up()
    assert Standing.objects.get(contact=eva).stage == "lead"
    assert Publication.objects.get(is_in_force=True).note == "Back to “Leads convert, prospects answer”"
    told = r"put in force by Mia Market · version \w{8} · Back to “Leads"
    assert re.search(told, text_of(client.get("/playbook/").content.decode()))
    client.post(undo)
    catch_up()
    assert Standing.objects.get(contact=eva).stage == "mql"
    assert Notification.objects.count() == bells


def test_the_undo_of_a_publication_does_not_overthrow_that_of_somebody_else(
    client: Client, mia: User
) -> None:
    first = active_playbook().version
    done = client.post(
        f"/playbook/drafts/{(draft := begin(mia)).pk}/publish/",
        form_of(client, f"/playbook/drafts/{draft.pk}/publish/")
        | {"note": "a form is enough", "reach": "from_now"},
        follow=True,
    )
    second = active_playbook().version
    undo = f"/playbook/{first}/back?instead_of={second}"
    assert f'action="{undo}"' in done.content.decode()
    ben = sign_in(make_user("admin", "Ben Boss"))
    put_in_force(ben, begin(mia, PLAYBOOK.replace("gte: 30", "gte: 25")), note="25 is enough")
    third = active_playbook().version
    for address in (undo, f"/playbook/{first}/back"):
        said = text_of(client.post(address, follow=True).content.decode())
        assert "Somebody published meanwhile" in said
        assert active_playbook().version == third


def test_going_back_is_refused_where_it_cannot_be(client: Client, mia: User) -> None:
    first = active_playbook().version
    kept = keep_version(EASIER, now=timezone.now()).version
    ancient = PlaybookVersion.objects.create(
        version="b" * 64, key="old", title="Ancient", text="key: old\n", created_at=timezone.now(),
        activated_at=timezone.now(),
    )  # fmt: skip
    for version, said in (
        (first, "in force already"),
        (kept, "was never in force"),
        (ancient.version, "was written for an earlier Ripeline"),
    ):
        page = client.post(f"/playbook/{version}/back", {"instead_of": first}, follow=True).content.decode()
        assert said in page
    stale = client.post(f"/playbook/{first}/back", {"instead_of": kept}, follow=True).content.decode()
    assert "in force already" in stale
    assert Publication.objects.count() == 1


def test_what_an_earlier_release_named_otherwise_is_gone_back_to_under_its_name(client: Client) -> None:
    now = timezone.now()
    old = PlaybookVersion.objects.create(
        version="a" * 64, key="plain", title="Old name", text=EASIER, created_at=now, activated_at=now
    ).version
    client.post(f"/playbook/{old}/back", {"instead_of": active_playbook().version})
    assert active_playbook().version == old
    same = begin(User.objects.get())
    assert (
        "there is nothing to publish" in client.get(f"/playbook/drafts/{same.pk}/publish/").content.decode()
    )


def test_the_history_says_who_when_why_and_instead_of_what(client: Client, mia: User) -> None:
    put_in_force(client, begin(mia), reach="all", reactions=["tell_the_owner"])
    client.post(
        f"/playbook/{Publication.objects.order_by('at')[0].version_id}/back",
        {"instead_of": active_playbook().version},
    )
    said = text_of(client.get("/playbook/publications/").content.decode())
    assert "a form is enough" in said
    assert "Back to “Leads convert, prospects answer”" in said
    assert said.count("Mia Market") >= 2
    assert "Tell the owner: for everybody it moved" in said
    assert "Nothing: it was silent" in said


def test_a_publication_tells_whom_it_moved_and_why(client: Client, mia: User) -> None:
    lead("Eva Lind", owner=mia)
    put_in_force(client, begin(mia), note="<b>spring</b>")
    catch_up()
    publication = Publication.objects.get(is_in_force=True)
    html = client.get(f"/playbook/publications/{publication.pk}/").content.decode()
    assert "<b>spring</b>" not in html
    said = text_of(html)
    assert "Eva Lind" in said
    assert "because the definition changed on" in said
    assert "That was everybody" not in said
    assert client.get("/playbook/publications/999/").status_code == 404
    for odd in ("?after=x", "?after=-1", "?after=99999999999999999999", "?after=²"):
        assert client.get(f"/playbook/publications/{publication.pk}/{odd}").status_code == 200


def preview(draft: Draft, beside: str, differ: int, **asked: Any) -> PreviewRun:
    """A preview that is done, of a draft as it is written now."""
    now = timezone.now()
    version = load_playbook(draft.text).version
    one, other = {"version": beside}, {"version": version}
    return PreviewRun.objects.create(
        state=PreviewRun.State.DONE, one_ref="version", one_name="What counted", one_version=beside, one_text="",
        other_ref=f"draft {draft.pk}", other_name=draft.title, other_version=version, other_text=draft.text,
        outcome="deal_won", as_of=asked.get("as_of", now), created_at=now, finished_at=now,
        result={"one": one, "other": other, "differ": differ, "people": 40},
    )  # fmt: skip


def test_the_page_says_what_the_last_preview_of_just_this_text_said(client: Client, mia: User) -> None:
    draft = begin(mia)
    address = f"/playbook/drafts/{draft.pk}/publish/"
    preview(draft, "f" * 64, 9)
    said = client.get(address).content.decode()
    assert "9 of 40 people would stand elsewhere" in said
    assert "which is not what is in force now" in said
    assert "Preview it first" in said
    run = preview(draft, active_playbook().version, 12)
    preview(draft, "f" * 64, 9)
    preview(draft, active_playbook().version, 31, as_of=timezone.now() - DAY)
    said = client.get(address).content.decode()
    assert "12 of 40 people would stand elsewhere" in said
    assert f'href="/playbook/previews/{run.key}/"' in said
    assert "Preview it first" not in said
    text = EASIER.replace("gte: 20", "gte: 5")
    save_draft(draft, text, seen=1, by=mia, now=timezone.now(), what="The text")
    assert "This was not previewed as it is written now" in client.get(address).content.decode()


def test_the_publish_page_costs_the_same_for_one_draft_and_for_three(client: Client, mia: User) -> None:
    counts = []
    for _ in range(3):
        draft = begin(mia)
        preview(draft, active_playbook().version, 1)
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/playbook/drafts/{draft.pk}/publish/")
        counts.append(len(queries))
    # Session, reader, the draft, what is in force, its preview, bell.
    assert counts == [6, 6, 6]


def test_salespeople_read_the_history_and_publish_nothing(mia: User) -> None:
    draft = begin(mia)
    seller = sign_in(make_user("sales", "Sam Sales"))
    version = active_playbook().version
    assert seller.get(f"/playbook/drafts/{draft.pk}/publish/").status_code == 403
    assert seller.post(f"/playbook/{version}/back").status_code == 403
    page = seller.get("/playbook/publications/").content.decode()
    assert "back-up" not in page


def test_what_was_ticked_of_a_publication_that_was_overtaken_is_said_to_have_ended(
    client: Client, mia: User
) -> None:
    now = timezone.now()
    people = [make_contact(f"Person {n}", now=now - 9 * DAY, owner=mia) for n in range(130)]
    record([fact(each, "form_submitted", now - 5 * DAY) for each in people], now=now - 5 * DAY)
    catch_up()
    put_in_force(client, begin(mia), reach="all", reactions=["tell_the_owner"])
    bells = Notification.objects.count()
    assert reassess_due(timezone.now(), react=react) == 100
    put_in_force(client, begin(mia, PLAYBOOK.replace("gte: 30", "gte: 25")))
    catch_up()
    assert Notification.objects.count() == bells + 100
    publication = Publication.objects.get(note="a form is enough", is_in_force=False)
    assert (publication.swept, publication.total, publication.is_swept) == (100, 130, False)
    said = text_of(client.get(f"/playbook/publications/{publication.pk}/").content.decode())
    assert "Tell the owner: for those it had moved when 100 of 130 people were assessed; then another" in said
    assert "when 100 of 130 people had been assessed by this one" in said
    assert "100 of 130 people were assessed" in text_of(
        client.get("/playbook/publications/").content.decode()
    )


def test_a_publication_that_was_assessed_to_the_end_says_so(client: Client, mia: User) -> None:
    lead("Eva Lind", owner=mia)
    put_in_force(client, begin(mia), reach="all", reactions=["tell_the_owner"])
    catch_up()
    put_in_force(client, begin(mia, PLAYBOOK.replace("gte: 30", "gte: 25")), note="25 is enough")
    publication = Publication.objects.get(note="a form is enough")
    said = text_of(client.get(f"/playbook/publications/{publication.pk}/").content.decode())
    assert "Tell the owner: for everybody it moved" in said
    assert "Another definition took over" not in said


def test_the_queries_do_not_grow_with_the_rows(client: Client, mia: User) -> None:
    history, people = [], []
    for number in (1, 2, 3):
        lead(f"Person {number}", owner=mia)
        now = timezone.now()
        text = EASIER.replace("gte: 20", f"gte: {19 - number}") if number % 2 else PLAYBOOK
        publish(keep_version(text, now=now).version, by=mia, note="", now=now)
        catch_up()
        publication = Publication.objects.get(is_in_force=True)
        with CaptureQueriesContext(connection) as queries:
            client.get("/playbook/publications/")
        history.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/playbook/publications/{publication.pk}/")
        people.append(len(queries))
    # Session, reader, publications, the version in force, bell.
    assert history == [5, 5, 5]
    # Session, reader, bell; the publication, how far it is (2) and what is in force; the definitions (5); whom it
    # concerns (3), what held of them before and after, and the people, their moves, versions and reasons (4).
    assert people == [18, 18, 18]

"""One thing done to many: through the one door, for those one may change, all or part by part."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier
from urllib.parse import unquote

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from ripeline.contacts.lists import asking, bulk, bulk_undo
from ripeline.contacts.lists.bulk import Task
from ripeline.people.models import Contact, User
from ripeline.timeline.definitions.active import active_playbook
from ripeline.timeline.models import Standing, Touch
from ripeline.worker import catch_up
from tests.contacts.people import happen
from tests.factories import make_contact, make_playbook, make_user, sign_in, stand

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer() -> User:
    make_playbook()
    return make_user("marketing", "Mia Market")


@pytest.fixture
def client(marketer: User) -> Client:
    return sign_in(marketer)


def say(client: Client, **posted: object) -> str:
    """Posts a bulk action; the page it leads to."""
    return client.post("/contacts/bulk", posted, follow=True).content.decode()


def keys(*contacts: Contact) -> list[str]:
    return [contact.key for contact in contacts]


def test_a_move_is_a_touch_with_its_reason_and_shows_at_once(client: Client) -> None:
    ann, bea = make_contact("Ann"), make_contact("Bea")
    page = say(
        client, action="stage_set", stage="mql", reason_stage_set="met at the fair", key=keys(ann, bea)
    )
    assert "Moved 2 contacts." in page
    touches = Touch.objects.filter(kind="stage_set")
    assert {touch.contact_id for touch in touches} == {ann.pk, bea.pk}
    mia = User.objects.get()
    assert touches[0].attrs == {"by": "Mia Market", "by_id": mia.pk, "reason": "met at the fair"}
    assert set(Standing.objects.values_list("stage", flat=True)) == {"mql"}
    assert len(re.findall('title="MQL"', page)) == 2


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"action": "stage_set", "stage": "mql"}, "Say why"),
        ({"action": "stage_set", "stage": "moon", "reason_stage_set": "x"}, "There is no stage"),
        ({"action": "disqualified", "reason_recycled": "of another menu"}, "Say why"),
        ({"action": "owner", "owner": "999999"}, "Choose who"),
        ({"action": "owner", "owner": "x"}, "Choose who"),
        ({"action": "tag", "tag": " "}, "Write the tag"),
        ({"action": "tag", "tag": "x" * 41}, "at most 40"),
        ({"action": "delete"}, "Press the button of what"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_happens(
    client: Client, posted: dict[str, str], sentence: str
) -> None:
    ann = make_contact("Ann")
    assert sentence in say(client, key=keys(ann), **posted)
    assert not Touch.objects.exists()
    ann.refresh_from_db()
    assert (ann.owner, ann.tags) == (None, [])


def field_of(page: str, name: str) -> str:
    """The field of the bar for those ticked, up to the end of its tag."""
    found = re.search(rf'<(?:input|select)[^>]* name="{name}"[^>]*>', page.partition("data-bulk")[2])
    assert found
    return found[0]


def ticked(page: str) -> list[str]:
    return re.findall(r'name="key" value="([^"]+)"[^>]* checked', page)


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"action": "stage_set", "stage": "mql", "tag": "half"}, "reason_stage_set"),
        ({"action": "stage_set", "stage": "moon", "reason_stage_set": "<b>met</b>"}, "stage"),
        ({"action": "disqualified", "reason_recycled": "of another menu"}, "reason_disqualified"),
        ({"action": "owner", "owner": "999999"}, "owner"),
        ({"action": "untag", "tag": "x" * 41}, "tag"),
        ({"action": "tag", "tag": "", "everything": "1", "reason_reopened": "kept"}, "tag"),
    ],
)
def test_a_refused_task_keeps_who_was_ticked_and_what_was_typed_and_says_why_at_the_field(
    client: Client, monkeypatch: pytest.MonkeyPatch, posted: dict[str, str], field: str
) -> None:
    monkeypatch.setattr(asking, "SIZE", 2)
    ann, bea, cleo = make_contact("Ann"), make_contact("Bea"), make_contact("Cleo")
    first = client.get("/contacts/?sort=name").content.decode()
    second = re.search(r'rel="next" href="\?sort=name&amp;(after=[^"]+)"', first)
    assert second
    sent = {**posted, "query": "sort=name", "page": second[1], "key": keys(cleo, ann)}
    answer = client.post("/contacts/bulk", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    # The page that was shown, not the first; whoever is not on it any more is told of.
    assert (bea.name in page, ticked(page)) == (False, [cleo.key])
    assert "One of those you ticked is on another page by now" in page
    assert field_of(page, field).endswith('aria-invalid="true" aria-describedby="bulk-wrong" autofocus>')
    assert page.count("bulk-wrong") == 2
    for name in ("tag", "reason_stage_set", "reason_recycled", "reason_reopened"):
        assert f'value="{escape(posted.get(name, ""))}"' in field_of(page, name)
    assert (" checked" in field_of(page, "everything")) == ("everything" in posted)
    # The page stands at the address of the form, which nobody can visit.
    assert 'href="?' not in page


def test_of_all_that_match_the_bar_says_how_many(client: Client) -> None:
    make_contact("Ann")
    assert ", 1 in all" in client.get("/contacts/").content.decode()
    counted = client.get("/contacts/count").content.decode()
    assert re.search(r'<span id="bulk-all-count" hx-swap-oob="true">, 1 in all</span>', counted)


def test_nobody_ticked_is_said(client: Client) -> None:
    assert "Tick the contacts first." in say(client, action="tag", tag="vip")


def test_disqualified_and_reopened(client: Client) -> None:
    ann = make_contact("Ann")
    say(client, action="disqualified", reason_disqualified="a student", key=keys(ann))
    assert Standing.objects.get().status == "disqualified"
    say(client, action="reopened", reason_reopened="has a job now", key=keys(ann))
    assert Standing.objects.get().status == "active"


def test_sent_back_to_nurturing(client: Client) -> None:
    ann = make_contact("Ann")
    say(client, action="stage_set", stage="mql", reason_stage_set="x", key=keys(ann))
    say(client, action="recycled", reason_recycled="not now", key=keys(ann))
    assert Standing.objects.get().stage == "suspect"


def test_owner_and_tags_are_set_and_can_be_undone(client: Client, marketer: User) -> None:
    seller = make_user("sales", "Sam Sales")
    ann, bea = make_contact("Ann", owner=seller, tags=("old",)), make_contact("Bea")
    say(client, action="owner", owner=str(marketer.pk), key=keys(ann, bea))
    assert set(Contact.objects.values_list("owner", flat=True)) == {marketer.pk}
    client.post("/contacts/bulk/undo")
    assert list(Contact.objects.order_by("pk").values_list("owner", flat=True)) == [seller.pk, None]
    say(client, action="tag", tag="vip", key=keys(ann, bea))
    assert list(Contact.objects.order_by("pk").values_list("tags", flat=True)) == [["old", "vip"], ["vip"]]
    say(client, action="untag", tag="old", key=keys(ann, bea))
    assert list(Contact.objects.order_by("pk").values_list("tags", flat=True)) == [["vip"], ["vip"]]
    client.post("/contacts/bulk/undo")
    assert list(Contact.objects.order_by("pk").values_list("tags", flat=True)) == [["old", "vip"], ["vip"]]
    assert "nothing left to undo" in client.post("/contacts/bulk/undo", follow=True).content.decode()
    say(client, action="owner", owner="none", key=keys(ann))
    assert not Contact.objects.filter(owner__isnull=False).exists()


def test_a_move_undone_is_gone_and_the_rules_go_on_as_before(client: Client) -> None:
    ann, bea = make_contact("Ann"), make_contact("Bea")
    happen(ann, "form_submitted", timezone.now() - timedelta(days=1))
    catch_up()
    say(client, action="stage_set", stage="mql", reason_stage_set="x", key=keys(ann, bea))
    assert set(Standing.objects.values_list("stage", "suspended")) == {("mql", True)}
    assert "Undone for 2 contacts." in client.post("/contacts/bulk/undo", follow=True).content.decode()
    stands = {pk: rest for pk, *rest in Standing.objects.values_list("contact", "stage", "suspended")}
    # Nothing is known of Bea: she stands nowhere, as before.
    assert stands == {ann.pk: ["lead", False], bea.pk: ["", False]}
    assert not Touch.objects.filter(kind="stage_set").exists()


def test_what_is_done_and_undone_leads_back_to_the_list_it_was_done_in(client: Client) -> None:
    anns = [make_contact(f"Ann {number}", source="ads") for number in range(3)]
    here, page = "source=ads&sort=name", f"after={anns[0].pk}~ann+0"
    posted = {"action": "tag", "tag": "vip", "key": keys(*anns[1:]), "query": here, "page": page}
    done = client.post("/contacts/bulk", posted, follow=True)
    shown = f"/contacts/?{here}&{page.replace('~', '%7E')}"
    assert unquote(done.redirect_chain[0][0]) == unquote(shown)
    undo = re.search(r'action="(/contacts/bulk/undo[^"]*)"', done.content.decode())
    assert undo
    undone = client.post(unescape(undo[1]), follow=True)
    assert unquote(undone.redirect_chain[0][0]) == unquote(shown)
    assert [row.name for row in undone.context["rows"]] == ["Ann 1", "Ann 2"]
    assert "Undone for 2 contacts." in undone.content.decode()
    assert unquote(client.post(unescape(undo[1]))["Location"]) == unquote(shown), "nothing is left to undo"


def test_disqualifying_undone_leaves_the_rules_in_force(client: Client) -> None:
    ann = make_contact("Ann")
    happen(ann, "form_submitted", timezone.now() - timedelta(days=1))
    say(client, action="disqualified", reason_disqualified="x", key=keys(ann))
    assert Standing.objects.get().status == "disqualified"
    client.post("/contacts/bulk/undo")
    found = Standing.objects.get()
    assert (found.status, found.stage, found.suspended) == ("active", "lead", False)


def test_a_move_a_colleague_made_since_is_left_when_the_earlier_one_is_undone(client: Client) -> None:
    ann, bea = make_contact("Ann"), make_contact("Bea")
    say(client, action="stage_set", stage="lead", reason_stage_set="x", key=keys(ann, bea))
    other = sign_in(make_user("marketing", "Otto Other"))
    say(other, action="stage_set", stage="mql", reason_stage_set="y", key=keys(ann))
    page = client.post("/contacts/bulk/undo", follow=True).content.decode()
    assert "Undone for one contact." in page
    assert "One was changed by somebody since" in page
    assert dict(Standing.objects.values_list("contact", "stage")) == {ann.pk: "mql", bea.pk: ""}


def test_undoing_an_owner_keeps_what_a_colleague_did_since(client: Client, marketer: User) -> None:
    ann, bea, cas = make_contact("Ann"), make_contact("Bea"), make_contact("Cas", owner=marketer)
    say(client, action="owner", owner=str(marketer.pk), key=keys(ann, bea, cas))
    colleague = make_user("marketing", "Otto Other")
    other = sign_in(colleague)
    say(other, action="tag", tag="vip", key=keys(ann, bea))
    say(other, action="owner", owner=str(colleague.pk), key=keys(ann))
    page = client.post("/contacts/bulk/undo", follow=True).content.decode()
    assert "Undone for one contact." in page
    assert "One was changed by somebody since" in page
    assert list(Contact.objects.order_by("pk").values_list("owner", "tags")) == [
        (colleague.pk, ["vip"]),
        (None, ["vip"]),
        (marketer.pk, []),  # they had that owner before: nothing to undo
    ]


def test_undoing_a_tag_takes_that_tag_alone(client: Client) -> None:
    ann, bea = make_contact("Ann"), make_contact("Bea", tags=("vip",))
    say(client, action="tag", tag="vip", key=keys(ann, bea))
    other = sign_in(make_user("marketing", "Otto Other"))
    say(other, action="tag", tag="fair", key=keys(ann, bea))
    client.post("/contacts/bulk/undo")
    # Bea had it before.
    assert list(Contact.objects.order_by("pk").values_list("tags", flat=True)) == [["fair"], ["vip", "fair"]]


def test_a_tag_put_back_by_a_colleague_is_not_put_back_twice(client: Client) -> None:
    ann = make_contact("Ann", tags=("vip", "old"))
    say(client, action="untag", tag="vip", key=keys(ann))
    say(sign_in(make_user("marketing", "Otto Other")), action="tag", tag="vip", key=keys(ann))
    page = client.post("/contacts/bulk/undo", follow=True).content.decode()
    assert "One was changed by somebody since" in page
    ann.refresh_from_db()
    assert ann.tags == ["old", "vip"]


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_who_tag_at_once_both_have_their_tag(marketer: User) -> None:
    """Each reads under a lock what it writes, so none overwrites the other's with what it read before."""
    contacts = [make_contact(f"Ann {number}") for number in range(40)]
    ids, playbook = [each.pk for each in contacts], active_playbook()
    start = Barrier(2)

    def tag(name: str) -> None:
        start.wait()
        for number in range(5):
            bulk.do_to(ids, Task("tag", marketer, name, f"{name}{number}"), playbook, now=timezone.now())
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tag, ("a", "b")))
    wanted = {f"{name}{number}" for name in "ab" for number in range(5)}
    assert all(set(tags) == wanted for tags in Contact.objects.values_list("tags", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one write at a time")
@pytest.mark.parametrize("is_undone", [False, True], ids=["done", "undone"])
def test_a_worker_writes_about_contacts_that_a_colleague_changes_at_the_moment(
    client: Client, monkeypatch: pytest.MonkeyPatch, is_undone: bool
) -> None:
    """Else each waits for the other: the worker holds the mark that the colleague's touch is to raise."""
    ann = make_contact("Ann")
    say(client, action="tag", tag="vip", key=keys(ann))
    written: list[int] = []

    def write_beside() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")
            happen(ann, "form_submitted", timezone.now())
            written.append(1)
        connection.close()

    def do(*given: object) -> object:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(write_beside).result()
        return was(*given)

    module, name = (bulk_undo, "_put_back") if is_undone else (bulk, "_do")
    was = getattr(module, name)
    monkeypatch.setattr(module, name, do)
    if is_undone:
        client.post("/contacts/bulk/undo")
    else:
        say(client, action="untag", tag="vip", key=keys(ann))
    assert written
    assert Contact.objects.get().tags == []


def test_a_salesperson_changes_their_own_and_nobodys_and_hears_of_the_rest(marketer: User) -> None:
    seller = make_user("sales", "Sam Sales")
    own, free = make_contact("Own", owner=seller), make_contact("Free")
    other = make_contact("Other", owner=marketer)
    client = sign_in(seller)
    page = say(client, action="tag", tag="vip", key=keys(own, free, other))
    assert "Tag added to 2 contacts." in page
    assert "One belongs to somebody else" in page
    assert set(Contact.objects.filter(tags=["vip"])) == {own, free}
    page = say(client, action="disqualified", reason_disqualified="x", everything="1", query="", after="0")
    assert "Disqualified 2 contacts." in page
    assert set(Touch.objects.values_list("contact", flat=True)) == {own.pk, free.pk}


def test_all_that_match_are_done_part_by_part_and_a_part_asked_for_twice_counts_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    for number in range(5):
        stand(make_contact(f"Ann {number}", source="ads"), "lead")
    make_contact("Bea")
    posted: dict[str, str] = {
        "action": "stage_set",
        "stage": "mql",
        "reason_stage_set": "all of them",
        "everything": "1",
        "query": "source=ads&stage=lead",
    }
    seen = []
    for _ in range(3):
        page = client.post("/contacts/bulk", posted).content.decode()
        posted = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        posted["query"] = posted["query"].replace("&amp;", "&")
        del posted["csrfmiddlewaretoken"]
        seen.append(re.findall(r"\d of \d contacts|Move \d contacts\?(?=</h1>)", page))
        # The browser that lost the answer asks again.
        client.post("/contacts/bulk", posted)
    last = client.post("/contacts/bulk", posted)
    # What is done no longer matches "a lead", and was still counted once.
    assert seen == [["Move 5 contacts?"], ["2 of 5 contacts"], ["4 of 5 contacts"]]
    assert last["Location"] == "/contacts/?source=ads&stage=lead"
    assert Touch.objects.filter(kind="stage_set").count() == 5
    assert not Touch.objects.filter(contact__name="Bea").exists()


def test_all_that_match_are_left_alone_until_their_number_was_seen(client: Client) -> None:
    make_contact("Ann"), make_contact("Bea")
    page = say(client, action="tag", tag="fair", everything="1", query="q=ann")
    assert "Add the tag to 1 contacts?" not in page
    assert "Add the tag to one contact?" in page
    assert not Contact.objects.filter(tags=["fair"]).exists()


def test_enter_without_scripts_does_nothing_that_was_not_asked_for(client: Client) -> None:
    ann = make_contact("Ann")
    page = client.get("/contacts/").content.decode()
    form = page[page.index('<form id="bulk"') :]
    first = re.search(r"<button[^>]*>", form)
    assert first
    assert 'name="action" value=""' in first.group()
    page = say(client, action="", tag="typed", key=keys(ann))
    assert "Press the button of what is to be done with them." in page
    assert 'value="typed"' in page


def test_htmx_is_led_back_to_the_list(client: Client) -> None:
    make_contact("Ann")
    answer = client.post(
        "/contacts/bulk",
        {"action": "tag", "tag": "x", "everything": "1", "query": "q=ann", "after": "0"},
        headers={"HX-Request": "true"},
    )
    assert answer["HX-Redirect"] == "/contacts/?q=ann"


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {}], ids=["htmx", "plain"])
def test_the_way_back_is_an_address_of_one_line_whatever_was_sent(
    client: Client, headers: dict[str, str]
) -> None:
    posted = {"action": "tag", "tag": "x", "query": "q=a\r\nSet-Cookie: a=b&stage=lead"}
    posted |= {"key": make_contact("Ann").key}
    answer = client.post("/contacts/bulk", posted, headers=headers)
    address = answer["HX-Redirect"] if headers else answer["Location"]
    assert address == "/contacts/?q=a%0D%0ASet-Cookie%3A+a%3Db&stage=lead"

"""Two camps through the pages: begun, ended and begun again; where they disagree, about whom, and who was right."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.lifecycle.playbook import load_playbook
from ripeline.people.models import Contact, User
from ripeline.playbooks.camps.words import say_agreement, say_who_was_right
from ripeline.playbooks.drafts.saving import discard_draft, save_draft, start_draft
from ripeline.timeline.camps.keeping import HandOffs, end_camp, running_camp, start_camp
from ripeline.timeline.camps.models import Camp
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import PlaybookVersion
from ripeline.timeline.record import record
from ripeline.worker import catch_up
from tests.factories import make_user, sign_in
from tests.timeline.people import PLAYBOOK, fact, make_contact

DAY = timedelta(days=1)
SALES = PLAYBOOK.replace("enter: {signal: email_replied, within: 90d}", "enter: {signal: call_held}")
OTHER_LADDER = (
    PLAYBOOK.replace("{key: lead, title: Lead,", "{key: interested, title: Interested,")
    .replace("to: lead", "to: interested")
    .replace("recycle_to: lead", "recycle_to: interested")
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> User:
    activate(PLAYBOOK, now=timezone.now() - 90 * DAY)
    return make_user("marketing", "Mia Market")


@pytest.fixture
def client(mia: User) -> Client:
    return sign_in(mia)


def sales_camp(name: str = "Sales") -> Camp:
    now = timezone.now()
    camp = start_camp(name, keep_version(SALES, now=now).version, by=None, note="calls count", now=now)
    assert isinstance(camp, Camp)
    catch_up()
    return camp


def person(name: str, *kinds: str) -> Contact:
    """Somebody to whom these things happened, a day each, up to now."""
    now = timezone.now()
    contact = make_contact(name, now=now - 30 * DAY)
    days = range(len(kinds), 0, -1)
    record([fact(contact, kind, now - day * DAY) for day, kind in zip(days, kinds, strict=True)], now=now)
    catch_up()
    return contact


def read(client: Client, address: str = "/playbook/camps/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def shown(client: Client) -> dict[str, str]:
    """What the page's form says it showed: the version in force, or the camp that runs."""
    return dict(re.findall(r'<input type="hidden" name="(beside|camp)" value="([^"]*)"', read(client)))


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_without_a_camp_the_page_says_what_one_is_for_and_how_to_begin(client: Client, mia: User) -> None:
    html = read(client)
    assert "who was right" in html
    assert "Keep it running" in html
    assert "Shipped with Ripeline" in html
    assert f"version {PlaybookVersion.objects.get().version}" not in html, "the one in force is not offered"
    seller = sign_in(make_user("sales", "Sam"))
    assert "Marketing and administrators can begin one" in read(seller)
    assert "Keep it running" not in read(seller)


def test_a_draft_is_kept_running_under_a_name_ended_and_begun_again(client: Client, mia: User) -> None:
    version = PlaybookVersion.objects.get(is_active=True)
    draft = start_draft(version, by=mia, now=timezone.now(), text=SALES, title="What sales means")
    (option,) = re.findall(rf'<option value="(draft {draft.pk} [^"]*)"', read(client))
    sent = {"name": " Sales ", "definition": option, "note": "calls count"}
    done = client.post("/playbook/camps/start", shown(client) | sent, follow=True)
    assert "Two camps: in force, and Sales" in done.content.decode()
    camp = running_camp()
    assert camp is not None
    assert (camp.name, camp.author, camp.note, camp.version.text) == ("Sales", mia, "calls count", SALES)
    ended = client.post("/playbook/camps/end", shown(client), follow=True).content.decode()
    assert "has ended" in ended
    assert f'action="/playbook/camps/{camp.pk}/again"' in ended
    assert running_camp() is None
    client.post(f"/playbook/camps/{camp.pk}/again")
    begun = running_camp()
    assert begun is not None
    assert (begun.name, begun.version_id, begun.pk == camp.pk) == ("Sales", camp.version_id, False)


def test_what_changed_since_the_page_was_opened_is_looked_at_first(client: Client, mia: User) -> None:
    version = PlaybookVersion.objects.get(is_active=True)
    draft = start_draft(version, by=mia, now=timezone.now(), text=SALES, title="What sales means")
    sent = shown(client) | {"name": "Sales", "definition": f"draft {draft.pk} at 1"}
    save_draft(draft, OTHER_LADDER, seen=1, by=mia, now=timezone.now(), what="The text")
    html = client.post("/playbook/camps/start", sent).content.decode()
    assert "Somebody saved “What sales means” meanwhile" in html
    activate(PLAYBOOK.replace("gte: 30", "gte: 25"), now=timezone.now())
    html = client.post(
        "/playbook/camps/start", sent | {"definition": f"draft {draft.pk} at 2"}
    ).content.decode()
    assert "Somebody published meanwhile" in html
    discard_draft(draft, now=timezone.now())
    sent |= shown(client)
    html = client.post(
        "/playbook/camps/start", sent | {"definition": f"draft {draft.pk} at 2"}
    ).content.decode()
    assert "“What sales means” was discarded" in html
    assert not Camp.objects.exists()


def test_another_camp_than_the_page_showed_is_not_ended(client: Client) -> None:
    sales_camp()
    seen = shown(client)
    end_camp(now=timezone.now())
    sales_camp("Presales")
    for sent in (seen, {}):
        html = client.post("/playbook/camps/end", sent, follow=True).content.decode()
        assert "“Presales” runs by now" in html
    camp = running_camp()
    assert camp is not None
    assert camp.name == "Presales"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": " "}, "Give it a name"),
        ({"name": "x" * 81}, "at most 80 letters"),
        ({"definition": ""}, "Choose the definition"),
        ({"definition": "draft 999"}, "That draft is not there any more"),
        ({"definition": "in force"}, "is the one in force"),
        ({"definition": "draft"}, "Choose the definition"),
    ],
)
def test_what_cannot_be_begun_is_refused_with_what_was_typed(
    client: Client, mia: User, sent: dict[str, str], said: str
) -> None:
    typed = {"name": "Sales", "definition": "shipped schurq", "note": "spring <cleaning>"} | sent
    answer = client.post("/playbook/camps/start", typed)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert said in html
    assert "spring &lt;cleaning&gt;</textarea>" in html
    assert running_camp() is None
    assert PlaybookVersion.objects.count() == 1


def test_a_draft_with_mistakes_cannot_be_a_camp(client: Client, mia: User) -> None:
    version = PlaybookVersion.objects.get(is_active=True)
    draft = start_draft(version, by=mia, now=timezone.now(), text="key: x\n", title="Half done")
    answer = client.post("/playbook/camps/start", {"name": "Sales", "definition": f"draft {draft.pk}"})
    assert "“Half done” has mistakes" in answer.content.decode()
    seen = shown(client)
    sales_camp()
    answer = client.post("/playbook/camps/start", seen | {"name": "Other", "definition": "shipped schurq"})
    assert "Sales runs already" in answer.content.decode()
    assert Camp.objects.count() == 1


def test_the_table_says_where_they_disagree_and_leads_to_the_people(client: Client) -> None:
    sales_camp()
    person("Eva Lind", "email_replied", "rejected")
    person("Jan Vos", "call_held", "accepted", "deal_won")
    person("Ida Berg", "call_held", "email_replied")
    html = read(client)
    said = text_of(html)
    assert "Of 3 people, 1 stands at the same stage by both definitions; 2 stand elsewhere" in said
    asked = "/playbook/camps/people/?ours=suspect&amp;theirs=prospect"
    assert f'<a href="{asked}">1<span class="visually-hidden"> differ</span></a>' in html
    assert "?ours=prospect&amp;theirs=prospect" in html
    people = read(client, asked.replace("&amp;", "&"))
    told = text_of(people)
    assert "Jan Vos" in told
    assert "Eva Lind" not in told
    assert "No rule has moved them since their first touch." in told, "why ours has him where he is"
    assert re.search(r"Prospect on \d+ \w+ because", told)
    assert "deal won" in told.lower()


def test_hand_offs_are_counted_for_each_camp_and_said_in_words(client: Client) -> None:
    sales_camp()
    person("Eva Lind", "email_replied", "rejected")
    person("Jan Vos", "call_held", "accepted", "deal_won")
    said = text_of(read(client))
    assert (
        "Of 1 rejection by sales, 1 stood lower by that of Sales and would have been held back; none" in said
    )
    assert (
        "Of 1 acceptance by sales, none stood lower by that of Sales, so nobody would have been kept" in said
    )
    assert "Of 1 won deal, 1 stood higher just before by that of Sales" in said
    assert "These are few: a hint at most." in said
    ours, theirs = said.split("In force Stage just before")[1].split("Sales Stage just before")
    assert re.search(r"Prospect\s+0\s+1\s+0%", ours)
    assert re.search(r"Prospect\s+1\s+0\s+100%", theirs)


def test_where_nothing_was_decided_yet_the_page_says_what_to_do(client: Client) -> None:
    sales_camp()
    assert "Nobody has been assessed by both yet" in text_of(read(client))
    person("Jan Vos", "call_held")
    assert "Ask sales to mark hand-offs" in text_of(read(client))


def test_ladders_that_differ_are_not_held_against_each_other() -> None:
    counted = [HandOffs("rejected", "prospect", "prospect", 40)]
    ours, theirs = load_playbook(PLAYBOOK), load_playbook(OTHER_LADDER)
    assert say_who_was_right(counted, ours, theirs, "Sales") == (
        "The two ladders have different stages, so neither is above the other: the tables tell each apart.",
    )
    assert say_who_was_right([], ours, ours, "Sales") == ()
    many = say_who_was_right(counted, ours, ours, "Sales")
    assert many == (
        "Of 40 rejections by sales, none stood lower by that of Sales, so nobody would have been held back; "
        "none stood higher.",
    )
    assert say_agreement(5, 0, "Sales") == "All 5 people stand at the same stage by both definitions."
    assert say_agreement(1, 0, "Sales") == "The only person stands at the same stage by both definitions."


def test_what_was_decided_under_an_earlier_ladder_is_neither_higher_nor_lower() -> None:
    ours = load_playbook(PLAYBOOK)
    counted = [HandOffs("rejected", "prospect", "lead", 40), HandOffs("rejected", "warm", "prospect", 3)]
    assert say_who_was_right(counted, ours, ours, "Sales") == (
        "Of 40 rejections by sales, 40 stood lower by that of Sales and would have been held back; none stood higher.",
        "3 decisions fell under an earlier ladder with other stages: the tables tell each apart.",
    )


def test_the_camps_definition_put_in_force_leaves_nothing_to_compare(client: Client) -> None:
    camp = sales_camp()
    assert "there is nothing left to compare" not in read(client)
    activate(SALES, now=timezone.now())
    catch_up()
    assert "there is nothing left to compare" in read(client)
    assert running_camp() == camp


def test_names_and_notes_are_shown_and_not_obeyed(client: Client) -> None:
    sales_camp("<script>alert(1)</script>")
    person("<b>Eva</b>", "email_replied", "rejected")
    for address in ("/playbook/camps/", "/playbook/camps/people/?ours=prospect&theirs=suspect"):
        html = read(client, address)
        assert "<script>alert" not in html
        assert "<b>Eva" not in html


def test_a_camp_that_cannot_be_read_any_more_can_be_ended(client: Client) -> None:
    camp = sales_camp()
    PlaybookVersion.objects.filter(pk=camp.version_id).update(text="key: of an earlier release\n")
    eva = person("Eva Lind", "call_held")
    assert "cannot be read any more" in read(client)
    assert client.get("/playbook/camps/people/?ours=lead&theirs=mql").status_code == 302
    assert "Two definitions" not in read(client, f"/contacts/{eva.key}")
    assert "has ended" in client.post("/playbook/camps/end", shown(client), follow=True).content.decode()


def test_odd_addresses_are_answered(client: Client) -> None:
    assert client.get("/playbook/camps/people/?ours=lead&theirs=mql").status_code == 302
    sales_camp()
    for query in ("", "?ours=lead"):
        assert client.get(f"/playbook/camps/people/{query}").status_code == 404
    for after in ("x", "-1", "²", "9" * 30):
        assert client.get(f"/playbook/camps/people/?ours=lead&theirs=mql&after={after}").status_code == 200
    assert "Nobody stands so" in read(client, "/playbook/camps/people/?ours=lead&theirs=nowhere")


def test_many_people_are_shown_a_page_at_a_time(client: Client) -> None:
    sales_camp()
    for number in range(27):
        now = timezone.now()
        contact = make_contact(f"Person {number:02}", now=now - 30 * DAY)
        record([fact(contact, "call_held", now - DAY)], now=now)
    catch_up()
    first = read(client, "/playbook/camps/people/?ours=suspect&theirs=prospect")
    after = re.search(r"after=(\d+)", first)
    assert after is not None
    second = read(client, f"/playbook/camps/people/?ours=suspect&theirs=prospect&after={after[1]}")
    assert ("Person 24" in first, "Person 25" in first) == (True, False)
    assert ("Person 24" in second, "Person 26" in second) == (False, True)


def test_the_queries_do_not_grow_with_the_people(client: Client) -> None:
    sales_camp()
    table, people = [], []
    for number in range(3):
        person(f"Person {number}", "call_held")
        with CaptureQueriesContext(connection) as queries:
            read(client)
        table.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            read(client, "/playbook/camps/people/?ours=suspect&theirs=prospect")
        people.append(len(queries))
    # Session, reader, bell; camp, two definitions; how far it is, pairs, fates, hand-offs.
    assert table == [10, 10, 10]
    # Session, reader, bell; camp, two definitions; the people, their moves, touches and fates.
    assert people == [10, 10, 10]


def test_all_that_ended_are_listed_a_page_at_a_time(client: Client) -> None:
    version, now = keep_version(SALES, now=timezone.now()).version, timezone.now()
    Camp.objects.bulk_create(
        Camp(
            name=f"Camp {n:02}",
            version_id=version,
            since=now - n * DAY,
            until=now,
            is_running=False,
            is_swept=True,
        )
        for n in range(45)
    )
    seen, address = list[str](), "/playbook/camps/"
    for _ in range(3):
        html = read(client, address)
        seen += re.findall(r"<td>(Camp \d\d)", html)
        address = "/playbook/camps/" + "".join(re.findall(r'rel="next" href="([^"]+)"', html))
    assert seen == [f"Camp {n:02}" for n in range(45)]
    assert address == "/playbook/camps/"
    assert client.get("/playbook/camps/?before=999999").status_code == 404

"""The pages of segments: written without scripts, counted, kept; who is in one and why; the contacts list by them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.nurture.segments import counting, form
from ripeline.nurture.segments.asking import Terms
from ripeline.nurture.segments.keeping import add_segment
from ripeline.nurture.segments.members import in_segment, keys_of
from ripeline.nurture.segments.models import Segment
from ripeline.nurture.segments.reading import DefinitionMistakes, read_definition
from ripeline.nurture.segments.terms import read_known
from ripeline.people.models import Contact
from tests.factories import NOW, make_contact, make_playbook, make_user, sign_in, stand
from tests.nurture.segments.test_keeping import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    make_playbook()
    for name, stage, tags in (("Ann", "lead", ("vip",)), ("Ben", "lead", ()), ("Cyd", "mql", ("vip",))):
        stand(make_contact(name, tags=tags), stage)
    return sign_in(make_user())


def typed(definition: dict[str, Any], **more: str) -> dict[str, Any]:
    """What a browser posts of the form that shows a definition."""
    found: dict[str, Any] = {**more}

    def put(node: form.Node) -> None:
        found[f"{node.path}|is"] = node.word
        found.update({f"{node.path}|{name}": value for name, value in node.values.items()})
        for part in node.parts:
            put(part)

    put(form.nodes_of(definition))
    return found


ASKED = {
    "all": [
        {"stage": ["lead"]},
        {"score": {"gte": 2.5}},
        {"any": [{"tag": ["vip", "x"]}, {"none": [{"consent": "offers", "is": "withdrawn"}]}]},
        {"trait": {"budget": {"in": [1000, "1000"]}}},
        {"company": {"employees": {"gte": 50}}},
        {
            "touch": {
                "kind": ["page_viewed", "form_submitted"],
                "subject": ["/pricing*"],
                "attrs": {"campaign": {"glob": "spring*"}, "seconds": {"gt": 3}},
                "actor": ["human"],
                "count": 2,
                "within": "2w",
            }
        },
        {"segment": "other"},
        {"owner": ["none"]},
    ]
}


def test_what_a_form_shows_of_a_definition_is_the_definition_again(client: Client) -> None:
    posted = QueryDict(mutable=True)
    for name, value in typed(ASKED).items():
        posted.setlist(name, value if isinstance(value, list) else [value])
    assert form.read_form(posted) == ASKED


def test_a_segment_is_written_without_scripts_and_mistakes_stand_where_they_were_made(client: Client) -> None:
    start = client.get("/segments/new")
    assert 'name="r.0|v"' in start.text
    empty = typed({"all": [{"stage": []}]}, title="Vip leads", **{"r|new": "tag"})
    more = client.post("/segments/new", {**empty, "do": "add:r"})
    assert (more.status_code, 'name="r.1|v"' in more.text, Segment.objects.exists()) == (200, True, False)
    less = client.post(
        "/segments/new", {**typed({"all": [{"stage": []}, {"tag": ["x"]}]}), "do": "remove:r.0"}
    )
    assert ('value="x"' in less.text, 'name="r.1|v"' in less.text) == (True, False)
    wrong = client.post("/segments/new", {**empty, "do": "save"})
    assert wrong.status_code == 422
    assert "The list is empty; name at least one" in wrong.text
    asked = {"all": [{"stage": ["lead"]}, {"tag": ["vip"]}]}
    counted = client.post("/segments/new", {**typed(asked, title="Vip leads"), "do": "count"})
    assert ("<b>1</b> contact at this moment" in counted.text, Segment.objects.exists()) == (True, False)
    kept = client.post("/segments/new", {**typed(asked, title="Vip leads"), "do": "save"}, follow=True)
    assert kept.redirect_chain == [("/segments/vip-leads/", 302)]
    assert "Stage is Lead" in kept.text
    work(timezone.now())
    shown = client.get("/segments/vip-leads/").text
    assert "<b>1</b> contact" in shown
    assert "The segment was written or changed" in shown
    changed = {"any": [{"stage": ["lead"]}, {"tag": ["vip"]}]}
    client.post("/segments/vip-leads/edit", {**typed(changed), "do": "save"})
    work(timezone.now())
    assert len(in_segment("vip-leads")) == 3
    assert [row.number for row in Segment.objects.get().revisions.order_by("number")] == [1, 2]


def test_a_count_that_takes_too_long_is_stopped_and_says_so(client: Client) -> None:
    asked = read_definition({"all": [{"stage": ["lead"]}]})
    assert counting.count(asked, Terms(NOW), seconds=4).number == 2
    # Everybody with everybody, three times over.
    slow = "SELECT c.id AS id FROM ripeline_contact c, ripeline_contact d " + "".join(
        f", (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000) SELECT x FROM n) n{each}"
        for each in range(3)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "find", lambda *_: counting.Sql(slow))
        assert counting.count(asked, Terms(NOW), seconds=0.1).number is None
    # What comes after is asked without a limit.
    assert Contact.objects.count() == 3


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_counts_nobody_and_asks_the_same_for_one_segment_as_for_three(
    client: Client, count: int
) -> None:
    for number in range(count):
        add_segment(f"Number {number}", {"all": [{"stage": ["lead"]}]}, by=None, now=NOW)
    work()
    client.get("/segments/")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/segments/").text
    assert page.count('<td class="num">2</td>') == count
    # Session, user, segments, who waits longest, bell.
    assert len(queries) == 5, [each["sql"] for each in queries]


def test_why_somebody_is_in_it_or_not_is_told_condition_by_condition(client: Client) -> None:
    asked = {"all": [{"stage": ["lead"]}, {"none": [{"tag": ["vip"]}]}]}
    add_segment("Plain leads", asked, by=None, now=NOW)
    work()
    ann, ben = Contact.objects.get(name="Ann"), Contact.objects.get(name="Ben")
    there = client.get("/segments/plain-leads/", {"who": "Ben@theirs.example"})
    assert there.headers["Location"] == f"/segments/plain-leads/people/{ben.key}/"
    assert "Why they are in it" in client.get(there.headers["Location"]).text
    not_in = client.get(f"/segments/plain-leads/people/{ann.key}/").text
    assert "Why they are not in it" in not_in
    assert "They never were in it." in not_in
    assert not_in.count("suits-not") == 3  # the whole, none of these, tagged vip
    assert (
        "No contact has the address x@y.example" in client.get("/segments/plain-leads/?who=x@y.example").text
    )
    assert "Plain leads" in client.get(f"/contacts/{ben.key}").text


def test_the_contacts_list_shows_exports_and_fills_segments(client: Client) -> None:
    add_segment("Leads", {"all": [{"stage": ["lead"]}]}, by=None, now=NOW)
    fair = add_segment("Fair", None, by=None, now=NOW, kind=Segment.Kind.LIST)
    work()
    listed = client.get("/contacts/?segment=leads").text
    assert ("Ann" in listed, "Cyd" in listed) == (True, False)
    file = b"".join(client.get("/contacts/export.csv?segment=leads")).decode()  # type: ignore[arg-type]
    assert [line.split(",")[0] for line in file.splitlines()[1:]] == ["Ann", "Ben"]
    ann = Contact.objects.get(name="Ann")
    done = client.post("/contacts/bulk", {"key": [ann.key], "action": "list", "list": fair.key}, follow=True)
    assert "Put into the list: one contact." in done.text
    assert set(in_segment("fair")) == {ann.pk}
    client.post("/contacts/bulk/undo")
    assert not in_segment("fair")
    client.post(
        "/contacts/bulk",
        {
            "everything": "1",
            "query": "segment=leads",
            "action": "list",
            "list": "fair",
            "after": "0",
            "token": "t",
        },
    )
    assert len(in_segment("fair")) == 2
    sales = sign_in(make_user("sales"))
    refused = sales.post("/contacts/bulk", {"key": [ann.key], "action": "list", "list": "fair"})
    assert (refused.status_code, "Lists are kept by administrators" in refused.text) == (422, True)


def test_an_archived_segment_has_nobody_and_can_be_put_back(client: Client) -> None:
    add_segment("Leads", {"all": [{"stage": ["lead"]}]}, by=None, now=NOW)
    work()
    client.post("/segments/leads/archive")
    ann = Contact.objects.get(name="Ann")
    assert (keys_of([ann.pk]), "Nobody matches" in client.get("/contacts/?segment=leads").text) == ({}, True)
    assert "Not kept up since it was archived" in client.get("/segments/leads/").text
    client.post("/segments/leads/restore")
    work(timezone.now())
    assert keys_of([ann.pk]) == {ann.pk: ["leads"]}


MISTAKES: list[tuple[Any, str]] = [
    ({"all": [{"stage": ["leed"]}]}, "all[0].stage[0]: there is no stage 'leed'; did you mean 'lead'?"),
    (
        {"all": [{"touch": {"within": "soon"}}]},
        "all[0].touch.within: 'soon' is not a duration; write a number and a unit: 45s, 90m, 12h, 30d or 2w",
    ),
    (
        {"any": [{"none": [{"score": {}}]}]},
        "any[0].none[0].score: the score is compared with nothing; write {gte: 30} or {lt: 30}",
    ),
    (
        {"all": [{"tag": "x", "stage": "lead"}]},
        "all[0]: stage and tag cannot stand together; put them in a group: {all: [..]} or {any: [..]}",
    ),
    (
        {"all": [{"touch": {"subject": "*a*b*c*d*e*f*g"}}]},
        "all[0].touch.subject[0]: '*a*b*c*d*e*f*g' has more than 6 stars; write a simpler pattern",
    ),
    ({"stage": ["lead"]}, "begin with a group: {all: [..]}, {any: [..]} or {none: [..]}"),
    (
        {"all": [{"tag": str(number)} for number in range(51)]},
        "there are more than 50 conditions; make segments of some of them and ask for those",
    ),
]


def test_mistakes_are_sentences_that_say_where(client: Client) -> None:
    for written, said in MISTAKES:
        with pytest.raises(DefinitionMistakes) as wrong:
            read_definition(written, read_known())
        assert str(wrong.value) == said

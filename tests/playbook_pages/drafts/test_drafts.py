"""Writing drafts through the pages: as text and as forms, by one and by two, with nothing lost."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ripeline.lifecycle.playbook import load_playbook, read_plain
from ripeline.playbooks.drafts.models import Draft, DraftSave
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import PlaybookVersion
from tests.factories import make_user, sign_in

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHIPPED = sorted(path.stem for path in (Path(__file__).parents[3] / "playbooks").glob("*.yaml"))
PARTS = ("name", "stages", "rating", "score", "fit", "personas", "answers", "signals")

pytestmark = pytest.mark.django_db
of_the_text = pytest.mark.once
"""What a form makes of a text; that a draft is kept, gone back to and not overwritten is asked on both databases."""


@pytest.fixture
def client() -> Client:
    activate(shipped_playbook("default"), now=NOW)
    return sign_in(make_user("marketing", "Mia Market"))


def begin(client: Client, text: str | None = None) -> Draft:
    """A draft of the playbook in force."""
    version = PlaybookVersion.objects.get(is_active=True).version
    sent = {"version": version} | ({} if text is None else {"text": text})
    assert client.post("/playbook/drafts/start", sent).status_code == 302
    return Draft.objects.order_by("-pk")[0]


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def form_of(page: str) -> dict[str, Any]:
    """What a browser would send back of a page's form, with nothing pressed."""
    inner = page[page.index('class="part-form"') :]
    inner = inner[: inner.index("</form>")]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", inner):
        name = html.unescape(re.search(r'name="([^"]*)"', tag)[1])  # type: ignore[index]
        value = re.search(r'value="([^"]*)"', tag)
        said = html.unescape(value[1]) if value else ""
        if 'type="checkbox"' not in tag:
            sent[name] = said
        elif " checked" in tag:
            sent.setdefault(name, []).append(said)
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', inner, re.S):
        options = re.findall(r'<option value="([^"]*)"( selected)?>', body)
        sent[html.unescape(name)] = html.unescape(
            next((it for it, chosen in options if chosen), options[0][0])
        )
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', inner, re.S):
        sent[html.unescape(name)] = html.unescape(body).replace("\n", "\r\n")
    return sent


def send(client: Client, address: str, **changes: Any) -> Draft:
    """Sends the form of a page back with changes (`__` in a name stands for a slash)."""
    sent = form_of(read(client, address)) | changes
    assert client.post(address, sent).status_code == 302
    return Draft.objects.get(pk=int(address.split("/")[3]))


def pages_of(draft: Draft) -> list[str]:
    """The address of every form of a draft."""
    plain = read_plain(draft.text)
    base = f"/playbook/drafts/{draft.pk}/"
    items = [f"{base}{part}/{at}/" for part in ("stages", "signals") for at in range(len(plain[part]))]
    return [f"{base}{part}/" for part in PARTS] + items


@of_the_text
@pytest.mark.parametrize("name", SHIPPED)
def test_saving_any_form_without_a_change_leaves_every_letter(client: Client, name: str) -> None:
    draft = begin(client, shipped_playbook(name))
    for address in pages_of(draft):
        saved = send(client, address, do="save")
        assert saved.text == draft.text, address
        assert saved.revision == 1


@of_the_text
def test_a_number_changed_in_a_form_changes_one_line(client: Client) -> None:
    draft = begin(client)
    saved = send(client, f"/playbook/drafts/{draft.pk}/score/", **{"score/points/9/add": "12", "do": "save"})
    was, now = draft.text.splitlines(), saved.text.splitlines()
    assert [(one, other) for one, other in zip(was, now, strict=True) if one != other] == [
        (
            "    - {signal: premium, add: 10, limit: {times: 3, per: 7d}}      # on top of the download",
            "    - {signal: premium, add: 12, limit: {times: 3, per: 7d}}      # on top of the download",
        )
    ]
    page = read(client, f"/playbook/drafts/{draft.pk}/")
    assert "Premium now gives 12 points instead of 10, at most 3 times in 7 days." in page
    assert "no mistakes" in page


@of_the_text
def test_a_rule_is_changed_part_by_part(client: Client) -> None:
    draft = begin(client)
    address = f"/playbook/drafts/{draft.pk}/stages/1/"
    send(client, address, do="remove stages/1/enter/any/2")
    send(client, address, **{"do": "add stages/1/enter/any", "new:stages/1/enter/any": "score"})
    saved = send(client, address, **{
        "stages/1/enter/any/2/signal": "form",
        "stages/1/enter/any/2/within": "2 weeks",
        "stages/1/enter/any/3/score:value": "12.5",
        "stages/1/enter/any/0:not": "not",
        "stages/1/enter:joint": "all",
        "do": "save",
    })  # fmt: skip
    assert read_plain(saved.text)["stages"][1]["enter"] == {"all": [
        {"not": {"signal": "identified"}},
        {"signal": "conversion"},
        {"signal": "form", "within": "2w"},
        {"score": {"gte": 12.5}},
    ]}  # fmt: skip
    assert load_playbook(saved.text).stages[1].enter is not None
    assert saved.text.count("#") == draft.text.count("#")


@of_the_text
def test_a_group_is_made_of_a_condition_and_an_emptied_one_goes(client: Client) -> None:
    draft = begin(client)
    address = f"/playbook/drafts/{draft.pk}/stages/4/"
    send(client, address, do="wrap stages/4/enter/any/0")
    saved = send(
        client, address, **{"do": "add stages/4/enter/any/0/any", "new:stages/4/enter/any/0/any": "idle"}
    )
    assert read_plain(saved.text)["stages"][4]["enter"]["any"][0] == {
        "any": [{"signal": "purchase"}, {"idle": "60d"}]
    }
    send(client, address, do="remove stages/4/enter/any/0/any/0")
    saved = send(client, address, do="remove stages/4/enter/any/0/any/0")
    assert read_plain(saved.text)["stages"][4]["enter"] == {"any": [{"signal": "deal_won"}]}
    saved = send(client, address, do="remove stages/4/enter/any/0")
    assert "enter" not in read_plain(saved.text)["stages"][4]


@of_the_text
def test_stages_are_added_moved_and_removed(client: Client) -> None:
    draft = begin(client)
    base = f"/playbook/drafts/{draft.pk}/stages/"
    sent = form_of(read(client, base)) | {"new:stages": "Big fan", "do": "add stages"}
    assert client.post(base, sent).headers["Location"] == f"{base}5/"
    saved = send(client, base, do="up stages/5")
    assert [it["key"] for it in read_plain(saved.text)["stages"]] == [
        "suspect", "lead", "mql", "sql", "big_fan", "customer",
    ]  # fmt: skip
    saved = send(client, base, do="remove stages/4")
    assert [it["key"] for it in read_plain(saved.text)["stages"]] == [
        "suspect",
        "lead",
        "mql",
        "sql",
        "customer",
    ]
    assert load_playbook(saved.text) == load_playbook(draft.text)


@of_the_text
def test_every_other_part_has_a_form_that_changes_it(client: Client) -> None:
    draft = begin(client)
    base = f"/playbook/drafts/{draft.pk}/"
    send(client, f"{base}name/", title="Our own", actors=["human"], do="save")
    send(client, f"{base}score/", **{"score/half_life": "14 days", "score/max": "", "do": "save"})
    send(client, f"{base}score/", **{"score/points/0/limit:kind": "once", "do": "save"})
    send(client, f"{base}fit/", **{"fit/grades/A": "90", "fit/criteria/0:value": "author", "do": "save",
                                   "fit/criteria/0/weight": "4"})  # fmt: skip
    send(client, f"{base}answers/", **{"answers/need/valid_for": "", "do": "save"})
    send(client, f"{base}personas/", do="up personas/1")
    send(client, f"{base}rating/", **{"new:rating": "Boiling", "do": "add rating"})
    send(client, f"{base}signals/", **{"new:signals": "Trade fair", "do": "add signals"})
    at = len(read_plain(draft.text)["signals"])
    saved = send(client, f"{base}signals/{at}/", **{
        "signals/trade_fair/kind": ["met_at_event"], "signals/trade_fair/subject": "Frankfurt*\r\nLondon",
        "signals/trade_fair/value:op": "gte", "signals/trade_fair/value:value": "3", "do": "save",
    })  # fmt: skip
    playbook = load_playbook(saved.text)
    assert (playbook.title, playbook.actors, playbook.score.half_life) == ("Our own", ("human",), 14)
    assert playbook.score.max is None
    assert playbook.score.points[0].limit == "once"
    assert playbook.fit is not None
    assert playbook.fit.grades["A"] == 0.9
    assert (playbook.fit.criteria[0].in_, playbook.fit.criteria[0].weight) == (("author",), 4)
    assert playbook.answers["need"].valid_for is None
    assert [it.key for it in playbook.personas][:2] == ["aspiring_author", "self_publisher"]
    assert playbook.rating[-1].key == "boiling"
    signal = playbook.signals["trade_fair"]
    assert (signal.kind, signal.subject) == (("met_at_event",), ("Frankfurt*", "London"))
    comments = [line for line in draft.text.splitlines() if line.lstrip().startswith("#")]
    assert sorted(line for line in saved.text.splitlines() if line.lstrip().startswith("#")) == sorted(
        comments
    )


@of_the_text
def test_a_mistake_is_kept_as_typed_and_told_by_its_field_and_on_its_line(client: Client) -> None:
    draft = begin(client)
    address = f"/playbook/drafts/{draft.pk}/score/"
    saved = send(
        client, address, **{"score/points/0/add": "a lot", "score/half_life": "36 hours", "do": "save"}
    )
    page = read(client, address)
    assert 'value="a lot"' in page
    assert "&#x27;a lot&#x27; is not a number" in page
    assert "is not whole days" in page
    assert "2 mistakes" in page
    text = read(client, f"/playbook/drafts/{draft.pk}/text/")
    line = next(at for at, it in enumerate(saved.text.splitlines(), 1) if "a lot" in it)
    assert f'<span class="mistake" id="L{line}">' in text
    overview = read(client, f"/playbook/drafts/{draft.pk}/")
    assert "cannot be previewed or put in force" in overview
    assert "Score, points “" in overview
    assert f'href="/playbook/drafts/{draft.pk}/score/#score/points/0/add"' in overview


@of_the_text
def test_a_text_that_is_no_yaml_is_saved_and_the_forms_lead_to_it(client: Client) -> None:
    draft = begin(client)
    address = f"/playbook/drafts/{draft.pk}/text/"
    broken = draft.text.replace("actors: [human, unknown]", "actors: [human, unknown")
    assert (
        client.post(address, {"seen": "1", "text": broken.replace("\n", "\r\n"), "do": "save"}).status_code
        == 302
    )
    draft.refresh_from_db()
    assert draft.text == broken
    page = read(client, f"/playbook/drafts/{draft.pk}/score/")
    assert "cannot be read as YAML" in page
    assert "Go to the text" in page


def test_the_text_is_checked_while_it_is_written_and_nothing_is_saved(client: Client) -> None:
    draft = begin(client)
    text = draft.text.replace("email_replied, call_held", "email_replyed, call_held").replace(
        "to: lead, r", "to: led, r"
    )
    answer = client.post(f"/playbook/drafts/{draft.pk}/check", {"text": text}).content.decode()
    assert "did you mean &#x27;lead&#x27;?" in answer
    assert "did you mean &#x27;email_replied&#x27;?" in answer
    line = next(at for at, it in enumerate(text.splitlines(), 1) if "email_replyed" in it)
    assert f"{line}:doubt" in answer
    draft.refresh_from_db()
    assert draft.revision == 1


def test_the_second_of_two_writers_is_told_and_loses_nothing(client: Client) -> None:
    draft = begin(client)
    address = f"/playbook/drafts/{draft.pk}/score/"
    other = sign_in(make_user("admin", "Ada Admin"))
    hers = form_of(read(other, address))
    send(client, address, **{"score/max": "90", "do": "save"})
    answer = other.post(address, hers | {"score/points/1/add": "7", "do": "save"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Mia Market saved this draft" in page
    assert "Evaluation now gives 7 points instead of 2" in page
    draft.refresh_from_db()
    assert "max: 90" in draft.text
    assert "{signal: evaluation, add: 7," not in draft.text
    mine = re.search(r'<textarea name="text" hidden[^>]*>\n(.*?)</textarea>', page, re.S)
    assert mine is not None
    kept = begin(other, html.unescape(mine[1]))
    assert "{signal: evaluation, add: 7," in kept.text
    over = other.post(f"/playbook/drafts/{draft.pk}/text/", {"seen": "2", "text": html.unescape(mine[1])})
    assert over.status_code == 302
    assert DraftSave.objects.get(draft=draft, revision=2).text == draft.text


def test_any_save_can_be_gone_back_to(client: Client) -> None:
    draft = begin(client)
    send(client, f"/playbook/drafts/{draft.pk}/score/", **{"score/max": "90", "do": "save"})
    page = read(client, f"/playbook/drafts/{draft.pk}/saves/")
    assert "The score shown is now at most 90 instead of 100." in page
    answer = client.post(
        f"/playbook/drafts/{draft.pk}/back", {"seen": "2", "to": "1", "then": "//evil.example/"}
    )
    assert answer.headers["Location"] == f"/playbook/drafts/{draft.pk}/"
    draft.refresh_from_db()
    assert (draft.revision, "max: 100" in draft.text) == (3, True)
    assert [it.what for it in draft.saves.order_by("revision")] == ["Begun", "Score", "Back to save 1"]


def test_a_draft_is_named_discarded_and_brought_back(client: Client) -> None:
    draft = begin(client)
    base = f"/playbook/drafts/{draft.pk}/"
    client.post(f"{base}name", {"title": "Spring", "note": "fewer, better leads"})
    assert "fewer, better leads" in read(client, "/playbook/versions/")
    client.post(f"{base}discard")
    assert "Spring" not in read(client, "/playbook/versions/").replace("Discarded “Spring”.", "")
    assert client.post(f"{base}text/", {"seen": "1", "text": "x"}).status_code == 409
    client.post(f"{base}restore")
    assert "Spring" in read(client, "/playbook/versions/")


def test_markup_in_a_draft_is_shown_and_not_obeyed(client: Client) -> None:
    wicked = shipped_playbook("default").replace("title: Prospect", 'title: "<script>alert(1)</script>"')
    wicked = wicked.replace("reason: no need}", 'reason: "\\"><img src=x onerror=alert(2)>"}')
    draft = begin(client, wicked)
    for address in [*pages_of(draft), f"/playbook/drafts/{draft.pk}/", f"/playbook/drafts/{draft.pk}/text/"]:
        page = read(client, address)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@of_the_text
@pytest.mark.parametrize("route", ["score/9/", "stages/99/", "nowhere/", "signals/99/"])
def test_a_part_that_is_not_there_is_not_found(client: Client, route: str) -> None:
    draft = begin(client)
    assert client.get(f"/playbook/drafts/{draft.pk}/{route}").status_code == 404


@pytest.mark.parametrize("do", ["remove nowhere/3", "add ", "up stages/99", "wrap x", "fly stages/1", "add stages",
                                "remove score/points/99", "down stages/4", "add signals/conversion/attrs"])  # fmt: skip
@of_the_text
def test_a_button_that_is_not_there_does_nothing(client: Client, do: str) -> None:
    draft = begin(client)
    for address in (f"/playbook/drafts/{draft.pk}/stages/", f"/playbook/drafts/{draft.pk}/signals/7/"):
        assert send(client, address, do=do).text == draft.text


def test_the_pages_ask_the_database_little_and_no_more_for_more(client: Client) -> None:
    draft = begin(client)
    counts: dict[str, list[int]] = {}
    for _ in range(3):
        read(client, "/playbook/versions/")  # takes what the last save had to tell
        for route in ("", "text/", "score/", "stages/2/", "saves/"):
            with CaptureQueriesContext(connection) as queries:
                read(client, f"/playbook/drafts/{draft.pk}/{route}")
            counts.setdefault(route, []).append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            read(client, "/playbook/versions/")
        counts.setdefault("versions", []).append(len(queries))
        begin(client)
        client.post(
            f"/playbook/drafts/{draft.pk}/text/", {"seen": draft.revision, "text": draft.text + "\n# more"}
        )
        draft.refresh_from_db()
    # Session, reader, the draft with its version and writers, bell; the saves: their list, this and the one before.
    # Versions also ask which one is in force, wherever it stands in the list.
    assert counts == {
        "": [4] * 3, "text/": [4] * 3, "score/": [4] * 3, "stages/2/": [4] * 3, "saves/": [7] * 3, "versions": [7] * 3,
    }  # fmt: skip

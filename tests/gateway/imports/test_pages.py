"""An import through the pages, as somebody without JavaScript does it."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from ripeline.gateway.imports import run
from ripeline.gateway.models import Import
from ripeline.people.models import Contact, User

pytestmark = pytest.mark.django_db
FILE = (
    "Mail;Ansprechpartner;Lieblingsfarbe;Angelegt\n"
    "anna@firm.example;Anna Berg;blau;03.04.2025\n"
    "bert@firm.example;Bert Stein;rot;04.05.2025\n"
    "=cmd|x;Böse Zeile;grün;05.05.2025\n"
    "zu;viele;Zellen;hier;drin\n"
)


@pytest.fixture
def client() -> Client:
    return signed_in(User.Role.MARKETING)


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(f"{role}@us.example", "a-long-password", role=role))
    return client


def upload(client: Client, text: str, name: str = "kunden.csv", encoding: str = "cp1252") -> HttpResponse:
    file = SimpleUploadedFile(name, text.encode(encoding))
    response = client.post("/imports/", {"file": file})
    assert isinstance(response, HttpResponse)
    return response


def work() -> None:
    """What the worker beside the pages does."""
    while run.attend_imports(timezone.now(), clock=timezone.now, stop=lambda: False):
        pass


def filled(page: str) -> dict[str, str]:
    """The columns' form as a browser would send it back."""
    sent = dict(re.findall(r'<input[^>]*type="text"[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    sent |= dict(re.findall(r'<input[^>]*name="(trait_\d+)"[^>]*value="([^"]*)"', page))
    sent |= {name: value for value, name in re.findall(r'<input[^>]*value="([^"]*)"[^>]*name="(\w+)"', page)}
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected>', options)
        sent[name] = chosen[1] if chosen else ""
    return {name: unescape(value) for name, value in sent.items() if name != "csrfmiddlewaretoken"}


def test_a_file_goes_from_upload_to_contacts_and_back(client: Client) -> None:
    columns_url = upload(client, FILE)["Location"]
    page = client.get(columns_url).content.decode()
    form = filled(page)
    assert (form["field_0"], form["field_1"], form["field_3"]) == ("email", "full_name", "created_at")
    import_url = client.post(columns_url, form)["Location"]
    preview = client.get(import_url).content.decode()
    assert "What would happen" in preview
    assert "Import 4 rows" in preview
    assert not Contact.objects.exists()

    client.post(f"{import_url}start")
    work()
    done = client.get(import_url).content.decode()
    assert sorted(Contact.objects.values_list("name", flat=True)) == ["Anna Berg", "Bert Stein"]
    assert "Rows left out, with reasons" in done
    listed = client.get(f"{import_url}rejected.csv")
    rows = list(csv.reader(io.StringIO(b"".join(listed.streaming_content).decode())))  # type: ignore[attr-defined]
    assert rows[1][:3] == ["4", "Mail: '=cmd|x' is no email address, and no other key.", "'=cmd|x"]
    assert rows[2][-1] == "zu;viele;Zellen;hier;drin"

    client.post(f"{import_url}undo")
    work()
    assert "was taken back" in client.get(import_url).content.decode()
    assert not Contact.objects.exists()


def test_the_list_says_of_each_file_how_it_stands_and_what_came_of_it(client: Client) -> None:
    columns_url = upload(client, FILE)["Location"]
    assert "Not started</span>" in client.get("/imports/").content.decode()
    import_url = client.post(columns_url, filled(client.get(columns_url).content.decode()))["Location"]
    client.post(f"{import_url}start")
    work()
    assert "Done: 2 new, 0 updated, 2 left out</span>" in client.get("/imports/").content.decode()


def test_one_of_a_thing_is_said_as_one_on_the_page_too(client: Client) -> None:
    columns_url = upload(client, "email,farbe\na@b.example,blau\nnobody,rot\n")["Location"]
    preview = client.get(
        client.post(columns_url, filled(client.get(columns_url).content.decode()))["Location"]
    )
    for said in (
        "contact to make",
        "to leave out",
        "no email address",
        "touch: that they came by this import",
    ):
        assert f"<td>{said}</td>" in preview.content.decode()


def test_a_column_is_corrected_by_hand(client: Client) -> None:
    columns_url = upload(client, FILE)["Location"]
    form = filled(client.get(columns_url).content.decode()) | {"trait_2": "shade", "field_1": "ignore"}
    import_url = client.post(columns_url, form)["Location"]
    client.post(f"{import_url}start")
    work()
    anna = Contact.objects.get(email="anna@firm.example")
    assert (anna.name, anna.traits) == ("", {"shade": "blau"})


def test_a_date_order_set_by_hand_counts(client: Client) -> None:
    columns_url = upload(client, FILE)["Location"]
    form = filled(client.get(columns_url).content.decode()) | {"order_3": "mdy"}
    import_url = client.post(columns_url, form)["Location"]
    client.post(f"{import_url}start")
    work()
    created = Contact.objects.get(email="anna@firm.example").created_at
    assert (created.month, created.day) == (3, 4)


def test_columns_nobody_could_be_recognised_by_are_refused_with_what_was_chosen(client: Client) -> None:
    columns_url = upload(client, FILE)["Location"]
    form = filled(client.get(columns_url).content.decode()) | {"field_0": "ignore", "trait_2": "shade"}
    answer = client.post(columns_url, form)
    assert answer.status_code == 422
    assert "people are recognised by it" in answer.content.decode()
    assert filled(answer.content.decode())["trait_2"] == "shade"


def test_a_file_that_is_no_table_is_refused_with_a_sentence_and_leaves_nothing(client: Client) -> None:
    answer = upload(client, "PK\x03\x04and so on", "book.xlsx")
    assert answer.status_code == 422
    assert "save the sheet as CSV" in answer.content.decode()
    assert not Import.objects.exists()


def test_what_a_file_says_is_never_run_as_html(client: Client) -> None:
    text = 'email,<script>alert(1)</script>\n"a@b.example",<img src=x onerror=alert(2)>\n'
    columns_url = upload(client, text, name="<b>x.csv")["Location"]
    pages = [client.get(columns_url).content.decode()]
    import_url = client.post(columns_url, filled(pages[0]))["Location"]
    pages.append(client.get(import_url).content.decode())
    pages.append(client.get("/imports/").content.decode())
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>x" not in page


def test_a_large_file_is_looked_through_by_the_worker(client: Client) -> None:
    text = "email,name\n" + "".join(f"p{n}@many.example,{'Somebody ' * 4}{n}\n" for n in range(20_000))
    columns_url = upload(client, text, encoding="utf-8")["Location"]
    import_url = client.post(columns_url, filled(client.get(columns_url).content.decode()))["Location"]
    assert "is being looked through" in client.get(import_url).content.decode()
    work()
    assert "Import 20,000 rows" in client.get(import_url).content.decode()


def test_touches_come_in_through_the_page_too(client: Client) -> None:
    line = '{"id": "t1", "person": "p-17", "at": "2025-05-01T10:00:00Z", "kind": "page_viewed"}'
    import_url = upload(client, line, "log.jsonl")["Location"]
    assert "nobody known by this key" in client.get(import_url).content.decode()
    table = "person;kind;at\np-17;page_viewed;2025-05-01\n;page_viewed;2025-05-02\n"
    page = client.get(upload(client, table, "log.csv")["Location"]).content.decode()
    assert "its rows are read as touches, not as contacts" in unescape(page)
    assert "nobody known by this key" in page
    assert "The row names nobody: 'person' is empty." in unescape(page)


def test_a_salesperson_brings_in_no_files() -> None:
    client = signed_in(User.Role.SALES)
    assert client.get("/imports/").status_code == 403
    assert upload(client, FILE).status_code == 403


def test_looking_at_a_page_changes_nothing(client: Client) -> None:
    columns_url = upload(client, FILE)["Location"]
    import_url = client.post(columns_url, filled(client.get(columns_url).content.decode()))["Location"]
    for verb in ("start", "undo", "discard"):
        assert client.get(f"{import_url}{verb}").status_code == 405
    assert Import.objects.get().state == Import.State.DRAFT


def test_a_file_put_aside_is_gone(client: Client) -> None:
    columns_url = upload(client, FILE)["Location"]
    client.post(columns_url.replace("columns", "discard"))
    assert not Import.objects.exists()


def wide(columns: int) -> str:
    names = ["email", *(f"Trait {number}" for number in range(1, columns))]
    return f"{','.join(names)}\nanna@firm.example{',x' * (columns - 1)}\n"


def test_a_file_of_three_hundred_columns_comes_in(client: Client) -> None:
    columns_url = upload(client, wide(300))["Location"]
    import_url = client.post(columns_url, filled(client.get(columns_url).content.decode()))["Location"]
    client.post(f"{import_url}start")
    work()
    assert len(Contact.objects.get(email="anna@firm.example").traits) == 299


def test_a_file_of_more_columns_than_we_read_is_refused_with_a_sentence(client: Client) -> None:
    answer = upload(client, wide(2_001))
    assert answer.status_code == 422
    assert "The file has 2,001 columns; 2,000 are the most we read." in answer.content.decode()
    assert not Import.objects.exists()


def test_a_file_larger_than_is_taken_is_refused_with_a_sentence(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "upload_limit_mb", 1)
    answer = upload(client, "email\n" + "anna@firm.example\n" * 60_000)
    assert answer.status_code == 422
    assert "This file has 1.1 MB; 1 MB are the most that is taken here." in answer.content.decode()
    assert not Import.objects.exists()


def test_a_picture_called_csv_is_refused_and_leaves_no_import(client: Client) -> None:
    answer = upload(client, "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "people.csv", encoding="latin-1")
    assert answer.status_code == 422
    assert "This is a picture" in answer.content.decode()
    assert not Import.objects.exists()


def test_an_import_whose_columns_nobody_confirmed_leads_to_them(client: Client) -> None:
    columns_url = upload(client, FILE)["Location"]
    import_of = Import.objects.get()
    assert client.get(f"/imports/{import_of.key}/")["Location"] == columns_url


def test_only_a_trait_has_a_traits_name_in_the_form(client: Client) -> None:
    page = client.get(upload(client, FILE)["Location"]).content.decode()
    assert {name: value for name, value in filled(page).items() if name.startswith("trait_")} == {
        "trait_2": "lieblingsfarbe"
    }


def interrupted(client: Client) -> tuple[Import, str]:
    """An import whose runner died after 2,000 of 5,000 rows and whose lease is over; and its address."""
    text = "email\n" + "".join(f"p{n}@many.example\n" for n in range(5_000))
    columns_url = upload(client, text)["Location"]
    import_url = client.post(columns_url, filled(client.get(columns_url).content.decode()))["Location"]
    client.post(f"{import_url}start")
    import_of = Import.objects.get()
    run.go_on(import_of, clock=timezone.now, stop=lambda: Import.objects.get().position > 0)
    long_ago = timezone.now() - timedelta(minutes=5)
    Import.objects.update(claimed_by="somebody who died", claimed_until=long_ago)
    return Import.objects.get(), import_url


def test_an_import_whose_runner_died_says_where_it_stands_and_that_it_goes_on(client: Client) -> None:
    import_of, import_url = interrupted(client)
    page = client.get(import_url).content.decode()
    assert "Interrupted after row 2,000. It goes on by itself" in page
    assert "Go on</button>" in page
    assert "Take it back</button>" in page
    listed = client.get("/imports/").content.decode()
    assert 'Interrupted<span class="sub">2,000 of 5,000 rows</span>' in listed
    said = client.post(f"{import_url}start", follow=True).content.decode()
    assert "The worker goes on with it as soon as it is free." in said
    import_of.refresh_from_db()
    assert (import_of.state, import_of.claimed_by) == (Import.State.RUNNING, "")
    work()
    assert Import.objects.get().state == Import.State.DONE
    assert Contact.objects.count() == 5_000


def test_an_import_whose_runner_died_can_be_taken_back_at_once(client: Client) -> None:
    _, import_url = interrupted(client)
    client.post(f"{import_url}undo")
    work()
    assert Import.objects.get().state == Import.State.UNDONE
    assert not Contact.objects.exists()


def test_an_import_somebody_is_at_work_on_is_not_said_to_be_interrupted(client: Client) -> None:
    _, import_url = interrupted(client)
    Import.objects.update(claimed_until=timezone.now() + timedelta(seconds=50))
    page = client.get(import_url).content.decode()
    assert "Interrupted" not in page
    assert "Go on</button>" not in page
    assert "Take it back</button>" in page
    now = timezone.now()
    Import.objects.update(claimed_until=now + timedelta(seconds=30))
    assert Import.objects.get().say_state(now) == "Silent for 30 s", (
        "whoever is at work is heard of more often"
    )
    assert "Nothing was heard of it for" in client.get(import_url).content.decode()


def test_a_file_that_was_being_brought_in_already_leads_to_that_import(client: Client) -> None:
    import_of, import_url = interrupted(client)
    text = "email\n" + "".join(f"p{n}@many.example\n" for n in range(5_000))
    columns_url = upload(client, text)["Location"]
    page = client.get(
        client.post(columns_url, filled(client.get(columns_url).content.decode()))["Location"]
    ).content.decode()
    assert f'<a href="{import_url}">{import_of.name}, 2,000 of 5,000 rows</a>' in page


def test_a_file_of_a_header_alone_is_refused_with_a_sentence(client: Client) -> None:
    answer = upload(client, "email,name\n")
    assert answer.status_code == 422
    assert "The file has a header and no rows." in answer.content.decode()
    assert not Import.objects.exists()

"""`ripeline import`: both kinds of file, resumed, taken back, and refused with a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.conf import settings
from django.utils import timezone

from ripeline.gateway.commands import import_group
from ripeline.gateway.imports.run import attend_imports, start, start_undo, take_in
from ripeline.gateway.models import Import
from ripeline.people.models import Contact
from ripeline.timeline.models import Touch

pytestmark = pytest.mark.django_db
PEOPLE = "email,asked\na@b.example,2025-03-01\n"
MAPPING = "{others: ignore, columns: {email: email}, touches: [{kind: call_held, at: asked}]}"


@pytest.fixture(autouse=True)
def _folder() -> None:
    Path(settings.CONFIG.data_dir).mkdir(parents=True, exist_ok=True)


def say(*words: object) -> Result:
    return CliRunner().invoke(import_group, [str(word) for word in words])


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_contacts_come_in_and_are_taken_back_by_the_command_that_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "people.csv", PEOPLE)
    assert "Nothing was brought in yet. Begin with" in say("list").output
    assert say("contacts", path).exit_code == 2, "nobody could say yes"
    done = say("contacts", path, "--yes")
    assert done.exit_code == 0
    assert "Take it back with: ripeline import contacts --undo" in done.output
    assert Contact.objects.count() == 1
    key = done.output.split()[-1]
    refused = say("touches", "--undo", key)
    said = f"{key} (people.csv) is an import of contacts: ripeline import contacts --undo {key}\n"
    assert (refused.exit_code, refused.output) == (2, said)
    assert say("contacts", "--undo", key).exit_code == 0
    assert not Contact.objects.exists()


def test_a_file_of_touches_makes_nobody_unless_it_is_told_to(tmp_path: Path) -> None:
    line = json.dumps({"id": "1", "person": "p", "at": "2025-05-01T10:00:00Z", "kind": "page_viewed"})
    path = written(tmp_path, "log.jsonl", line)
    assert "1  left out" in say("touches", path, "--yes").output
    assert "1  contact made" in say("touches", path, "--yes", "--create").output


def test_a_csv_file_of_touches_needs_a_mapping_that_names_some(tmp_path: Path) -> None:
    path = written(tmp_path, "calls.csv", PEOPLE)
    assert "needs --mapping FILE" in say("touches", path).output
    bare = written(tmp_path, "bare.yaml", "columns: {email: email}")
    assert "The mapping names no touches" in say("touches", path, "--mapping", bare).output
    whole = written(tmp_path, "whole.yaml", MAPPING)
    assert say("touches", path, "--mapping", whole, "--yes", "--create").exit_code == 0
    assert Import.objects.get().counts["touches"] == 2


TOUCHES = (
    "id,person,at,kind,direction,actor,subject,value,campaign\n"
    "1,p,2025-05-01T10:00:00Z,page_viewed,,human,/pricing,,spring\n"
    "2,p,2025-05-02T10:00:00+02:00,message_sent,out,machine,,2.5,\n"
)


def test_a_table_with_the_columns_of_touches_is_read_as_touches_without_a_mapping(tmp_path: Path) -> None:
    path = written(tmp_path, "log.csv", TOUCHES)
    refused = say("contacts", path, "--yes")
    assert (refused.exit_code, "ripeline import touches FILE" in refused.output) == (2, True)
    assert "2  left out" in say("touches", path, "--yes").output, "nobody is made of them unasked"
    assert say("touches", path, "--yes", "--create").exit_code == 0
    fields = ("uid", "kind", "direction", "actor", "subject", "value", "attrs")
    assert list(Touch.objects.exclude(kind="imported").order_by("at").values_list(*fields)) == [
        ("1", "page_viewed", "in", "human", "/pricing", None, {"campaign": "spring"}),
        ("2", "message_sent", "out", "machine", None, 2.5, {}),
    ]
    assert Touch.objects.get(uid="2").at.isoformat() == "2025-05-02T08:00:00+00:00"
    assert Contact.objects.count() == 1


def test_the_mapping_of_a_file_can_be_had_before_anything_is_imported(tmp_path: Path) -> None:
    shown = say("contacts", written(tmp_path, "people.csv", PEOPLE), "--show-mapping")
    assert "email: " in shown.output
    assert not Import.objects.exists()


def test_a_file_whose_import_is_being_taken_back_is_not_brought_in_before_that_is_over(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "people.csv", PEOPLE)
    say("contacts", path, "--yes")
    import_of = Import.objects.get()
    assert start_undo(import_of, timezone.now()) is None
    refused = say("contacts", path, "--yes")
    assert (refused.exit_code, Import.objects.count()) == (2, 1)
    again = f"ripeline import contacts --undo {import_of.key}"
    assert refused.output.endswith(f"It is being taken back. See that through first: {again}\n")
    assert say("contacts", "--undo", import_of.key).exit_code == 0
    assert say("contacts", path, "--yes").exit_code == 0
    assert Contact.objects.count() == 1


def test_a_file_of_a_header_alone_is_refused(tmp_path: Path) -> None:
    for text in ("email,name\n", "email,name"):
        refused = say("contacts", written(tmp_path, "people.csv", text), "--yes")
        assert (refused.exit_code, refused.output) == (2, "The file has a header and no rows.\n")
    empty = say("touches", written(tmp_path, "log.jsonl", "\n\n"), "--yes")
    assert (empty.exit_code, empty.output) == (2, "The file is empty.\n")
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("columns: {é: email}".encode("latin-1"), "A mapping is a text file in UTF-8."),
        ("columns: {email: email}".encode("utf-16"), "A mapping is a text file in UTF-8."),
        (b"\x89PNG\r\n\x1a\n\0\0", "A mapping is a text file in UTF-8."),
        (b"columns: {a\0: email}", "line 1: not readable as YAML"),
        (b"columns: [", "line 1: not readable as YAML"),
        (b"#" * 300_000, "This is longer than any mapping; choose the YAML file."),
    ],
)
def test_a_mapping_that_cannot_be_read_is_refused_with_a_sentence(
    tmp_path: Path, raw: bytes, said: str
) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_bytes(raw)
    for more in ((), ("--show-mapping",)):
        refused = say("contacts", written(tmp_path, "people.csv", PEOPLE), "--mapping", path, *more)
        assert (refused.exit_code, refused.exception.__class__) == (2, SystemExit)
        assert f"{path}: {said}" in refused.output


def test_the_list_says_in_which_zone_its_times_are_and_counts_one_row_as_one(tmp_path: Path) -> None:
    say("contacts", written(tmp_path, "people.csv", PEOPLE), "--yes")
    import_of = Import.objects.get()
    at = timezone.localtime(import_of.created_at)
    (line,) = say("list").output.splitlines()
    assert line == f"{import_of.key}  {at:%Y-%m-%d %H:%M %Z}  Done             1 of 1 row  people.csv"
    with timezone.override("Europe/Paris"):
        assert re.search(r" \d\d:\d\d CES?T  Done", say("list").output)


def test_whoever_goes_on_with_an_import_that_nobody_looked_at_is_asked_first(tmp_path: Path) -> None:
    path = written(tmp_path, "people.csv", PEOPLE)
    with path.open("rb") as opened:
        import_of = take_in(opened, path.name, form=Import.Form.ROWS, mapping="", by=None, now=timezone.now())
    assert "  not looked at  people.csv" in say("list").output
    asked = say("contacts", "--resume", import_of.key)
    assert (asked.exit_code, "1  contact to make" in asked.output) == (2, True), "nobody could say yes"
    assert asked.output.endswith("Nothing was imported. Say --yes to import without being asked.\n")
    assert not Contact.objects.exists()
    assert "1  contact made" in say("contacts", "--resume", import_of.key, "--yes").output
    assert "  1 of 1 row  people.csv" in say("list").output


def test_an_import_that_a_worker_goes_on_with_unseen_is_listed_with_its_rows(tmp_path: Path) -> None:
    path = written(tmp_path, "people.csv", PEOPLE)
    with path.open("rb") as opened:
        import_of = take_in(opened, path.name, form=Import.Form.ROWS, mapping="", by=None, now=timezone.now())
    assert start(import_of, timezone.now()) is None
    attend_imports(timezone.now(), clock=timezone.now, stop=lambda: False)
    assert "  1 of 1 row  people.csv" in say("list").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("contacts",), "Say which FILE to import."),
        (("touches",), "Say which FILE to import."),
        (("contacts", "--undo", "a", "--resume", "b"), "Say either --undo or --resume."),
        (("touches", "--undo", "abcd"), "There is no import 'abcd'."),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(words: tuple[str, ...], said: str) -> None:
    refused = say(*words)
    assert (refused.exit_code, said in refused.output) == (2, True)

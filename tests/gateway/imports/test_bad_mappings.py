"""Mappings nobody should have written: each is refused with a sentence, and nothing of it is left."""

from __future__ import annotations

import encodings.aliases
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ripeline.gateway.imports.mapping import MappingMistakes, load_mapping
from ripeline.gateway.imports.sniff import NotATable
from ripeline.gateway.imports.survey import survey
from ripeline.gateway.models import Import
from ripeline.people.models import User
from tests.gateway.imports.bringing import csv_file

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)
FAULTY = {
    "nested without end": ("[" * 3_000, "nested too deeply"),
    "a control character": ("\x01", "not readable as YAML"),
    "no day": ("columns: {a: 2026-13-45}", "not what it looks like"),
    "a truth that is none": ("create: !!bool perhaps", "not what it looks like"),
    "half a letter": (r'title: "\ud800"', "no text may hold"),
    "aliases of aliases": (BOMB, "repeats itself too often"),
    "an encoding of addresses": ("reads: {encoding: idna}", "no encoding of files"),
    "an encoding of archives": ("reads: {encoding: zip}", "no encoding of files"),
    "two signs between cells": ("reads: {separator: ab}", "cannot stand between cells"),
    "a quote between cells": ("reads: {separator: '\"'}", "cannot stand between cells"),
    "another encoding": ("reads: {encoding: utf-16}", "The file is not written in utf-16"),
    "without end": ("# " + "x" * 200_000, "longer than any mapping"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "said"), FAULTY.values(), ids=list(FAULTY))
def test_a_faulty_mapping_is_refused_with_a_sentence_and_leaves_nothing(text: str, said: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("m@us.example", "a-long-password", role="marketing"))
    sent = {
        "file": SimpleUploadedFile("people.csv", b"email,name\nanna@firm.example,Anna\n"),
        "mapping": SimpleUploadedFile("mapping.yaml", text.encode()),
    }
    answer = client.post("/imports/", sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Import.objects.exists()
    assert not list((Path(settings.CONFIG.data_dir) / "imports").glob("*"))


def test_a_mapping_that_repeats_itself_without_end_is_refused_at_once() -> None:
    began = time.process_time()
    with pytest.raises(MappingMistakes, match="repeats itself too often"):
        load_mapping(BOMB)
    assert time.process_time() - began < 1


def test_of_many_mistakes_the_first_twenty_are_told_at_once() -> None:
    columns = tuple(f"column number {number}" for number in range(2_000))
    names = ", ".join(f"column numbr {number}: email" for number in range(3_000))
    for given in (columns, None):
        with pytest.raises(MappingMistakes) as refused:
            load_mapping(f"columns: {{{names}}}" if given else f"{{{names}}}", given)
        assert len(refused.value.mistakes) == 20


@pytest.mark.parametrize("encoding", sorted({*encodings.aliases.aliases.values(), "idna", "u16", "utf32"}))
def test_whatever_encoding_is_named_a_file_is_read_or_refused_with_a_sentence(
    tmp_path: Path, encoding: str
) -> None:
    file = csv_file(tmp_path, "email,name\nanna@firm.example,Ännchen\xff\n", encoding="latin-1")
    with file.open("ab") as more:
        more.write(bytes(range(256)) * 8)
    assert outcome(file, f"reads: {{encoding: {encoding}, separator: ','}}") in ("read", "refused")


def outcome(file: Path, mapping: str) -> str:
    try:
        return "read" if survey(file, load_mapping(mapping)).shape.columns else "lost"
    except (MappingMistakes, NotATable):
        return "refused"


def test_the_signs_that_do_stand_between_cells_are_taken(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "email\tname\nanna@firm.example\tAnna\n")
    assert survey(file, load_mapping(r'reads: {separator: "\t"}')).shape.columns == ("email", "name")

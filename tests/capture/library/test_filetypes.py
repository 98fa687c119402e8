"""What may lie in the library, by its content."""

from __future__ import annotations

import io

import pytest

from ripeline.capture.library.filetypes import HEAD, media_type_of
from ripeline.capture.library.filing import name_of
from tests.capture.library.assets import packed

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("plan.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("PLAN.PDF", b"%PDF-1.4\n", "application/pdf"),
        ("cover.png", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("talk.mp4", b"\x00\x00\x00 ftypisom", "video/mp4"),
        ("plan.docx", packed(word__document_xml="<w/>"), WORD),
        ("book.epub", packed(mimetype="application/epub+zip"), "application/epub+zip"),
        ("all.zip", packed(readme="text"), "application/zip"),
        ("prices.csv", "Preis;1,20 €\n".encode(), "text/csv"),
        ("notes.txt", b"a" * (HEAD - 1) + "é".encode(), "text/plain"),
        ("fair.ics", b"BEGIN:VCALENDAR\r\n", "text/calendar"),
    ],
)
def test_a_file_is_taken_where_it_is_what_its_name_says(name: str, content: bytes, media_type: str) -> None:
    file = io.BytesIO(content)
    assert media_type_of(file, name) == media_type
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<html>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("page.pdf", b"<html><script>alert(1)</script>"),
        ("late.pdf", b"\n\n<script>alert(1)</script>%PDF-1.7"),
        ("drawing.png", b"<svg onload=alert(1)>"),
        ("notes.txt", b"hello < ScRiPt >alert(1)"),
        ("notes.csv", b"\xff\xfe\x00binary"),
        ("feed.txt", b"<?xml version='1.0'?>"),
        ("run.exe", b"MZ\x90\x00"),
        ("run.pdf", b"\x7fELF"),
        ("macro.docx", packed(word__document_xml="<w/>", word__vbaProject_bin="x")),
        ("not.docx", packed(readme="text")),
        ("not.zip", b"PK\x03\x04 broken"),
        ("not.epub", packed(mimetype="text/html")),
        ("empty.pdf", b""),
        ("nothing", b"%PDF-1.7"),
        (".pdf.", b"%PDF-1.7"),
    ],
)
def test_what_a_browser_may_run_or_is_not_what_it_says_is_refused(name: str, content: bytes) -> None:
    assert media_type_of(io.BytesIO(content), name) is None


def test_a_name_loses_its_folders_and_what_no_file_system_takes() -> None:
    assert name_of("C:\\Users\\ann\\Launch plan.pdf") == "Launch plan.pdf"
    assert name_of("../../etc/pass\r\nwd.txt") == "passwd.txt"
    assert name_of("x" * 400 + ".pdf") == "x" * 150 + ".pdf"
    assert name_of("") == "file"

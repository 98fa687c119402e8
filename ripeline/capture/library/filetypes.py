"""What a file is, by its content: those that may lie in the library, and nothing that a browser would run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from typing import BinaryIO

HEAD = 64 * 1024
"""Bytes from which a kind is told."""
OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"

_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|\?xml)", re.IGNORECASE)


def media_type_of(file: BinaryIO, name: str) -> str | None:
    """The media type of a file that is what its name says and may be kept; None for any other. Leaves it at its
    beginning."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    known = _KNOWN.get(ending)
    file.seek(0)
    head = file.read(HEAD)
    if known is None:
        return None
    media_type, is_one = known
    found = is_one(head, file)
    file.seek(0)
    return media_type if found else None


def said_endings() -> str:
    """The endings of files that are taken, as a sentence names them."""
    return ", ".join(sorted(_KNOWN))


Test = Callable[[bytes, BinaryIO], bool]


def _begins(*starts: bytes) -> Test:
    return lambda head, _: head.startswith(starts)


def _is_media(head: bytes, _: BinaryIO) -> bool:
    return head[4:8] == b"ftyp"


def _is_webp(head: bytes, _: BinaryIO) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_text(head: bytes, _: BinaryIO) -> bool:
    """Text without anything that looks like a page or a drawing."""
    if b"\0" in head or _MARKUP.search(head):
        return False
    try:
        # The last letter may be cut in two.
        head[: max(0, len(head) - 3) if len(head) == HEAD else len(head)].decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_calendar(head: bytes, file: BinaryIO) -> bool:
    return head.lstrip(b"\xef\xbb\xbf").startswith(b"BEGIN:VCALENDAR") and _is_text(head, file)


def _is_zip(_: bytes, file: BinaryIO) -> bool:
    return _names(file) is not None


def _has(*wanted: str) -> Test:
    """A zip file that holds one of these, and no program of an office."""

    def is_one(_: bytes, file: BinaryIO) -> bool:
        names = _names(file)
        if names is None or any(name.lower().endswith("vbaproject.bin") for name in names):
            return False
        return any(name in names for name in wanted)

    return is_one


def _says(media_type: str) -> Test:
    """A zip file whose `mimetype` says so, as books and open documents have it."""

    def is_one(_: bytes, file: BinaryIO) -> bool:
        try:
            with zipfile.ZipFile(file) as packed, packed.open("mimetype") as said:
                return said.read(200).strip() == media_type.encode()
        except (zipfile.BadZipFile, KeyError, OSError, ValueError, RuntimeError, NotImplementedError):
            return False

    return is_one


def _names(file: BinaryIO) -> set[str] | None:
    file.seek(0)
    if file.read(2) != b"PK":
        return None
    try:
        with zipfile.ZipFile(file) as packed:
            return set(packed.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None


_KNOWN: dict[str, tuple[str, Test]] = {
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "gif": ("image/gif", _begins(b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", _is_webp),
    "mp4": ("video/mp4", _is_media),
    "m4a": ("audio/mp4", _is_media),
    "webm": ("video/webm", _begins(b"\x1a\x45\xdf\xa3")),
    "mp3": ("audio/mpeg", _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "docx": (f"{OFFICE}.wordprocessingml.document", _has("word/document.xml")),
    "xlsx": (f"{OFFICE}.spreadsheetml.sheet", _has("xl/workbook.xml")),
    "pptx": (f"{OFFICE}.presentationml.presentation", _has("ppt/presentation.xml")),
    "odt": (f"{OPEN}.text", _says(f"{OPEN}.text")),
    "ods": (f"{OPEN}.spreadsheet", _says(f"{OPEN}.spreadsheet")),
    "odp": (f"{OPEN}.presentation", _says(f"{OPEN}.presentation")),
    "epub": ("application/epub+zip", _says("application/epub+zip")),
    "zip": ("application/zip", _is_zip),
    "txt": ("text/plain", _is_text),
    "csv": ("text/csv", _is_text),
    "ics": ("text/calendar", _is_calendar),
}

"""Sending a file: as an attachment that no browser runs, whole or the part that was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags

from ripeline.capture.library.filing import path_of
from ripeline.capture.library.models import AssetVersion

POLICY = "default-src 'none'; script-src 'self'; sandbox; frame-ancestors 'none'; base-uri 'none'"
BLOCK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file from `start` up to before `end`."""

    start: int
    end: int


class FileAnswer(StreamingHttpResponse):
    """A part of a file. Our own server sends it itself (`page_threads`), so that a slow reader holds up nobody."""

    def __init__(self, path: Path, part: Part) -> None:
        super().__init__(_blocks(path, part))
        self.sent_file = (str(path), part.start, part.end)


def send_version(request: HttpRequest, version: AssetVersion) -> HttpResponseBase:
    """The file of a version, or what of it was asked for."""
    etag = f'"{version.digest[:32]}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _with_headers(HttpResponse(status=304), version, etag)
    part = _part_of(request, version.size, etag)
    if part is None:
        answer: HttpResponseBase = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{version.size}"
        return _with_headers(answer, version, etag)
    is_whole = part == Part(0, version.size)
    path = path_of(version)
    answer = HttpResponse() if request.method == "HEAD" or not version.size else FileAnswer(path, part)
    answer.status_code = 200 if is_whole else 206
    answer["Content-Length"] = str(part.end - part.start)
    if not is_whole:
        answer["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{version.size}"
    return _with_headers(answer, version, etag)


def begins(request: HttpRequest) -> bool:
    """Whether a request asks for a file from its beginning; players and download managers go on in the middle."""
    found = _RANGE.match(request.headers.get("Range", ""))
    return found is None or found[1] == "" or int(found[1]) == 0


def _part_of(request: HttpRequest, size: int, etag: str) -> Part | None:
    """What is asked for; the whole where several parts are, where it cannot be read, or of another version. None where
    the file has no such part."""
    whole = Part(0, size)
    found = _RANGE.match(request.headers.get("Range", ""))
    if found is None or request.headers.get("If-Range", etag) != etag or not any(found.groups()):
        return whole
    first, last = found.groups()
    if not first:
        return Part(max(0, size - int(last)), size) if int(last) and size else None
    if last and int(last) < int(first):
        return whole
    if int(first) >= size:
        return None
    return Part(int(first), min(size, int(last) + 1) if last else size)


def _with_headers(answer: HttpResponseBase, version: AssetVersion, etag: str) -> HttpResponseBase:
    answer["Content-Type"] = version.media_type
    answer["Content-Disposition"] = content_disposition_header(True, version.name) or "attachment"
    answer["Content-Security-Policy"] = POLICY
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex"
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, no-cache"
    answer["ETag"] = etag
    return answer


def _blocks(path: Path, part: Part) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(part.start)
        left = part.end - part.start
        while left > 0 and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block

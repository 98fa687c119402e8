"""Pages beside the collector: requests and answers of any size go through whole, or are an error, never shorter."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ripeline.page_threads import SMALL
from tests.processes import free_port

pytestmark = pytest.mark.pure

# A site of one page, which tells what reached it; its address says how it answers.
PAGE = """
import hashlib, time
from ripeline.page_threads import PageThreads

def page(environ, start):
    path = environ["PATH_INFO"]
    try:
        body = environ["wsgi.input"].read()
    except OSError:
        open(environ["QUERY_STRING"], "w").write("broke off")
        raise
    told = {name: value for name, value in environ.items() if isinstance(value, str)}
    told["digest"] = hashlib.sha256(body).hexdigest()
    if path.startswith("/slow"):
        time.sleep(0.5)
    if path == "/fault":
        raise RuntimeError("a fault")
    if path.endswith("/endless"):
        start("200 OK", [("Content-Type", "text/csv")])
        return endless(environ["QUERY_STRING"])
    if path == "/file":
        blocks = [b"x" * 4096] * 1000
        start("200 OK", [("Content-Length", str(4096 * 1000))])
        return iter(blocks)
    import json
    start("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [json.dumps(told).encode()]

def endless(mark):
    try:
        while True:
            yield b"a row\\n" * 1000
    finally:
        open(mark, "w").write("closed")

class Site:
    pages = PageThreads(page, threads=2)
    def __rsgi__(self, scope, protocol):
        return self.pages.answer(scope, protocol)

site = Site()
"""
SERVE = (
    "import sys; sys.path.insert(0, sys.argv[2]); from granian.constants import Interfaces;"
    "from granian.server import Server;"
    "Server('told:site', address='127.0.0.1', port=int(sys.argv[1]), interface=Interfaces.RSGI).serve()"
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "told.py").write_text(PAGE)
    number = free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(number), str(folder)])
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", number)).close()
            break
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
    yield number
    process.terminate()
    process.wait(20)


def ask(port: int, path: str, body: bytes | None = None, **headers: str) -> dict[str, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, str] = json.loads(answer.read())
        assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    return found


def test_a_request_reaches_the_page_as_it_was_sent(port: int) -> None:
    told = ask(port, "/a%20b/%C3%A9?q=%20x", b"body", **{"X-Name": "value", "Cookie": "c=1"})
    assert told["PATH_INFO"].encode("latin-1").decode() == "/a b/é"
    wanted = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "q=%20x",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PORT": str(port),
        "CONTENT_LENGTH": "4",
        "HTTP_HOST": f"127.0.0.1:{port}",
        "HTTP_X_NAME": "value",
        "HTTP_COOKIE": "c=1",
        "digest": hashlib.sha256(b"body").hexdigest(),
    }
    assert {name: told.get(name) for name in wanted} == wanted


def test_a_header_with_an_underscore_does_not_pass_for_the_proxys(port: int) -> None:
    told = ask(port, "/", **{"X_Forwarded_Proto": "https", "X-Real": "1"})
    assert "HTTP_X_FORWARDED_PROTO" not in told
    assert told["HTTP_X_REAL"] == "1"


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, 20_000_000])
def test_a_body_of_any_size_is_read_whole(port: int, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert ask(port, "/", body)["digest"] == hashlib.sha256(body).hexdigest()


def test_a_body_that_breaks_off_is_an_error_and_no_shorter_file(port: int, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with socket.create_connection(("127.0.0.1", port)) as sender:
        length = SMALL * 4
        sender.sendall(f"POST /?{mark} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        sender.sendall(b"x" * SMALL)
    wait_for(mark)
    assert ask(port, "/")["REQUEST_METHOD"] == "GET"


def test_senders_that_never_end_hold_up_nobody(port: int) -> None:
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(10)]
    for each in slow:
        each.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
    start = time.monotonic()
    ask(port, "/")
    assert time.monotonic() - start < 5
    for each in slow:
        each.close()


def test_a_file_is_sent_whole(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/file", timeout=30) as answer:
        assert answer.read() == b"x" * 4096 * 1000
        assert answer.headers["Content-Length"] == "4096000"


def test_an_export_that_nobody_reads_any_more_ends_and_frees_its_thread(port: int, tmp_path: Path) -> None:
    marks = [tmp_path / str(number) for number in range(3)]
    for mark in marks:
        with socket.create_connection(("127.0.0.1", port)) as reader:
            reader.sendall(f"GET /endless?{mark} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert reader.recv(1000).startswith(b"HTTP/1.1 200")
    for mark in marks:
        wait_for(mark)
    assert ask(port, "/")["REQUEST_METHOD"] == "GET"


def test_whoever_goes_before_the_answer_is_there_takes_no_thread_along(port: int, tmp_path: Path) -> None:
    marks = [tmp_path / str(number) for number in range(4)]
    for mark in marks:
        for path in ("/slow", "/slow/endless"):
            with socket.create_connection(("127.0.0.1", port)) as reader:
                reader.sendall(f"GET {path}?{mark} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                # A request of somebody who has gone by then is not begun at all.
                time.sleep(0.2)
    for mark in marks:
        wait_for(mark)
    assert ask(port, "/")["REQUEST_METHOD"] == "GET"


def test_a_fault_is_a_500_and_the_next_is_answered(port: int) -> None:
    with pytest.raises(urllib.request.HTTPError) as fault:  # type: ignore[attr-defined]
        urllib.request.urlopen(f"http://127.0.0.1:{port}/fault", timeout=30)
    assert fault.value.code == 500
    assert ask(port, "/")["REQUEST_METHOD"] == "GET"


def wait_for(mark: Path) -> None:
    until = time.monotonic() + 20
    while not mark.exists():
        assert time.monotonic() < until
        time.sleep(0.05)

"""Pages beside the collector: requests and answers of any size go through whole, or are an error, never shorter."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ripeline.bodies import ROOM, SMALL, Bodies, Refusal
from ripeline.slow_senders import SlowSenders
from tests.processes import free_port

pytestmark = pytest.mark.pure

# A site of one page, which tells what reached it; its address says how it answers.
PAGE = """
import asyncio, hashlib, os, tempfile, time
from ripeline.bodies import Bodies
from ripeline.page_threads import PageThreads
from ripeline.slow_senders import SlowSenders, hear_stop

def page(environ, start):
    path = environ["PATH_INFO"]
    if path == "/broken":
        open(environ["QUERY_STRING"], "w").write("reached")
    body = environ["wsgi.input"].read()
    told = {name: value for name, value in environ.items() if isinstance(value, str)}
    told["digest"] = hashlib.sha256(body).hexdigest()
    if path.startswith("/slow"):
        time.sleep(0.5)
    if path == "/waits":
        folder = environ["QUERY_STRING"]
        tempfile.mkstemp(".begun", dir=folder)
        while not os.path.exists(folder + "/go"):
            time.sleep(0.02)
    if path == "/fault":
        raise RuntimeError("a fault")
    if path.endswith("/endless"):
        start("200 OK", [("Content-Type", "text/csv")])
        return endless(environ["QUERY_STRING"])
    if path == "/file":
        blocks = [b"x" * 4096] * 1000
        start("200 OK", [("Content-Length", str(4096 * 1000))])
        return iter(blocks)
    if path == "/kept":
        start("206 Partial Content", [("Content-Length", "20000000")])
        answer = Kept()
        answer.sent_file = (environ["QUERY_STRING"], 1000, 20001000)
        return answer
    import json
    start("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [json.dumps(told).encode()]

class Kept(list):
    pass

def endless(mark):
    try:
        while True:
            yield b"a row\\n" * 1000
    finally:
        open(mark, "w").write("closed")

class Site:
    def __init__(self):
        self.senders = SlowSenders(float(os.environ["PATIENCE"]))
        bodies = Bodies(self.senders, uploads=8)
        may_have = lambda environ: 65536 if environ["PATH_INFO"] == "/small" else 30_000_000
        address_of = lambda scope: scope.headers.get("x-sender") or scope.client.rpartition(":")[0]
        self.pages = PageThreads(page, bodies, may_have=may_have, address_of=address_of, threads=3)
    def __rsgi_init__(self, loop):
        hear_stop(loop, self.senders.stop)
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
    with site(tmp_path_factory.mktemp("site"), patience=60) as (number, _):
        yield number


@contextmanager
def site(folder: Path, patience: float) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server of that page which waits so many seconds for a sender; its port."""
    (folder / "told.py").write_text(PAGE)
    number = free_port()
    command = [sys.executable, "-c", SERVE, str(number), str(folder)]
    process = subprocess.Popen(command, env={**os.environ, "PATIENCE": str(patience)})
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", number)).close()
            break
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
    try:
        yield number, process
    finally:
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
    told = ask(port, "/", None, **{"X_Forwarded_Proto": "https", "X-Real": "1"})
    assert "HTTP_X_FORWARDED_PROTO" not in told
    assert told["HTTP_X_REAL"] == "1"


def test_whom_a_request_came_from_is_said_by_one_rule_for_pages_too(port: int) -> None:
    assert ask(port, "/", None)["REMOTE_ADDR"] == "127.0.0.1"
    assert ask(port, "/", None, **{"X-Sender": "203.0.113.9"})["REMOTE_ADDR"] == "203.0.113.9"


def test_of_several_lines_of_proxies_the_last_proxys_word_stands_last(port: int) -> None:
    head = "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1, 203.0.113.2\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as asker:
        asker.sendall(
            f"{head}X-Other: 1\r\nX-Forwarded-For: 203.0.113.3\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: asker.recv(4096), b""))
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert told["HTTP_X_FORWARDED_FOR"] == "203.0.113.1, 203.0.113.2,203.0.113.3"


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, 20_000_000])
def test_a_body_of_any_size_is_read_whole(port: int, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert ask(port, "/", body)["digest"] == hashlib.sha256(body).hexdigest()


def test_a_body_that_breaks_off_reaches_no_page(port: int, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for length in (100, SMALL * 4):
        with begun(port, length, f"/broken?{mark}"):
            pass
    # All threads have been asked since.
    for _ in range(6):
        assert ask(port, "/")["REQUEST_METHOD"] == "GET"
    assert not mark.exists()


def test_more_than_a_page_may_have_is_not_read_and_not_taken_for_nothing(port: int) -> None:
    for path, length in (("/", 31_000_000), ("/small", SMALL + 1)):
        with begun(port, length, path) as sender:
            assert sender.recv(100).startswith(b"HTTP/1.1 500"), "the page read it all the same: an error"


def test_senders_that_never_end_hold_up_nobody_and_have_their_number(port: int) -> None:
    slow = [begun(port, length) for length in (100, SMALL + 1) * 4]
    start = time.monotonic()
    ask(port, "/")
    with begun(port, SMALL + 1) as fifth:
        assert told_to_come_again(fifth), "half of all places for one address"
    slow += [begun(port, SMALL + 1, source="127.0.0.2") for _ in range(4)]
    with begun(port, SMALL + 1, source="127.0.0.3") as ninth:
        assert told_to_come_again(ninth)
    assert time.monotonic() - start < 10
    for each in slow:
        each.close()
    is_answered_in_the_end(port)


def test_a_place_is_held_until_the_page_has_answered(port: int, tmp_path: Path) -> None:
    body = b"x" * (SMALL + 1)
    with ThreadPoolExecutor(2) as people, begun(port, len(body)), begun(port, len(body)):
        read = [people.submit(ask, port, f"/waits?{tmp_path}", body) for _ in range(2)]
        until = time.monotonic() + 20
        while len(list(tmp_path.glob("*.begun"))) < 2:
            assert time.monotonic() < until
            time.sleep(0.02)
        try:
            with begun(port, len(body)) as fifth:
                assert told_to_come_again(fifth), "two come, and two are worked on"
        finally:
            (tmp_path / "go").touch()
        assert [each.result()["REQUEST_METHOD"] for each in read] == ["POST"] * 2
    is_answered_in_the_end(port)


def test_a_file_larger_than_all_room_has_a_place_where_nobody_else_has_one() -> None:
    bodies = Bodies(SlowSenders())
    with bodies.place(ROOM + 1, "one"):
        for address in ("one", "another"):
            with pytest.raises(Refusal, match="Many files"), bodies.place(SMALL + 1, address):
                pass
    with bodies.place(ROOM // 2, "one"), bodies.place(ROOM // 2, "another"), bodies.place(SMALL, "one"):
        pass


def told_to_come_again(sender: socket.socket) -> bool:
    answer = sender.recv(1000)
    return answer.startswith(b"HTTP/1.1 503") and answer.endswith(
        b"Many files are on their way just now; this one was not taken. Please send it again soon."
    )


def is_answered_in_the_end(port: int) -> None:
    body = b"x" * (SMALL + 1)
    until = time.monotonic() + 10
    while True:
        try:
            assert ask(port, "/", body)["digest"] == hashlib.sha256(body).hexdigest()
            return
        except OSError:
            # Their going is heard of one by one.
            assert time.monotonic() < until


def test_whoever_stops_sending_is_told_so_and_a_stop_waits_for_nobody(tmp_path: Path) -> None:
    with site(tmp_path, patience=1) as (port, process):
        late = [begun(port, 100), begun(port, SMALL * 4)]
        for each in late:
            assert each.recv(1000).startswith(b"HTTP/1.1 408")
        uploads = [begun(port, 100), begun(port, SMALL * 4)]
        process.terminate()
        for each in uploads:
            # However long it is that they might go on.
            assert sends_until_answered(each).startswith(b"HTTP/1.1 503")
        assert process.wait(10) == 0


def begun(port: int, length: int, path: str = "/", *, source: str = "127.0.0.1") -> socket.socket:
    """A request of so many bytes of which one has been sent."""
    sender = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
    sender.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nx".encode())
    return sender


def sends_until_answered(sender: socket.socket) -> bytes:
    """The answer to whoever goes on sending a byte now and then."""
    sender.settimeout(0.5)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            return sender.recv(1000)
        except TimeoutError:
            sender.sendall(b"x")
    return b""


def test_a_file_is_sent_whole(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/file", timeout=30) as answer:
        assert answer.read() == b"x" * 4096 * 1000
        assert answer.headers["Content-Length"] == "4096000"


def test_of_a_file_the_part_is_sent_that_was_asked_for_and_slow_readers_hold_no_thread(
    port: int, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    content = os.urandom(21_000_000)
    file.write_bytes(content)
    with ExitStack() as readers:
        for _ in range(4):  # more than there are threads
            reader = readers.enter_context(socket.create_connection(("127.0.0.1", port)))
            reader.sendall(f"GET /kept?{file} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert reader.recv(1000).startswith(b"HTTP/1.1 206")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/kept?{file}", timeout=30) as answer:
            assert answer.read() == content[1000:20_001_000]


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
    with pytest.raises(urllib.error.HTTPError) as fault:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/fault", timeout=30)
    assert fault.value.code == 500
    assert ask(port, "/")["REQUEST_METHOD"] == "GET"


def wait_for(mark: Path) -> None:
    until = time.monotonic() + 20
    while not mark.exists():
        assert time.monotonic() < until
        time.sleep(0.05)

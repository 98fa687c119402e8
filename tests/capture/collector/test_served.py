"""The collector through our own server: bodies in every kind of transfer, senders that go or never end, pages."""

from __future__ import annotations

import gzip
import json
import resource
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ripeline.capture.collector.limits import BODY
from ripeline.capture.collector.models import Arrival, Refusal, WriteKey
from ripeline.capture.collector.reading import TOO_LARGE
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.serving import allow_open_files
from ripeline.timeline.definitions.active import activate
from tests.capture.collector.asking import a_key, basic, events, until
from tests.capture.collector.site import Site, post, site
from tests.factories import NOW, make_user, sign_in
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)
EVENT = b'{"event":"x","userId":"u"}'


@pytest.fixture
def served() -> Iterator[tuple[Site, WriteKey]]:
    activate(shipped_playbook("default"), now=NOW)
    key = a_key()
    with site(environment(), processes=1) as ours:
        yield ours, key


def test_bodies_come_in_pieces_packed_too_large_and_not_at_all(served: tuple[Site, WriteKey]) -> None:
    ours, key = served
    shown = {"Authorization": basic(key.key)}
    large = json.dumps(
        {"batch": [{"type": "page", "userId": "u", "messageId": str(n)} for n in range(2_000)]}
    ).encode()
    assert post(ours.port, "/v1/batch", large, shown)[0] == 200
    packed = gzip.compress(large)
    assert post(ours.port, "/v1/batch", packed, {**shown, "Content-Encoding": "gzip"})[0] == 200
    assert Arrival.objects.count() == 4_000
    assert post(ours.port, "/v1/track", b"", shown)[0] == 400
    assert raw(ours, chunked(EVENT, key)).startswith(b"HTTP/1.1 200")
    assert raw(ours, chunked(b"x" * (BODY + 1), key)).startswith(b"HTTP/1.1 413")
    said = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY + 1}\r\n\r\n".encode()
    assert raw(ours, said).startswith(b"HTTP/1.1 413"), "before anything of it is sent"
    assert Arrival.objects.count() == 4_001
    until(lambda: Refusal.objects.filter(reason=TOO_LARGE.why).count() == 2)
    told = Refusal.objects.filter(reason=TOO_LARGE.why).values_list("write_key", flat=True)
    assert set(told) == {key.pk, None}, "what arrives says so, and with which key where that was shown"


def test_senders_that_go_or_never_end_hold_up_nobody(served: tuple[Site, WriteKey]) -> None:
    ours, key = served
    head = (
        f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(key.key)}\r\nContent-Length: %d\r\n\r\n"
    )
    waiting = []
    for size in (100, 100_000) * 20:
        sender = socket.create_connection(("127.0.0.1", ours.port))
        sender.sendall((head % size).encode() + b"{")
        waiting.append(sender)
    for sender in waiting[:20]:
        sender.close()
    gone = socket.create_connection(("127.0.0.1", ours.port))
    gone.sendall((head % len(EVENT)).encode() + EVENT)
    gone.close()
    start = time.monotonic()
    assert post(ours.port, "/v1/track", EVENT, {"Authorization": basic(key.key)})[0] == 200
    assert time.monotonic() - start < 10
    for sender in waiting[20:]:
        sender.close()
    assert 1 <= len(events()) <= 2


def test_pages_are_answered_beside_events_and_their_addresses_stay_theirs(
    served: tuple[Site, WriteKey],
) -> None:
    ours, _ = served
    with urllib.request.urlopen(f"{ours.address}/accounts/login/", timeout=30) as page:
        assert "Content-Security-Policy" in page.headers
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(f"{ours.address}/v1", timeout=30)
    assert missing.value.headers["Content-Type"].startswith("text/html")


def test_more_browsers_than_have_connections_at_once_elsewhere_are_all_answered(
    served: tuple[Site, WriteKey],
) -> None:
    ours, key = served
    browsers = [socket.create_connection(("127.0.0.1", ours.port)) for _ in range(700)]
    request = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(key.key)}\r\n".encode()
    request += f"Content-Length: {len(EVENT)}\r\n\r\n".encode() + EVENT
    for browser in browsers:
        browser.settimeout(30)
        browser.sendall(request)
    assert all(browser.recv(12) == b"HTTP/1.1 200" for browser in browsers)
    for browser in browsers:
        browser.close()
    until(lambda: Arrival.objects.count() == 700)


def test_as_many_files_may_be_open_as_there_are_connections() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        allow_open_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, before[1])
        allow_open_files(10)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 300
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def chunked(body: bytes, key: WriteKey) -> bytes:
    """A request whose length nobody says beforehand."""
    head = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(key.key)}\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    pieces = [body[start : start + 10_000] for start in range(0, len(body), 10_000)]
    return head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_stop_waits_for_no_upload_and_for_no_event(served: tuple[Site, WriteKey]) -> None:
    ours, _ = served
    cookie = sign_in(make_user()).cookies["sessionid"].value
    begun = []
    for path, length in (
        ("/imports/", 1_000_000),
        ("/accounts/login/", 100),
        ("/v1/track", 100),
        ("/v1/b", 100_000),
    ):
        sender = socket.create_connection(("127.0.0.1", ours.port), timeout=20)
        sender.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={cookie}\r\n"
            f"Content-Length: {length}\r\n\r\nx".encode()
        )
        begun.append(sender)
    # All of them are on their way by the time that one more is answered.
    assert post(ours.port, "/v1/track", b"", {})[0] == 400
    ours.stop()
    assert [sender.recv(1_000)[:12] for sender in begun] == [b"HTTP/1.1 503"] * 4


def test_behind_proxies_the_last_ones_word_is_the_address(tmp_path: Path) -> None:
    key = a_key("website")
    file = tmp_path / "networks.csv"
    file.write_text("192.0.2.1,vpn:first\n192.0.2.2,vpn:second\n192.0.2.3,vpn:third\n")
    settings = {"RIPELINE_BASE_URL": "https://leads.example.com", "RIPELINE_NETWORKS": str(file)}
    activate(shipped_playbook("default"), now=NOW)
    with site({**environment(), **settings}, processes=1) as ours:
        head = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(key.key)}\r\n"
        for lines in (
            "192.0.2.1",
            "192.0.2.1, 192.0.2.2",
            "192.0.2.1, 192.0.2.2\r\nX-Forwarded-For: 192.0.2.3",
        ):
            request = (
                f"{head}X-Forwarded-For: {lines}\r\nContent-Length: {len(EVENT)}\r\n\r\n".encode() + EVENT
            )
            assert raw(ours, request).startswith(b"HTTP/1.1 200")
    kept = Arrival.objects.order_by("pk").values_list("facts", flat=True)
    assert [facts["network"] for facts in kept] == ["vpn:first", "vpn:second", "vpn:third"]
    assert "192.0.2" not in str(list(Arrival.objects.values()))


def test_only_requests_that_say_how_long_they_are_are_heard(served: tuple[Site, WriteKey]) -> None:
    ours, _ = served
    hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
    with suppress(ConnectionError):
        # An answer in frames would begin with the settings of HTTP/2.
        assert raw(ours, hello)[3:4] != b"\4"


def raw(ours: Site, request: bytes) -> bytes:
    """The beginning of the answer to what is sent as it is."""
    with socket.create_connection(("127.0.0.1", ours.port), timeout=20) as sender:
        # It may answer, and listen no longer.
        with suppress(OSError):
            sender.sendall(request)
        return sender.recv(1_000)

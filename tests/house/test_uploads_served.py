"""A file that is uploaded through our own server arrives whole; one that breaks off is no import."""

from __future__ import annotations

import hashlib
import http.client
import socket
from urllib.parse import urlsplit

import pytest

from ripeline.gateway.models import Import
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.definitions.active import activate
from tests.factories import NOW, make_user, sign_in
from tests.processes import server

MARK = "a-line-between-the-parts"


@pytest.mark.django_db(transaction=True)
def test_a_large_file_is_brought_in_whole_and_one_that_breaks_off_not_at_all() -> None:
    activate(shipped_playbook("default"), now=NOW)
    rows = b"".join(b"Ann %d,ann%d@x.example,%s\n" % (number, number, b"x" * 60) for number in range(120_000))
    file = b"name,email,note\n" + rows
    client = sign_in(make_user("admin"))
    client.get("/imports/")
    cookies = {name: client.cookies[name].value for name in ("sessionid", "csrftoken")}
    body = form({"csrfmiddlewaretoken": cookies["csrftoken"], "form": "rows"}, file)
    with server(processes=1) as address:
        send(address, cookies, body, body[: len(body) // 2])
        assert send(address, cookies, body, body) == 302
    [brought] = Import.objects.all()
    assert brought.rows is None or brought.rows == 120_000
    assert brought.digest == hashlib.sha256(file).hexdigest()


def form(fields: dict[str, str], file: bytes) -> bytes:
    parts = [
        f'--{MARK}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{MARK}\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n'
    return (
        b"".join(parts)
        + head.encode()
        + b"Content-Type: text/csv\r\n\r\n"
        + file
        + f"\r\n--{MARK}--\r\n".encode()
    )


def send(address: str, cookies: dict[str, str], body: bytes, sent: bytes) -> int:
    """The status; 0 where the sender went before it had sent everything."""
    host = urlsplit(address).netloc
    head = (
        f"POST /imports/ HTTP/1.1\r\nHost: {host}\r\nCookie: "
        + "; ".join(f"{name}={value}" for name, value in cookies.items())
        + f"\r\nContent-Type: multipart/form-data; boundary={MARK}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    name, port = host.split(":")
    with socket.create_connection((name, int(port)), timeout=60) as sender:
        sender.sendall(head.encode() + sent)
        if len(sent) < len(body):
            return 0
        answer = http.client.HTTPResponse(sender)
        answer.begin()
        return answer.status

"""The one way out: nothing but the world can be reached by those who may name a host."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from django.conf import LazySettings

from ripeline.kit.outbound import NotAllowed, allowed_addresses, connect, is_of_the_world

INSIDE = """
127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.0.1 198.18.0.1 192.0.2.1
224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fc00::1 fe80::1 ff02::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1:: 2002:a00:1:: 2001:0:4136:e378:8000:63bf:f5ff:fffe
""".split()
OUTSIDE = "1.1.1.1 8.8.8.8 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808".split()


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_this_machine_or_its_network_is_not_of_the_world(address: str) -> None:
    assert not is_of_the_world(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_that_anybody_could_reach_is(address: str) -> None:
    assert is_of_the_world(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "::1"]
)
def test_however_it_is_written_this_machine_is_not_connected_to(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(NotAllowed, match="inside your own network"),
    ):
        connect(host, server.getsockname()[1], timeout=1)


def test_a_name_that_leads_to_the_world_and_to_this_machine_is_a_trap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers(monkeypatch, "1.1.1.1", "127.0.0.1")
    with pytest.raises(NotAllowed):
        allowed_addresses("trap.example", 25)


def test_what_was_looked_at_is_connected_to_and_not_the_name_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "1.1.1.1")
    asked = []

    def dial(address: tuple[str, int], **_: object) -> socket.socket:
        asked.append(address)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(OSError):
        connect("changing.example", 25, timeout=1)
    assert asked == [("1.1.1.1", 25)]


@pytest.mark.parametrize("named", ["127.0.0.1", "localhost", "127.0.0.0/8", "mail.internal, 127.0.0.1"])
def test_what_whoever_installed_this_names_may_be_reached(settings: LazySettings, named: str) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"private_hosts": named})
    host = "localhost" if named == "localhost" else "127.0.0.1"
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect(host, server.getsockname()[1], timeout=2).close()
    with pytest.raises(NotAllowed):
        allowed_addresses("10.0.0.1", 25)


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 25)) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

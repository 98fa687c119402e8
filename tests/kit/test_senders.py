"""Addresses as servers and proxies write them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ripeline.kit.senders import bare_address, sender_of
from ripeline.rsgi import reader_of_addresses

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("written", "address", "sender"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1:4321", "192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("[2001:DB8:1:2:3::4]:443", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("unknown", "unknown", "unknown"),
        ("a\0:b", "a\0:b", "a\0:b"),
        ("", "", ""),
    ],
)
def test_a_sender_is_one_address_or_one_connection_of_version_6(
    written: str, address: str, sender: str
) -> None:
    assert (bare_address(written), sender_of(written)) == (address, sender)


@pytest.mark.parametrize(
    ("base_url", "client", "said", "whom"),
    [
        ("https://leads.example.com", "127.0.0.1:9", ["192.0.2.9", "192.0.2.1, 192.0.2.2:4321"], "192.0.2.2"),
        ("https://leads.example.com", "[::1]:9", [], "::1"),
        ("http://localhost:8000", "127.0.0.1:9", ["192.0.2.1"], "127.0.0.1"),
    ],
)
def test_a_proxy_that_writes_ports_names_the_same_sender_at_each_connection(
    base_url: str, client: str, said: list[str], whom: str
) -> None:
    scope = SimpleNamespace(client=client, headers=SimpleNamespace(get_all=lambda _: said))
    assert reader_of_addresses(base_url)(cast(Any, scope)) == whom

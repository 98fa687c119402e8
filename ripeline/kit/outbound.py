"""Connections to the world, at addresses that people of this installation may choose: the one way out.

Whoever may name a host must not reach what only this machine can: its own services, its network, the metadata of a
cloud. So a name is resolved, every address it has is looked at, and the connection goes to one that was looked at, not
to the name again: what a name means may change in between. What the installer names in RIPELINE_PRIVATE_HOSTS may be
reached all the same.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")
_CARRIES_V4 = 32


class NotAllowed(OSError):
    """The host is not to be connected to; the text is a sentence."""


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """A connection to a host of the world. Raises NotAllowed, and OSError where nobody answers."""
    last: OSError | None = None
    for address in allowed_addresses(host, port):
        try:
            found = socket.create_connection((str(address), port), timeout=timeout)
        except OSError as trouble:
            last = trouble
            continue
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found
    raise last or OSError(f"{host} has no address.")


def allowed_addresses(host: str, port: int) -> Sequence[Address]:
    """The addresses of a host, all of which may be connected to.

    Raises NotAllowed where one may not: a name that leads to the world and to this machine as well is a trap.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise OSError(f"There is no host {host!r}.") from None
    addresses = list(dict.fromkeys(ip_address(each[4][0]) for each in found))
    if is_allowed_privately(host, addresses):
        return addresses
    for address in addresses:
        if not is_of_the_world(address):
            raise NotAllowed(
                f"{host} is inside your own network ({address}). Whoever installed this can allow it in"
                " RIPELINE_PRIVATE_HOSTS."
            )
    return addresses


def is_of_the_world(address: Address) -> bool:
    """Whether an address is one that anybody could reach, also where it only wraps another."""
    wrapped = _wrapped(address)
    if wrapped is not None:
        return is_of_the_world(wrapped)
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_allowed_privately(host: str, addresses: Iterable[Address]) -> bool:
    """Whether the installer named this host, or networks in which all its addresses are."""
    names = [each.strip().lower() for each in settings.CONFIG.private_hosts.split(",") if each.strip()]
    if host.lower().strip("[]") in names:
        return True
    networks = [ip_network(name, strict=False) for name in names if _is_network(name)]
    return all(any(address in network for network in networks) for address in addresses)


def _wrapped(address: Address) -> IPv4Address | None:
    """The address of the old kind that one of the new kind stands for: mapped, 6to4, Teredo or NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & (2**_CARRIES_V4 - 1))
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _is_network(name: str) -> bool:
    try:
        ip_network(name, strict=False)
    except ValueError:
        return False
    return True

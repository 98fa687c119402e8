"""Whom a request came from, as servers and proxies write it; and how much of an address stands for one sender."""

from __future__ import annotations

import socket

OWN_HALF = 8
"""Bytes of an address of version 6 that whoever is connected is given; the rest they fill as they like."""


def without_port(written: str) -> str:
    """An address as a proxy writes it, perhaps in brackets, with a port or an interface: the address alone."""
    if "." in written and written.count(":") == 1:
        written = written.partition(":")[0]
    elif written.startswith("["):
        written = written[1:].partition("]")[0]
    return written.partition("%")[0]


def bare_address(written: str) -> str:
    """The address alone, written in one way; what is none stays as it is."""
    packed = _packed(written)
    if packed is None:
        return written
    if packed[:12] == b"\0" * 10 + b"\xff\xff":
        packed = packed[12:]
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def sender_of(address: str) -> str:
    """What counts as one sender: an address of version 4, and of version 6 all that one connection has (its /64)."""
    bare = bare_address(address)
    packed = _packed(bare) if ":" in bare else None
    if packed is None:
        return bare
    return socket.inet_ntop(socket.AF_INET6, packed[:OWN_HALF] + bytes(OWN_HALF)) + "/64"


def _packed(written: str) -> bytes | None:
    bare = without_port(written.strip())
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)
    except (OSError, ValueError):
        return None

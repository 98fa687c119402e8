"""Of what sort of network an address is: by tables alone, the narrowest range and one's own word first."""

from __future__ import annotations

import random
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest

from ripeline.capture.collector.networks import (
    BadNetworks,
    Networks,
    Range,
    clouds,
    load_networks,
    read_networks,
)
from ripeline.capture.verdicts.judging import Facts, judge
from ripeline.capture.verdicts.rules import shipped_rules
from tests.capture.collector.asking import AGENT

pytestmark = pytest.mark.pure
OWN = """\ufeffrange,name
# Our own, and some that we know.
13.107.0.0/16,none:our gateway
192.0.2.0/24,datacentre:Acme Hosting
192.0.2.7,vpn
"192.0.2.64-192.0.2.80" , tor
2001:db8::/32,relay:icloud
"""


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Networks:
    file = tmp_path_factory.mktemp("networks") / "networks.csv"
    file.write_text(OWN)
    return load_networks(file)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        # What the providers themselves publish, and have for years.
        ("52.94.76.1", "datacentre:aws"),
        ("35.190.0.1", "datacentre:gcp"),
        ("20.38.98.100", "datacentre:azure"),
        ("2a05:d018::1", "datacentre:aws"),
        ("104.24.0.1", "proxy:cloudflare"),
        # A household, an office, this machine.
        ("84.105.1.1", ""),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("192.0.2.1", "datacentre:acme-hosting"),
        ("192.0.2.255", "datacentre:acme-hosting"),
        ("192.0.3.0", ""),
        ("192.0.2.7", "vpn"),
        ("192.0.2.63", "datacentre:acme-hosting"),
        ("192.0.2.64", "tor"),
        ("192.0.2.80", "tor"),
        ("192.0.2.81", "datacentre:acme-hosting"),
        ("13.107.6.1", ""),
        ("2001:db8:1::9", "relay:icloud"),
        # As proxies write them.
        ("192.0.2.7:443", "vpn"),
        ("[2001:db8::9]:443", "relay:icloud"),
        ("2001:db8::9%eth0", "relay:icloud"),
        ("::ffff:192.0.2.7", "vpn"),
        ("", ""),
        ("unknown", ""),
        ("1.2.3", ""),
        ("\0", ""),
    ],
)
def test_an_address_is_of_the_network_that_is_published_or_said(
    networks: Networks, address: str, name: str
) -> None:
    assert networks(address) == name


def test_who_comes_from_a_data_centre_is_a_machine_and_behind_a_vpn_nobody_can_tell(
    networks: Networks,
) -> None:
    def actor(address: str) -> str:
        return judge(Facts(AGENT, "POST", (), networks(address)), shipped_rules()).actor

    assert [actor(each) for each in ("84.105.1.1", "52.94.76.1", "192.0.2.7")] == [
        "human",
        "machine",
        "unknown",
    ]


def test_the_narrowest_range_counts_whatever_their_order() -> None:
    rng = random.Random(7)
    for _ in range(50):
        said = [
            Range(first, first + rng.randrange(1, 40), f"vpn:{number}")
            for number, first in enumerate(rng.randrange(100) for _ in range(12))
        ]
        networks = Networks(said)
        for number in range(150):
            holding = [each for each in said if each.first <= number <= each.last]
            narrowest = min((each.last - each.first for each in holding), default=0)
            wanted = [each.name for each in holding if each.last - each.first == narrowest]
            assert networks(str(ip_address(number + 2**64))) == ""
            assert networks._tables[0].find(number) == (wanted[-1] if wanted else "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("192.0.2.0/24", "line 1 names no sort of network"),
        ("192.0.2.0/24,tor\n192.0.2.0/24,Hetzner", "line 2 names no sort of network"),
        ("192.0.2.0/33,tor", "line 1 has '192.0.2.0/33', which is no range"),
        ("192.0.2.9-192.0.2.1,tor", "which is no range"),
        ("DE,tor", "which is no range"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_its_line_and_the_clouds_are_known_all_the_same(
    text: str, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "networks.csv"
    file.write_text(text)
    with pytest.raises(BadNetworks, match=said):
        read_networks(file)
    with caplog.at_level("ERROR"):
        assert load_networks(file)("52.94.76.1") == "datacentre:aws"
    assert said in caplog.text


def test_the_ranges_of_clouds_are_many_and_overlap_no_more() -> None:
    found = list(clouds())
    assert len(found) > 10_000
    assert all(one.last < other.first for one, other in pairwise(found))

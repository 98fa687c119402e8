"""Write keys from the command line, the origins of sites, and how much one sender may send."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ripeline.capture.collector.commands import key_group
from ripeline.capture.collector.keys import NoOrigin, read_origin
from ripeline.capture.collector.models import WriteKey
from ripeline.capture.collector.rates import Rates


@pytest.mark.django_db
def test_a_key_is_made_shown_and_ended_from_the_command_line() -> None:
    assert "Make one with: ripeline key new NAME" in say("list")
    made = say("new", "Our site", "--origin", "https://WWW.Example.com/", "--origin", "http://localhost:3000")
    key = WriteKey.objects.get()
    assert made == f"{key.key}\n"
    assert (key.name, key.purpose) == ("Our site", "website")
    assert key.origins == ["http://localhost:3000", "https://www.example.com"]
    say("new", "The shop", "--for", "server")
    assert "The shop (server)" in say("list")
    say("end", key.key)
    assert "Our site (website, from http://localhost:3000, https://www.example.com, ended)" in say("list")
    say("end", str(WriteKey.objects.get(purpose="server").pk))
    assert not WriteKey.objects.filter(is_active=True).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "says"),
    [
        (
            ["new", "x", "--origin", "www.example.com"],
            "'www.example.com' is no site; write it as https://www.",
        ),
        (["new", "x", "--for", "everything"], "'website', 'server'"),
        (["end", "nobodys"], "There is no key nobodys. `ripeline key list` shows those there are."),
        (["end", "9" * 40], "There is no key 999"),
    ],
)
def test_what_cannot_be_done_is_told(command: list[str], says: str) -> None:
    result = CliRunner().invoke(key_group, command)
    assert result.exit_code
    assert says in result.output
    assert not WriteKey.objects.exists()


@pytest.mark.pure
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://example.com", "https://example.com"),
        (" HTTPS://Example.COM:443/ ", "https://example.com"),
        ("http://example.com:8080", "http://example.com:8080"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_read_as_browsers_write_it(written: str, read: str) -> None:
    assert read_origin(written) == read


@pytest.mark.pure
@pytest.mark.parametrize(
    "written",
    ["", "example.com", "ftp://x.example", "https://", "https://x/path", "https://x:y", "https://[", "null"],
)
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(NoOrigin):
        read_origin(written)


@pytest.mark.pure
@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 5)), max_size=40))
def test_nobody_sends_more_than_the_bucket_and_what_flows_into_it(sent: list[tuple[int, float]]) -> None:
    rates = Rates(a_second=2, burst=10)
    now = let_in = 0.0
    for events, pause in sent:
        now += pause
        wait = rates.wait((1, "a"), events, now)
        let_in += 0 if wait else min(events, 10)
        assert let_in <= 10 + 2 * now + 1e-6
        if wait:
            assert rates.wait((1, "a"), events, now + wait) == 0, (
                "whoever waits as long as they are told is let in"
            )
            now, let_in = now + wait, let_in + min(events, 10)


@pytest.mark.pure
def test_one_senders_flood_is_not_anothers_and_memory_is_bounded() -> None:
    rates = Rates(a_second=1, burst=2, most=100)
    assert [rates.wait((1, "a"), 1, 0) for _ in range(3)] == [0, 0, 1]
    assert rates.wait((2, "a"), 1, 0) == rates.wait((1, "b"), 1, 0) == 0
    for number in range(1_000):
        rates.wait((1, str(number)), 1, 0)
    assert len(rates._senders) <= 100


def say(*command: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(key_group, list(command))
    assert result.exit_code == 0, result.output
    return result.output

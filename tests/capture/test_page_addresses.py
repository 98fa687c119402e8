"""Addresses of pages as they are kept."""

from __future__ import annotations

import pytest

from ripeline.capture.page_addresses import LONGEST, kept_address


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("https://a.example/p?utm_source=x&b=", "https://a.example/p?utm_source=x&b="),
        ("https://a.example/p?email=ann@b.example&c=1", "https://a.example/p?email=&c=1"),
        ("https://a.example/p?email=ann%40b.example#top", "https://a.example/p?email=#top"),
        ("https://a.example/p?rl=tok:en&c=1", "https://a.example/p?c=1"),
        ("https://a.example/p?rl=tok:en", "https://a.example/p"),
        ("https://a.example/p?c=1#rl=tok:en", "https://a.example/p?c=1"),
        ("https://a.example/p#/deep?mail=ann@b.example", "https://a.example/p"),
        ("https://a.example/p?girl=1?x=2", "https://a.example/p?girl=1?x=2"),
        ("https://a.example/f/?page=https%3A%2F%2Fb%2F%3Frl%3Dtok&c=1", "https://a.example/f/?page=&c=1"),
        ("", ""),
    ],
)
def test_neither_a_mail_address_nor_a_token_stays_in_it(told: str, kept: str) -> None:
    assert kept_address(told) == kept


@pytest.mark.parametrize("piece", ["?", "?a=?", "&=@", "#?rl="])
def test_of_a_very_long_one_only_its_beginning_is_looked_at(piece: str) -> None:
    assert len(kept_address(piece * 100_000)) <= LONGEST

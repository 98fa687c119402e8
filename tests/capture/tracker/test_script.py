"""The browser script as it is served: small, kept by browsers, taken in by any page."""

from __future__ import annotations

import gzip

import pytest

from ripeline.capture.collector.exchange import Answer, Asked
from ripeline.capture.tracker.script import LARGEST, PATH, SOURCE, Script, squeeze


def ask(method: str = "GET", **headers: str) -> Answer:
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return Script().answer(Asked(method, PATH, lines.get, ""))


def test_the_script_is_no_larger_than_four_kilobytes_packed() -> None:
    assert len(Script().packed) <= LARGEST


def test_it_is_sent_packed_to_whom_understands_that_and_plain_to_others() -> None:
    packed, plain = ask(accept_encoding="br, gzip"), ask()
    assert gzip.decompress(packed.body) == plain.body
    assert dict(packed.headers)["content-encoding"] == "gzip"
    assert "content-encoding" not in dict(plain.headers)
    said = dict(plain.headers)
    assert said["content-type"] == "text/javascript; charset=utf-8"
    assert (said["access-control-allow-origin"], said["cross-origin-resource-policy"]) == (
        "*",
        "cross-origin",
    )
    assert "max-age=3600" in said["cache-control"]


def test_whom_has_it_is_told_so_until_it_changes() -> None:
    etag = dict(ask().headers)["etag"]
    for known in (etag, f'"other", W/{etag}'):
        answer = ask(if_none_match=known, accept_encoding="gzip")
        assert (answer.status, answer.body) == (304, b"")
    assert ask(if_none_match='"other"').status == 200
    assert Script("changed()").etag != etag


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_is_only_fetched(method: str) -> None:
    answer = ask(method)
    assert (answer.status, dict(answer.headers)["allow"]) == (405, "GET, HEAD")


def test_comments_and_indents_stay_at_home_and_nothing_else() -> None:
    assert squeeze("// why\nfirst()\n\n    // how\n    second('//')\n") == "first()\nsecond('//')\n"
    source = SOURCE.read_text(encoding="utf-8")
    assert "eval(" not in source
    assert "new Function" not in source

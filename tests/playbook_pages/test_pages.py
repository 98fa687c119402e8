"""The playbook's page and those of earlier versions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ripeline.installing import shipped_playbook
from ripeline.people.models import User
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import PlaybookVersion
from tests.timeline.people import PLAYBOOK

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> User:
    user = User.objects.create_user("sara@firm.example", "a-long-password", role="sales", name="Sara Vos")
    client.force_login(user)
    return user


def page(client: Client, address: str = "/playbook/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_everybody_with_an_account_reads_it_and_nobody_else(client: Client, reader: User) -> None:
    activate(PLAYBOOK, now=NOW, author=reader)
    html = page(client)
    assert "Leads convert, prospects answer" in html
    assert "by Sara Vos" in html
    assert "1 March 2026" in html
    assert PlaybookVersion.objects.get().version[:8] in html
    client.logout()
    assert client.get("/playbook/").status_code == 302


def test_each_rule_leads_to_a_line_that_is_there(client: Client, reader: User) -> None:
    text = shipped_playbook("default")
    activate(text, now=NOW)
    html = page(client)
    anchors = set(re.findall(r'id="(L\d+)"', html))
    assert len(anchors) == len(text.splitlines())
    targets = set(re.findall(r'class="at-line" href="#(L\d+)"', html))
    assert len(targets) > 60
    assert targets <= anchors
    # The last rule of the default: silence costs a prospect the stage.
    last = max(number for number, each in enumerate(text.splitlines(), 1) if "reason: went quiet" in each)
    assert f"L{last}" in targets


def test_comments_and_markup_in_the_text_are_shown_and_not_obeyed(client: Client, reader: User) -> None:
    wicked = PLAYBOOK.replace("title: Leads convert, prospects answer", 'title: "<script>alert(1)</script>"')
    activate(wicked + "\n# <img src=x onerror=alert(2)> & a comment\n", now=NOW, note="<b>bold</b>")
    html = page(client)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "<b>bold</b>" not in html
    assert '<span class="y-comment"># &lt;img src=x onerror=alert(2)&gt; &amp; a comment</span>' in html


def test_an_earlier_version_keeps_its_own_address(client: Client, reader: User) -> None:
    first = activate(PLAYBOOK, now=NOW)
    activate(PLAYBOOK.replace("gte: 30", "gte: 45"), now=NOW + timedelta(days=3))
    html = page(client)
    assert "score at least 45" in html
    assert f'href="/playbook/{first.version[:8]}/"' in html
    old = page(client, f"/playbook/{first.version}/")
    assert "score at least 30" in page(client, f"/playbook/{first.version[:8].upper()}/")
    assert "score at least 30" in old
    assert "Not in force" in old
    assert client.get(f"/playbook/{first.version[:7]}/").status_code == 404
    assert client.get("/playbook/0123456789/").status_code == 404


def test_an_address_that_two_versions_share_is_told_to_be_longer(client: Client, reader: User) -> None:
    activate(PLAYBOOK, now=NOW)
    for end in "ab":
        PlaybookVersion.objects.create(
            version="0" * 63 + end, key="k", title=f"Twin {end}", text=PLAYBOOK, created_at=NOW
        )
    assert client.get("/playbook/00000000/").status_code == 404
    assert "Twin b" in page(client, f"/playbook/{'0' * 63}b/")


def test_the_versions_say_when_they_were_in_force_and_what_changed(client: Client, reader: User) -> None:
    first = activate(PLAYBOOK, now=NOW, author=reader, note="to begin with")
    second = activate(PLAYBOOK.replace("gte: 30", "gte: 45"), now=NOW + timedelta(days=3), author=reader)
    activate(PLAYBOOK, now=NOW + timedelta(days=5), author=reader)
    html = re.sub(r"<[^>]+>|\s+", " ", page(client, "/playbook/versions/"))
    html = re.sub(r" +", " ", html)
    assert "since 6 March 2026" in html
    assert "1 March 2026 to 4 March 2026" in html
    assert "4 March 2026 to 6 March 2026 by Sara Vos" in html
    assert "to begin with" in html
    asked = f"/playbook/changes/?from={first.version[:8]}&to={second.version[:8]}"
    changes = page(client, asked)
    assert "MQL now needs 45 points instead of 30." in changes
    assert re.search(r'<tr class="come">.*?gte: 45', changes, re.S)
    assert "MQL now needs 30 points instead of 45." in page(client, "/playbook/changes/")
    assert client.get("/playbook/changes/?from=nonsense").status_code == 404


def test_all_versions_are_listed_a_page_at_a_time_those_never_in_force_last(
    client: Client, reader: User
) -> None:
    active = activate(PLAYBOOK, now=NOW).version
    PlaybookVersion.objects.bulk_create(
        PlaybookVersion(version=f"{n:064x}", key="k", title=f"Kept {n:03}", text="key: k\n",
                        created_at=NOW - timedelta(days=n), activated_at=NOW - timedelta(days=n) if n % 2 else None)
        for n in range(1, 211)
    )  # fmt: skip
    seen, address = list[str](), "/playbook/versions/"
    for number in range(3):
        html = page(client, address)
        assert ("Nobody is writing one" in html) == (number == 0)
        assert f"?from={active[:8]}" in html, "each can be compared with the one in force, on every page"
        seen += re.findall(r'<code title="([0-9a-f]{64})">', html)
        address = "/playbook/versions/" + "".join(re.findall(r'rel="next" href="([^"]+)"', html))
    kept = [f"{n:064x}" for n in (*range(1, 211, 2), *range(2, 211, 2))]
    assert seen == [active, *kept]
    assert address == "/playbook/versions/"
    assert 'rel="prev" href="?start=100"' in html


def test_a_version_that_cannot_be_read_any_more_is_shown_as_it_was_written(
    client: Client, reader: User
) -> None:
    activate(PLAYBOOK, now=NOW)
    PlaybookVersion.objects.create(
        version="b" * 64, key="old", title="From long ago", text="key: old\nladder: [a, b]\n", created_at=NOW
    )
    html = page(client, f"/playbook/{'b' * 64}/")
    assert "cannot be put into words" in html
    assert "ladder" in html


def test_one_version_and_three_cost_the_same(client: Client, reader: User) -> None:
    counts = []
    for number in (30, 31, 32):
        activate(
            PLAYBOOK.replace("gte: 30", f"gte: {number}"), now=NOW + timedelta(days=number), author=reader
        )
        with CaptureQueriesContext(connection) as queries:
            page(client)
        counts.append(len(queries))
    # Session, reader, the version and when it was in force, who put it there, its text, the latest versions and theirs,
    # whether everybody was assessed by it, bell.
    assert counts == [10, 10, 10]


def test_without_a_playbook_the_page_says_what_to_run(client: Client, reader: User) -> None:
    response = client.get("/playbook/")
    assert response.status_code == 503
    assert "ripeline migrate" in response.content.decode()


def test_it_is_read_only(client: Client, reader: User) -> None:
    activate(PLAYBOOK, now=NOW)
    assert client.post("/playbook/", {"text": "x"}).status_code == 405

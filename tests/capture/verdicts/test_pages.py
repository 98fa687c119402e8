"""The page of the rules of verdicts."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ripeline.capture.verdicts.again import attend_judging
from ripeline.capture.verdicts.force import put_in_force, rules_in_force
from ripeline.capture.verdicts.models import JudgingAgain
from ripeline.capture.verdicts.previewing import judge_latest
from ripeline.capture.verdicts.rules import load_rules, shipped_rules
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import digested, page, website
from tests.capture.verdicts.test_again import MONITOR, OURS
from tests.factories import NOW, make_user, sign_in

pytestmark = pytest.mark.django_db
HOSTILE = '"><script>alert(1)</script>'
# Session, reader, bell; the rules in force (the text, then who kept them), latest events, their verdicts, their facts,
# versions, the last judging.
RULES = 10


@pytest.fixture
def admin() -> Client:
    return sign_in(make_user("admin"))


def read(browser: Client, queries: int | None = None) -> str:
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get("/capture/rules/")
    assert answer.status_code == 200
    if queries is not None:
        assert len(asked) == queries, "\n".join(each["sql"] for each in asked)
    return answer.content.decode()


def test_the_page_shows_the_rules_and_what_they_said_of_late(admin: Client) -> None:
    key = website()
    digested(key, page("/a"), page("/b"))
    digested(key, page("/c"), agent=f"Googlebot {HOSTILE}")
    said = read(admin, RULES)
    assert "They come with Ripeline." in said
    assert "None would be judged otherwise." in said
    assert "known-robot" in said
    digested(key, *(page(f"/{number}", anonymousId=f"{number}") for number in range(20)), agent=HOSTILE)
    assert HOSTILE not in read(admin, RULES)
    mia = sign_in(make_user("marketing"))
    assert "They are changed by administrators." in read(mia)


def test_a_document_is_tried_then_kept_then_the_past_is_judged_by_it(admin: Client) -> None:
    digested(website(), page("/a"), page("/b"), agent=f"{MONITOR} {HOSTILE}")
    tried = admin.post("/capture/rules/try/", {"text": OURS}).content.decode()
    assert "<b>2</b> would be judged otherwise." in tried
    assert HOSTILE not in tried
    assert rules_in_force() is shipped_rules()
    kept = admin.post(
        "/capture/rules/keep/", {"text": OURS.replace("\n", "\r\n"), "note": HOSTILE}, follow=True
    )
    assert "From now on the rules" in kept.content.decode()
    assert HOSTILE not in kept.content.decode()
    assert rules_in_force().version == load_rules(OURS).version
    assert "2 were judged under other rules." in read(admin)
    admin.post("/capture/rules/again/")
    assert "0 of 2 looked at" in read(admin)
    assert "being judged again already" in admin.post("/capture/rules/again/", follow=True).content.decode()
    while attend_judging(NOW):
        pass
    assert "2 looked at, 2 judged otherwise" in read(admin)
    assert set(Touch.objects.values_list("actor", flat=True)) == {"machine"}
    admin.post("/capture/rules/use/shipped/")
    assert rules_in_force() is shipped_rules()
    admin.post(f"/capture/rules/use/{load_rules(OURS).version}/")
    assert rules_in_force().version == load_rules(OURS).version
    admin.post("/capture/rules/again/")
    admin.post(f"/capture/rules/again/{JudgingAgain.objects.latest('pk').pk}/cancel/")
    assert "Cancelled" in read(admin)


def test_what_cannot_be_read_is_said_at_the_field_and_stays_there(admin: Client) -> None:
    for where in ("try", "keep"):
        answer = admin.post(f"/capture/rules/{where}/", {"text": f"rules: [{{signal: '{HOSTILE}'}}]"})
        said = answer.content.decode()
        assert answer.status_code == 422
        assert "needs &#x27;says&#x27;: human, machine or unknown." in said
        assert HOSTILE not in said
        assert "signal: &#x27;&quot;&gt;&lt;script&gt;" in said
    assert admin.post("/capture/rules/keep/", {"text": ""}).status_code == 422


def test_patterns_that_take_long_do_not_keep_the_page(admin: Client) -> None:
    digested(website(), page("/a"), agent="a" * 400 + "!")
    slow = load_rules("rules: [{signal: x, says: machine, agent: ['^(a|a)*$']}]")
    assert judge_latest(slow, seconds=-1).left == 1
    put_in_force(slow.text, by=None, note="", now=NOW)
    assert "were not looked at" not in read(admin)

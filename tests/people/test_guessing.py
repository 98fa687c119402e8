"""Guessing passwords is slowed down: counted by all processes together, on after a restart, forgotten in time."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from datetime import timedelta
from http.cookiejar import CookieJar
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from ripeline.people.models import User
from ripeline.people.shared_cache import CacheEntry, forget_expired
from ripeline.timeline.definitions.active import activate
from ripeline.worker import SWEEP_EVERY, sweeping
from tests.processes import server
from tests.timeline.people import PLAYBOOK

PASS = "three little words"


def try_to_sign_in(site: str, password: str, **headers: str) -> str:
    """What a browser without cookies is told; "in" where it was let in."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    browser.addheaders = list(headers.items())
    form = browser.open(f"{site}/accounts/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token
    data = {"csrfmiddlewaretoken": token[1], "login": "sam@firm.org", "password": password}
    try:
        answer = browser.open(f"{site}/accounts/login/", urllib.parse.urlencode(data).encode())
    except urllib.error.HTTPError as refused:
        return f"{refused.code}"
    said = answer.read().decode()
    if any(cookie.name == "sessionid" for cookie in jar):
        return "in"
    return "too many" if "Too many failed login attempts" in said else "wrong"


@pytest.mark.django_db(transaction=True)
def test_a_limit_holds_for_all_processes_together_and_after_a_restart() -> None:
    activate(PLAYBOOK, now=timezone.now())
    User.objects.create_user("sam@firm.org", PASS, role="sales", name="Sam")
    with server(processes=2) as site:
        told = [try_to_sign_in(site, f"guess {number}") for number in range(8)]
    assert told == ["wrong"] * 5 + ["too many"] * 3, (
        "five tries in five minutes for one account (allauth's limit)"
    )
    with server(processes=2) as site:
        assert try_to_sign_in(site, PASS) == "too many", "a restart forgives nothing"
        CacheEntry.objects.all().delete()
        assert try_to_sign_in(site, PASS) == "in"


@pytest.mark.django_db
def test_who_guesses_cannot_begin_anew_under_another_host_or_a_header(client: Client) -> None:
    User.objects.create_user("sam@firm.org", PASS, role="sales")
    answers: list[Any] = []
    for number in range(7):
        client.cookies.clear()
        answers.append(
            client.post(
                "/accounts/login/",
                {"login": "Sam@firm.org" if number % 2 else "sam@firm.org", "password": f"guess {number}"},
                headers={"host": f"localhost:{8000 + number}", "x-forwarded-for": f"10.0.0.{number}"},
            )
        )
    assert "Too many failed login attempts" in answers[-1].content.decode()
    assert "Too many failed login attempts" not in answers[4].content.decode()


@pytest.mark.django_db
def test_the_worker_sweeps_what_has_expired_and_leaves_the_rest() -> None:
    now = timezone.now()
    cache.set("kept", 1, timeout=3600)
    cache.set("short", 2, timeout=60)
    Session.objects.create(session_key="old", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", expire_date=now + timedelta(days=1))
    sweep = sweeping()
    later = now + timedelta(minutes=5)
    assert sweep(later) == 0, "sweeping is no reason not to rest"
    assert CacheEntry.objects.count() == 1
    assert cache.get("kept") == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    sweep(later + SWEEP_EVERY / 2 + timedelta(hours=2))
    assert CacheEntry.objects.count() == 0


@pytest.mark.django_db
def test_sweeping_where_nothing_expired_writes_nothing(django_assert_num_queries: Any) -> None:
    cache.set("kept", 1, timeout=3600)
    with django_assert_num_queries(2):
        assert forget_expired(timezone.now()) == 0

"""Accounts: the first by signing up, one of however many try; the others by command; the demo's at home only."""

from __future__ import annotations

import threading

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from ripeline.people.commands import user_group
from ripeline.people.models import User
from ripeline.serving import serve_command
from ripeline.timeline.definitions.active import activate
from tests.timeline.people import PLAYBOOK

PASS = "a-long-pass-phrase"


@pytest.mark.django_db
def test_an_account_made_by_command_signs_in_after_choosing_a_password() -> None:
    assert "Nobody has an account yet." in CliRunner().invoke(user_group, ["list"]).output
    said = CliRunner().invoke(user_group, ["add", "Eva@firm.org", "--role", "marketing", "--name", "Eva"])
    assert said.exit_code == 0, said.output
    path = said.output.splitlines()[1].removeprefix(settings.CONFIG.base_url)
    browser = Client()
    form = browser.get(path).headers["Location"]
    assert browser.post(form, {"password1": PASS, "password2": PASS}).status_code == 302
    fresh = Client()
    assert fresh.post("/accounts/login/", {"login": "eva@firm.org", "password": PASS}).status_code == 302
    assert fresh.get("/settings/").status_code == 200
    assert User.objects.get().role == User.Role.MARKETING
    assert b"password1" not in Client().get(path, follow=True).content, "the address counts once"


@pytest.mark.django_db
def test_roles_are_changed_and_mistakes_told_in_a_sentence() -> None:
    run = CliRunner().invoke
    run(user_group, ["add", "eva@firm.org"])
    assert run(user_group, ["role", "eva@firm.org", "admin"]).exit_code == 0
    assert User.objects.get().role == User.Role.ADMIN
    assert "Administrator" in run(user_group, ["list"]).output
    for words, sentence in (
        (["add", "eva@firm.org"], "has an account already"),
        (["add", "eva"], "'eva' is no email address"),
        (["role", "jan@firm.org", "admin"], "Nobody has an account under jan@firm.org"),
    ):
        refused = run(user_group, words)
        assert refused.exit_code == 2
        assert sentence in refused.output


@pytest.mark.django_db(transaction=True)
def test_of_several_who_sign_up_first_at_the_same_moment_one_administers() -> None:
    def sign_up(number: int) -> None:
        mine = {"email": f"person{number}@firm.org", "password1": PASS, "password2": PASS}
        together.wait()
        Client().post("/accounts/signup/", mine)
        connection.close()

    together = threading.Barrier(4)
    threads = [threading.Thread(target=sign_up, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_demos_public_passwords_are_not_served_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    activate(PLAYBOOK, now=timezone.now())
    User.objects.create_user("ottilie@quill-and-harbour.example", PASS)
    monkeypatch.setattr(settings.CONFIG, "host", "0.0.0.0")
    refused = CliRunner().invoke(serve_command, ["--no-worker"])
    assert refused.exit_code == 1
    assert "passwords are public" in refused.output


@pytest.mark.django_db
def test_nothing_is_served_before_the_installation_is_well() -> None:
    refused = CliRunner().invoke(serve_command, ["--no-worker"])
    assert refused.exit_code == 1
    assert "Run `ripeline migrate`" in refused.output

"""Putting a playbook in force from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from django.utils import timezone

from ripeline.playbooks.commands import playbook_group
from ripeline.reactions import react
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.models import PlaybookVersion, Standing
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from tests.timeline.people import PLAYBOOK, fact, make_contact

pytestmark = pytest.mark.django_db


def test_a_playbook_is_put_in_force_and_everybody_is_judged_by_it(tmp_path: Path) -> None:
    now = timezone.now()
    activate(PLAYBOOK, now=now)
    eva = make_contact("Eva Lind", now=now)
    record([fact(eva, "form_submitted", now)], now=now)
    reassess_due(now, react=react)
    stricter = tmp_path / "stricter.yaml"
    stricter.write_text(PLAYBOOK.replace("add: 20", "add: 40"))
    done = CliRunner().invoke(playbook_group, ["use", str(stricter), "--note", "a form is worth more"])
    assert done.exit_code == 0, done.output
    assert "is in force" in done.output
    assert PlaybookVersion.objects.get(is_active=True).note == "a form is worth more"
    reassess_due(timezone.now(), react=react)
    assert Standing.objects.get().stage == "mql"


def test_a_playbook_with_mistakes_changes_nothing_and_names_them(tmp_path: Path) -> None:
    version = activate(PLAYBOOK, now=timezone.now()).version
    broken = tmp_path / "broken.yaml"
    broken.write_text(PLAYBOOK.replace("{signal: conversion, add: 20}", "{signal: conversoin, add: 20}"))
    refused = CliRunner().invoke(playbook_group, ["use", str(broken)])
    assert refused.exit_code == 2
    assert "conversoin" in refused.output
    assert "broken.yaml:10:" in refused.output
    assert active_playbook().version == version


def test_a_shipped_playbook_is_named_without_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(playbook_group, ["use", "pointed"])
    assert done.exit_code == 0, done.output
    assert active_playbook().key == "pointed"
    refused = CliRunner().invoke(playbook_group, ["use", "pointy"])
    assert refused.exit_code == 2
    assert "none of the shipped playbooks: default, choosemycrm" in refused.output

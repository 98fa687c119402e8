"""Definitions that an earlier release kept: under a name this one would not give them, or unreadable by now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ripeline.installing import doctor_command, migrate_command
from ripeline.lifecycle.playbook import load_kept
from ripeline.playbooks.commands import playbook_group
from ripeline.reactions import react
from ripeline.timeline.asof import AsOf
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.camps.models import CampStanding
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import PlaybookVersion, Publication, Reassessment, Standing, Transition
from ripeline.timeline.moved import count_moved
from ripeline.timeline.past import playbook_as_of
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from ripeline.timeline.sentences import Teller
from tests.factories import make_user, sign_in
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
EASIER = PLAYBOOK.replace("gte: 30", "gte: 20")
LOST = "a_word_of_an_earlier_release: true\n" + PLAYBOOK

pytestmark = pytest.mark.django_db


def keep_as_an_earlier_release_did(text: str, name: str) -> str:
    """A version under a name of the earlier release's."""
    row = PlaybookVersion(
        version=name * 64, key="plain", title="Plain", text=text, created_at=NOW - 400 * DAY
    )
    row.save(force_insert=True)
    return row.version


def assess(now: datetime) -> None:
    while reassess_due(now, react=react):
        pass


def test_a_definition_counts_under_the_name_it_was_kept_by() -> None:
    old = keep_as_an_earlier_release_did(PLAYBOOK, "a")
    publish(old, by=None, note="", now=NOW - 400 * DAY)
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "form_submitted", NOW)], now=NOW)
    assert reassess_due(NOW, react=react) == 1
    assert reassess_due(NOW, react=react) == 0
    assert (Standing.objects.get().stage, Standing.objects.get().playbook_id) == ("lead", old)
    assert Transition.objects.get().playbook_id == old
    assert active_playbook().version == old


def test_what_an_earlier_release_named_can_be_replaced_and_put_back() -> None:
    old = keep_as_an_earlier_release_did(PLAYBOOK, "b")
    publish(old, by=None, note="", now=NOW - 400 * DAY)
    eva = make_contact("Eva Lind", now=NOW - DAY)
    record([fact(eva, "form_submitted", NOW - DAY)], now=NOW - DAY)
    assess(NOW - DAY)
    publish(keep_version(EASIER, now=NOW).version, by=None, note="", now=NOW)
    assess(NOW)
    assert Standing.objects.get().stage == "mql"
    assert isinstance(publish(old, by=None, note="", now=NOW + DAY), Publication)
    assess(NOW + DAY)
    assert (Standing.objects.get().stage, Standing.objects.get().playbook_id) == ("lead", old)


def test_an_old_definition_that_cannot_be_read_any_more_holds_nobody_up() -> None:
    old = keep_as_an_earlier_release_did(PLAYBOOK, "c")
    publish(old, by=None, note="", now=NOW - 400 * DAY)
    eva = make_contact("Eva Lind", now=NOW - DAY)
    record([fact(eva, "form_submitted", NOW - DAY)], now=NOW - DAY)
    assess(NOW - DAY)
    PlaybookVersion.objects.filter(version=old).update(text=LOST)
    publish(keep_version(PLAYBOOK, now=NOW).version, by=None, note="", now=NOW)
    # Heard before the publication, assessed after it: the old definition would have the last word on this.
    record([fact(eva, "email_replied", NOW - HOUR)], now=NOW - HOUR)
    assess(NOW + HOUR)
    assert (Standing.objects.get().stage, Reassessment.objects.get().error) == ("prospect", "")
    first = Transition.objects.get(to_stage="lead")
    assert first.playbook_id == old
    assert Teller(active_playbook(), NOW).say(first) == "Lead on 28 February by the rule lead.enter"
    assert playbook_as_of(AsOf(NOW - DAY, "known", asked="2026-02-28")) == active_playbook()
    assert count_moved(Publication.objects.get(is_in_force=True)).people == 1


def test_a_definition_that_was_kept_before_texts_had_a_limit_goes_on_counting(tmp_path: Path) -> None:
    long = PLAYBOOK + "# why we do it like this\n" * 5000
    version = load_kept(long).version
    row = PlaybookVersion(version=version, key="plain", title="Plain", text=long, created_at=NOW - 400 * DAY)
    row.save(force_insert=True)
    publish(version, by=None, note="", now=NOW - 400 * DAY)
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "form_submitted", NOW)], now=NOW)
    assess(NOW)
    assert (Standing.objects.get().stage, Reassessment.objects.get().error) == ("lead", "")
    assert doctor().count("ok      The playbook in force is Plain") == 1
    mia = sign_in(make_user("marketing", "Mia Market"))
    for page in (
        "/",
        "/playbook/",
        f"/playbook/{version[:8]}/",
        "/playbook/previews/",
        f"/contacts/{eva.key}",
    ):
        assert mia.get(page, follow=True).status_code == 200, page
    # Away from it and back to it; what nobody kept is refused as ever.
    activate(EASIER, now=NOW)
    assert mia.get(f"/playbook/{version[:8]}/publish/").status_code == 200
    assert activate(long, now=NOW + HOUR).version == active_playbook().version == version
    file = tmp_path / "longer.yaml"
    file.write_text(long.replace("gte: 30", "gte: 31"))
    refused = CliRunner().invoke(playbook_group, ["use", str(file)])
    assert (refused.exit_code, "A playbook has at most 100,000 letters" in refused.output) == (2, True)
    assert active_playbook().version == version


def test_a_camp_whose_definition_cannot_be_read_waits_and_holds_nobody_up() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)
    start_camp("Sales", keep_as_an_earlier_release_did(LOST, "d"), by=None, note="", now=NOW)
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "form_submitted", NOW)], now=NOW)
    assess(NOW)
    assert (Standing.objects.get().stage, Reassessment.objects.get().error) == ("lead", "")
    assert not CampStanding.objects.exists()


def test_the_doctor_tells_what_an_earlier_release_named() -> None:
    publish(keep_as_an_earlier_release_did(PLAYBOOK, "e"), by=None, note="", now=NOW)
    assert "ok      The playbook in force is Plain (eeeeeeee). An earlier release named it" in doctor()


def test_the_doctor_and_migrate_say_that_what_is_in_force_cannot_be_read() -> None:
    publish(keep_as_an_earlier_release_did(LOST, "f"), by=None, note="", now=NOW)
    said = doctor()
    assert "WRONG   The playbook in force, Plain (ffffffff), cannot be read by this release (line 1:" in said
    assert "ripeline playbook use FILE" in said
    assert "cannot be read by this release" in CliRunner().invoke(migrate_command).output


def doctor() -> str:
    return CliRunner().invoke(doctor_command).output

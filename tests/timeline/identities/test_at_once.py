"""Several at once: those who record, those who join browsers to people, those who merge and undo,
those who take back what they noted by hand, and workers."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ripeline.people.models import Contact, User
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.identities.merging import merge, undo
from ripeline.timeline.identities.models import Identification, Merge
from ripeline.timeline.identities.visitors import join, visitor_for
from ripeline.timeline.identities.web import record_web
from ripeline.timeline.models import Reassessment, Standing, Touch
from ripeline.timeline.moves import Refused, signature
from ripeline.timeline.moves import note as note_by_hand
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.withdraw import take_back
from tests.factories import make_user
from tests.timeline.identities.model import Model, people_by_touch
from tests.timeline.identities.visiting import key_of, web
from tests.timeline.people import PLAYBOOK, make_contact
from tests.timeline.test_saved_folds import stored_is_a_whole_fold

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ("Ann", "Ben", "Cyd", "Dot", "Eva")
BROWSERS = ("b", "c", "d")
SECONDS = 5.0

Job = Callable[[random.Random], None]


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_first_nothing_is_lost_and_everything_is_where_it_belongs() -> None:
    activate(PLAYBOOK, now=START)
    people = {name: make_contact(name, now=START) for name in NAMES}
    recorded: dict[str, tuple[str, str, int]] = {}

    def note(chance: random.Random) -> None:
        name, browser = chance.choice(("", "", *NAMES)), chance.choice(BROWSERS)
        uid, hour = f"{chance.random()}", chance.randrange(12)
        at = START + timedelta(hours=hour)
        person = people[name].key if name else ""
        record_web([web(uid, at, visitor=browser, person=person, kind="form_submitted")], now=timezone.now())
        recorded[uid] = (name, browser, hour)

    def identify(chance: random.Random) -> None:
        browser = visitor_for(key_of(chance.choice(BROWSERS)), now=timezone.now())
        at = START + timedelta(hours=chance.randrange(12))
        join(browser, people[chance.choice(NAMES)], how="form", at=at, now=timezone.now())

    def merge_two(chance: random.Random) -> None:
        kept, gone = chance.sample(NAMES, 2)
        merge(people[kept], people[gone], by=None, why="", now=timezone.now())

    def undo_one(chance: random.Random) -> None:
        if merges := list(Merge.objects.filter(undone_at=None)):
            undo(chance.choice(merges), by=None, now=timezone.now())

    def work(_: random.Random) -> None:
        reassess_due(timezone.now(), react=lambda change: None)

    slip = _slips_of(make_user("sales"), list(people.values()))
    jobs: list[Job] = [note] * 3 + [identify, merge_two, undo_one, slip, work] * 2
    assert _all_at_once(jobs) == []
    while reassess_due(timezone.now(), react=lambda change: None):
        pass
    assert set(Touch.objects.exclude(kind="traits_changed").values_list("uid", flat=True)) == set(recorded)
    assert people_by_touch() == _as_the_facts_say(recorded).owners()
    _all_stand_where_they_should()


def _slips_of(colleague: User, people: Sequence[Contact]) -> Job:
    """A colleague notes calls by mistake and takes each back at once."""

    def slip(chance: random.Random) -> None:
        said = signature(colleague)
        done = note_by_hand(chance.choice(people), "call_held", now=timezone.now(), attrs=said)
        assert not isinstance(done, Refused)
        assert take_back([done.id], by=colleague, now=timezone.now())

    return slip


def _all_at_once(jobs: list[Job]) -> list[BaseException]:
    troubles: list[BaseException] = []
    until = time.monotonic() + SECONDS

    def go_on(job: Job, seed: int) -> None:
        chance = random.Random(seed)
        try:
            while time.monotonic() < until:
                job(chance)
                time.sleep(chance.random() / 50)
        except BaseException as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    threads = [threading.Thread(target=go_on, args=(job, seed)) for seed, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return troubles


def _as_the_facts_say(recorded: dict[str, tuple[str, str, int]]) -> Model:
    browsers = {key_of(name): name for name in BROWSERS}
    facts = Identification.objects.values_list("visitor__key", "at", "contact__name")
    merges = Merge.objects.filter(undone_at=None).values_list("kept__name", "gone__name")
    hours = {(browsers[key], int((at - START).total_seconds() // 3600), who) for key, at, who in facts}
    return Model(recorded, hours, list(merges))


def _all_stand_where_they_should() -> None:
    living = {each.pk: each for each in Contact.objects.filter(merged_into=None)}
    assert set(Standing.objects.values_list("pk", flat=True)) == set(living)
    assert not Reassessment.objects.exclude(contact__in=living).exists()
    assert not Reassessment.objects.exclude(error="").exists()
    for contact_id in set(Touch.objects.exclude(contact=None).values_list("contact", flat=True)):
        stored_is_a_whole_fold(living[contact_id], timezone.now())

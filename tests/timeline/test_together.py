"""Several at once: those who record, those who reassess, and somebody who puts another definition in force."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ripeline.lifecycle.fold import Fold
from ripeline.reactions import react
from ripeline.timeline import looking as module
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.models import Reassessment, Standing
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from tests.timeline.people import PLAYBOOK, fact, make_contact

STRICTER = PLAYBOOK.replace("add: 20", "add: 40")


@pytest.mark.django_db(transaction=True)
def test_recorders_and_workers_never_wait_for_each_other_in_a_circle() -> None:
    activate(PLAYBOOK, now=timezone.now())
    people = [make_contact(f"Person {n}", now=timezone.now()) for n in range(80)]
    troubles: list[BaseException] = []

    def record_some(seed: int) -> None:
        chance = random.Random(seed)
        for number in range(12):
            some = chance.sample(people, 40)
            facts = [
                fact(each, "form_submitted", timezone.now(), uid=f"{seed}-{number}-{each.pk}")
                for each in some
            ]
            record(facts, now=timezone.now())

    def reassess_some(_: int) -> None:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            reassess_due(timezone.now(), react=react)

    def guarded(work: Callable[[int], None], seed: int) -> None:
        try:
            work(seed)
        except BaseException as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    jobs = [(record_some, 1), (record_some, 2), (record_some, 3), (reassess_some, 4), (reassess_some, 5)]
    threads = [threading.Thread(target=guarded, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    while reassess_due(timezone.now(), react=react):
        pass
    assert not Reassessment.objects.exclude(error="").exists()
    assert not Standing.objects.exclude(stage="mql").exists()


@pytest.mark.django_db
def test_nobody_is_left_under_a_definition_that_was_replaced_while_they_were_assessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    activate(PLAYBOOK, now=now)
    eva = make_contact("Eva Lind", now=now)
    record([fact(eva, "form_submitted", now)], now=now)
    fold = module.fold

    def fold_while_somebody_publishes(*given: Any, **more: Any) -> Fold:
        folded = fold(*given, **more)
        activate(STRICTER, now=now)
        Reassessment.objects.update(mark=1)  # as when they were not there yet to be marked
        return folded

    monkeypatch.setattr(module, "fold", fold_while_somebody_publishes)
    reassess_due(now, react=react)
    assert Standing.objects.get().stage == ""
    monkeypatch.setattr(module, "fold", fold)
    reassess_due(now, react=react)
    assert (Standing.objects.get().stage, Standing.objects.get().playbook_id) == (
        "mql",
        active_playbook().version,
    )

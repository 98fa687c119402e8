"""What colleagues, workers and touches do to the same people while an import or its undoing is under way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from ripeline.contacts.lists.bulk import Task, do_to
from ripeline.gateway.imports import apply, undo
from ripeline.gateway.models import Import
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact, User
from ripeline.timeline import record as record_module
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.models import Reassessment, Standing, Touch
from ripeline.timeline.moves import Refused, note
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import Recorded, record
from tests.gateway.imports.bringing import NOW, bring_in, csv_file, take_back
from tests.timeline.people import PLAYBOOK

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
LATER = NOW + timedelta(hours=2)
A_MOMENT = 1.0
FORMS = """
columns: {no: trait}
touches: [{kind: form_submitted, at: {fixed: 2026-02-01T00:00:00Z}, id: "form {no}"}]
"""


class Beside:
    """Work on a connection of its own, begun at the first call and given a moment; it may have to wait for us."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.trouble: Exception | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run)
        self._is_begun = False

    def __call__(self) -> None:
        if not self._is_begun:
            self._is_begun = True
            self._thread.start()
            self._thread.join(A_MOMENT)

    def end(self) -> None:
        """Waits until it is done, after which `trouble` says what it met."""
        assert self._is_begun
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as trouble:
            self.trouble = trouble
        finally:
            connection.close()


def before(work: Beside, where: Any, name: str, patch: pytest.MonkeyPatch) -> None:
    """Lets `work` begin just before the function of this name does what it does."""
    real = getattr(where, name)

    def begun(*given: Any, **named: Any) -> Any:
        work()
        return real(*given, **named)

    patch.setattr(where, name, begun)


def before_removing(model: type[Any], work: Beside, patch: pytest.MonkeyPatch) -> None:
    """Lets `work` begin when it is settled which rows of `model` go, just before they do."""
    real = QuerySet.delete

    def delete(rows: QuerySet[Any]) -> Any:
        if rows.model is model:
            work()
        return real(rows)

    patch.setattr(QuerySet, "delete", delete)


def fresh(folder: Path, more: str = "") -> Import:
    return bring_in(
        csv_file(folder, f"email,name,company,tags\nfresh@firm.example,Fresh Face,Firm,one{more}\n")
    )


def tagging(tag: str) -> Beside:
    """A colleague who gives everybody this tag, from the contacts list."""
    by = User.objects.create_user("ida@us.example", "a-long-password", role="admin")
    activate(PLAYBOOK, now=NOW)
    pks = list(Contact.objects.values_list("pk", flat=True))
    task = Task(action="tag", by=by, token="t", value=tag, reason="")
    return Beside(lambda: do_to(pks, task, active_playbook(), now=LATER))


def noting(contact: Contact, said: list[object]) -> Beside:
    """A colleague who notes a call with somebody; what they are told is `said`."""
    return Beside(lambda: said.append(note(contact, "call_held", now=LATER)))


def test_a_touch_that_comes_while_its_person_is_removed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, said = fresh(tmp_path), list[object]()
    colleague = noting(Contact.objects.get(), said)
    before_removing(Contact, colleague, monkeypatch)
    assert take_back(done, now=LATER).state == Import.State.UNDONE
    colleague.end()
    assert colleague.trouble is None
    assert said == [
        Refused("Fresh Face is no contact any more: an import that had brought them was taken back.")
    ]
    nothing_is_left()


def test_a_touch_of_somebody_of_whom_nothing_is_due_is_refused_while_they_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, said = fresh(tmp_path), list[object]()
    Reassessment.objects.all().delete()
    colleague = noting(Contact.objects.get(), said)
    before_removing(Contact, colleague, monkeypatch)
    assert take_back(done, now=LATER).state == Import.State.UNDONE
    colleague.end()
    assert colleague.trouble is None
    assert [type(each) for each in said] == [Refused]
    nothing_is_left()


def test_of_many_touches_at_once_those_of_the_removed_are_strangers_and_the_others_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fresh(tmp_path)
    gone = Contact.objects.get()
    (stays,) = add_contacts([ContactDraft(name="Stays Here")], now=NOW)
    facts = [fact(contact.key, uid=f"t{number}") for number, contact in enumerate((gone, stays))]
    recorded: list[Recorded] = []
    recorder = Beside(lambda: recorded.append(record(facts, now=LATER)))
    before_removing(Contact, recorder, monkeypatch)
    assert take_back(done, now=LATER).state == Import.State.UNDONE
    recorder.end()
    assert recorder.trouble is None
    assert recorded == [Recorded(new=1, known=0, strangers=(gone.key,), added=frozenset({"t1"}))]
    assert [touch.contact for touch in Touch.objects.all()] == [stays]
    assert [each.contact for each in Reassessment.objects.all()] == [stays]


def test_somebody_of_whom_a_touch_is_just_being_recorded_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fresh(tmp_path)
    undoing = Beside(lambda: take_back(done, now=LATER))
    # With what was written still to be committed.
    before(undoing, record_module, "hold_homes", monkeypatch)
    (added,) = record([fact(Contact.objects.get().key, uid="t")], now=LATER).added
    undoing.end()
    assert (added, undoing.trouble) == ("t", None)
    assert Import.objects.get().left_in_place == ["Fresh Face stays: something was recorded of them since."]
    assert Touch.objects.filter(uid="t", contact=Contact.objects.get()).exists()


def fact(person: str, *, uid: str) -> Fact:
    return Fact(uid, person, to_instant(LATER), "call_held", "in", "human", None, None, {})


def nothing_is_left() -> None:
    for model in (Contact, Touch, Reassessment, Standing):
        assert not model._default_manager.exists()


def test_a_company_somebody_joins_while_it_is_removed_is_not_taken_from_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fresh(tmp_path)
    company = Company.objects.get()
    joining = Beside(lambda: add_contacts([ContactDraft(name="Carla", company=company)], now=LATER))
    before_removing(Company, joining, monkeypatch)
    take_back(done, now=LATER)
    joining.end()
    assert isinstance(joining.trouble, IntegrityError)
    assert not Contact.objects.filter(name="Carla").exists()


def test_what_a_colleague_changes_while_an_import_changes_the_same_person_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh(tmp_path)
    colleague = tagging("colleague")
    before(colleague, apply, "_write", monkeypatch)
    bring_in(csv_file(tmp_path, "email,tags\nfresh@firm.example,two\n", "second.csv"), now=LATER)
    colleague.end()
    assert colleague.trouble is None
    assert sorted(Contact.objects.get().tags) == ["colleague", "one", "two"]


def test_what_a_colleague_changes_while_an_import_is_undone_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh(tmp_path)
    second = bring_in(csv_file(tmp_path, "email,tags\nfresh@firm.example,two\n", "second.csv"), now=LATER)
    colleague = tagging("colleague")
    before(colleague, undo, "_put_traits_back", monkeypatch)
    take_back(second, now=LATER)
    colleague.end()
    assert colleague.trouble is None
    assert sorted(Contact.objects.get().tags) == ["colleague", "one"]


def test_somebody_who_is_removed_while_an_import_waits_for_them_is_made_anew_with_their_address(
    tmp_path: Path,
) -> None:
    fresh(tmp_path)
    removed, leave = threading.Event(), threading.Event()

    def remove() -> None:
        with transaction.atomic():
            Contact.objects.get().delete()
            removed.set()
            leave.wait(A_MOMENT)

    remover = Beside(remove)
    threading.Thread(target=remover).start()
    assert removed.wait(60)
    bring_in(csv_file(tmp_path, "email,name\nfresh@firm.example,Another\n", "second.csv"), now=LATER)
    remover.end()
    contact = Contact.objects.get()
    assert (contact.name, contact.email) == ("Another", "fresh@firm.example")


def test_who_is_met_by_another_import_while_the_undoing_of_theirs_waits_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fresh(tmp_path)
    undoing = Beside(lambda: take_back(done, now=LATER))
    before(undoing, apply, "_write", monkeypatch)
    second = bring_in(csv_file(tmp_path, "email\nfresh@firm.example\n", "second.csv"), now=LATER)
    undoing.end()
    assert undoing.trouble is None
    assert second.counts["unchanged"] == 1
    assert Import.objects.get(pk=done.pk).left_in_place == ["Fresh Face stays: another import has them too."]
    take_back(second, now=LATER)
    assert not Contact.objects.exists()


def test_two_imports_of_the_same_people_undone_at_once_leave_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"p{number}@many.example,Firm {number % 9}\n" for number in range(3_000))
    first = bring_in(csv_file(tmp_path, f"email,company\n{rows}"))
    second = bring_in(csv_file(tmp_path, f"email,company\n{rows}x@many.example,\n", "2.csv"), now=LATER)
    undoing = Beside(lambda: take_back(second, now=LATER))
    before(undoing, undo, "_hand_over", monkeypatch)
    take_back(first, now=LATER)
    undoing.end()
    assert undoing.trouble is None
    assert set(Import.objects.values_list("state", flat=True)) == {Import.State.UNDONE}
    nothing_is_left()
    assert not Company.objects.exists()


def test_undoing_and_a_worker_never_wait_for_each_other_in_a_circle(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    activate(PLAYBOOK, now=NOW)
    rows = "".join(f"p{number}@many.example,{number}\n" for number in range(1_500))
    bring_in(csv_file(tmp_path, f"email,no\n{rows}"), FORMS)
    while reassess_due(LATER, react=lambda _: None):
        pass
    more = "".join(f"p{number}@many.example,{number + 9_000}\n" for number in range(1_000, 3_000))
    done = bring_in(csv_file(tmp_path, f"email,no\n{more}", "second.csv"), FORMS, now=LATER)
    before_it = deadlocks()
    with working():
        assert take_back(done, now=LATER).state == Import.State.UNDONE
    assert Contact.objects.count() == 1_500
    assert [each.getMessage() for each in caplog.records] == []
    assert deadlocks() == before_it


@contextmanager
def working() -> Iterator[None]:
    """Two workers beside us."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            reassess_due(LATER, react=lambda _: None)

    workers = [Beside(work), Beside(work)]
    for worker in workers:
        threading.Thread(target=worker).start()
    try:
        yield
    finally:
        is_over.set()
        for worker in workers:
            worker.end()
    assert [worker.trouble for worker in workers] == [None, None]


def deadlocks() -> int:
    """How many circles the database had to break so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)

"""People whom two imports have stay while one of the two stands, in whichever order they are undone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.forms.models import model_to_dict

from ripeline.gateway.imports import apply
from ripeline.gateway.imports.run import start, start_undo
from ripeline.gateway.models import Import
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact
from ripeline.timeline.models import Touch
from ripeline.timeline.moves import note
from tests.gateway.imports.bringing import NOW, bring_in, carry_on, csv_file, look, take_back

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)
PEOPLE = 500
STOPPED_AT = 200
SHARED = "Person 0 stays: another import has them too."


@pytest.fixture(autouse=True)
def _short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many steps as with ten times as many people."""
    monkeypatch.setattr(apply, "ROWS", STOPPED_AT)


def people(folder: Path, more: str = "") -> Path:
    rows = "".join(f"p{number}@many.example,Person {number},Firm {number % 7}\n" for number in range(PEOPLE))
    return csv_file(folder, f"email,name,company\n{rows}{more}")


@pytest.fixture
def twice(tmp_path: Path) -> tuple[Import, Import]:
    """A file brought in up to row 200, and then again from its beginning, to its end."""
    file = people(tmp_path)
    first, _ = look(file)
    assert start(first, NOW) is None
    from ripeline.gateway.imports.run import go_on

    stopped: list[int] = []
    first = go_on(
        first, clock=lambda: NOW, stop=lambda: bool(stopped), told=lambda each: stopped.append(each.position)
    )
    assert (first.state, stopped) == (Import.State.RUNNING, [STOPPED_AT])
    second = bring_in(file, now=LATER)
    assert (second.counts["created"], second.counts["unchanged"]) == (PEOPLE - STOPPED_AT, STOPPED_AT)
    return first, second


def test_undoing_the_first_import_leaves_those_the_second_has_until_it_is_undone_too(
    twice: tuple[Import, Import],
) -> None:
    first, second = twice
    undone = take_back(first, now=LATER)
    assert (undone.counts["taken_back"], undone.counts["stay_shared"]) == (0, STOPPED_AT)
    assert undone.left_in_place[0] == SHARED
    assert Contact.objects.count() == PEOPLE
    assert Company.objects.count() == 7
    assert take_back(second, now=LATER).counts["taken_back"] == PEOPLE
    nobody_is_left()


def test_undoing_the_second_import_leaves_those_the_first_made_until_it_is_undone_too(
    twice: tuple[Import, Import],
) -> None:
    first, second = twice
    undone = take_back(second, now=LATER)
    assert (undone.counts["taken_back"], undone.left_in_place) == (PEOPLE - STOPPED_AT, [])
    assert Contact.objects.count() == STOPPED_AT
    assert take_back(first, now=LATER).counts["taken_back"] == STOPPED_AT
    nobody_is_left()


def test_an_import_gone_on_with_has_those_whom_a_second_one_made_meanwhile(
    twice: tuple[Import, Import],
) -> None:
    first, second = twice
    assert carry_on(first, now=LATER).state == Import.State.DONE
    undone = take_back(second, now=LATER)
    assert undone.counts["stay_shared"] == PEOPLE - STOPPED_AT
    assert Contact.objects.count() == PEOPLE
    assert take_back(first, now=LATER).counts["taken_back"] == PEOPLE
    nobody_is_left()


def test_who_stays_because_of_another_import_stays_for_good_where_something_was_recorded_of_them(
    twice: tuple[Import, Import],
) -> None:
    first, second = twice
    take_back(first, now=LATER)
    note(Contact.objects.get(email="p0@many.example"), "call_held", now=LATER)
    undone = take_back(second, now=LATER)
    assert undone.left_in_place == ["Person 0 stays: something was recorded of them since."]
    assert [each.email for each in Contact.objects.all()] == ["p0@many.example"]
    assert Company.objects.get().name == "Firm 0"


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_of_three_imports_the_last_to_be_undone_takes_everybody_along(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    files = (
        "email,name,title\na@x.example,Anna,Editor\nb@x.example,Bo,\n",
        "email,name,title,color\na@x.example,Anna,Author,red\nc@x.example,Carl,,\n",
        "email,title,color,tags,company\na@x.example,Owner,blue,vip,Firm\nc@x.example,,,vip,\n",
    )
    imports = [
        bring_in(csv_file(tmp_path, text, f"{number}.csv"), now=NOW + timedelta(minutes=number))
        for number, text in enumerate(files)
    ]
    left = {0: {"a", "b"}, 1: {"a", "c"}, 2: {"a", "c"}}
    for number in order:
        take_back(imports[number], now=LATER)
        del left[number]
        expected = {f"{letter}@x.example" for letters in left.values() for letter in letters}
        there = set(Contact.objects.values_list("email", flat=True))
        assert there == expected & there
        assert "a@x.example" in there or not left
    nobody_is_left()


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_whatever_the_order_in_which_changes_are_undone_everybody_ends_as_they_were(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    company = Company.objects.create(name="Old", created_at=NOW, updated_at=NOW)
    known = {"title": "Editor", "traits": {"color": "green"}, "company": company}
    (anna,) = add_contacts([ContactDraft(name="Anna", emails=("a@x.example",), **known)], now=NOW)  # type: ignore[arg-type]
    was = model_to_dict(anna)
    texts = (
        "email,title,color,size,company\na@x.example,Author,red,1,New\n",
        "email,title,color,size,company\na@x.example,Owner,blue,2,Newer\n",
        "email,title,color,size,company\na@x.example,Author,red,1,New\n",
    )
    imports = [
        bring_in(csv_file(tmp_path, text, f"{number}.csv"), now=NOW + timedelta(minutes=number + 1))
        for number, text in enumerate(texts)
    ]
    for number in order:
        if Import.objects.get(pk=imports[2].pk).state == Import.State.DONE:
            # What the latest says that stands is true.
            anna.refresh_from_db()
            assert (anna.title, anna.traits["color"]) == ("Author", "red")
        take_back(imports[number], now=LATER)
    anna.refresh_from_db()
    assert model_to_dict(anna) == was
    assert Company.objects.get() == company


def test_a_person_of_whom_a_file_of_touches_speaks_stays_though_all_of_it_was_known(tmp_path: Path) -> None:
    done = bring_in(csv_file(tmp_path, "email\na@x.example\n"))
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"id": "t", "person": "a@x.example", "at": "2025-05-01T10:00:00Z", "kind": "page_viewed"}'
    )
    told = bring_in(log, form=Import.Form.TOUCHES, now=LATER)
    assert take_back(done, now=LATER).left_in_place == ["a@x.example stays: another import has them too."]
    assert Touch.objects.filter(uid="t").exists()
    take_back(told, now=LATER)
    nobody_is_left()


def test_a_field_that_goes_with_its_person_is_not_said_to_stay(tmp_path: Path) -> None:
    first = bring_in(csv_file(tmp_path, "email,company\na@x.example,Alpha\n"))
    second = bring_in(csv_file(tmp_path, "email,company\na@x.example,Beta\n", "second.csv"), now=LATER)
    take_back(first, now=LATER)
    undone = take_back(second, now=LATER)
    assert (undone.left_in_place, undone.counts["fields_stay"]) == ([], 0)
    nobody_is_left()


def test_an_undoing_that_was_stopped_hands_everybody_over_when_it_goes_on(
    twice: tuple[Import, Import],
) -> None:
    from ripeline.gateway.imports.run import go_on

    first, second = twice
    assert start_undo(second, LATER) is None
    steps: list[int] = []
    half = go_on(second, clock=lambda: LATER, stop=lambda: bool(steps), told=lambda _: steps.append(1))
    assert (half.state, len(steps)) == (Import.State.UNDOING, 1)
    take_back(first, now=LATER)
    assert Contact.objects.filter(email="p0@many.example").exists()
    assert carry_on(half, now=LATER).state == Import.State.UNDONE
    nobody_is_left()


def nobody_is_left() -> None:
    assert not Contact.objects.exists()
    assert not Company.objects.exists()
    assert not Touch.objects.exists()

"""A line of a file of touches that cannot be kept is a rejected row, in the preview as in the import."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from django.test import Client

from ripeline.gateway.imports import apply
from ripeline.gateway.imports.mapping import Mapping, TouchRule, load_mapping
from ripeline.gateway.imports.names import Field
from ripeline.gateway.imports.report import counted, preview_lines
from ripeline.gateway.models import Import
from ripeline.lifecycle.touch import parse_touch
from ripeline.people.models import Contact, Identity, User
from ripeline.timeline.models import Touch
from tests.gateway.imports.bringing import NOW, bring_in, carry_on, look, take_back

pytestmark = pytest.mark.django_db
GOOD = {"id": "good", "person": "p-17", "at": "2025-05-01T10:00:00Z", "kind": "page_viewed"}


def line(**change: object) -> bytes:
    return json.dumps(GOOD | {"id": "bad"} | change).encode()


def touches(folder: Path, *lines: bytes) -> Path:
    path = folder / "log.jsonl"
    path.write_bytes(b"\n".join([json.dumps(GOOD).encode(), *lines]))
    return path


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(kind="k" * 100), "'kind' has 100 letters; 64 is the most we keep."),
        (line(id="i" * 200), "'id' has 200 letters; 128 is the most we keep."),
        (line(person="p" * 300), "'person' has 300 letters; 254 is the most we keep."),
        (line(person=None), "The line says of nobody: 'person' is missing or empty."),
        (line(person=" "), "The line says of nobody: 'person' is missing or empty."),
        (b"[" * 100_000, "The line holds lists within lists, too deep to read."),
        (b'{"value": ' + b"9" * 5_000 + b"}", "The line holds a number of thousands of digits."),
        (line(subject="a\0b"), "'subject' holds a zero byte, which no database keeps; remove it."),
        (line(attrs={"a\0": "b"}), "'attrs' holds a zero byte, which no database keeps; remove it."),
        (
            line().replace(b"page", b"pa\0ge"),
            "The line is not JSON: Invalid control character at column 74.",
        ),
        (b"\0" * 9, "The line is not JSON: Expecting value at column 1."),
        (b"\xff\xfe[\0]\0", "The line holds letters that are not UTF-8."),
        (line(at="0001-01-01T00:00:00Z"), "'at' is 0001-01-01T00:00:00Z, before 1900: no date was meant."),
        (
            line(at="2026-03-02T09:00:01Z"),
            "'at' is 2026-03-02T09:00:01Z, more than a day ahead: nothing can have happened then.",
        ),
        (b'"' + b"x" * 2_000_000 + b'"', "The line is longer than 2,000,000 bytes."),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_line_that_cannot_be_kept_is_left_out_with_its_reason(
    tmp_path: Path, bad: bytes, reason: str
) -> None:
    path = touches(tmp_path, bad)
    _, seen = look(path, form=Import.Form.TOUCHES)
    assert (seen.counts["created"], seen.counts["rejected"]) == (1, 1)
    assert [each.what for each in seen.examples["rejected"]] == [reason]
    done = bring_in(path, form=Import.Form.TOUCHES)
    assert done.state == Import.State.DONE
    assert [row.reason for row in done.rejections.all()] == [reason]
    assert Touch.objects.filter(contact__key="p-17", kind="page_viewed").count() == 1


def test_rows_left_out_are_told_by_line_whatever_is_wrong_with_them(tmp_path: Path) -> None:
    path = touches(tmp_path, line(id="1", person=""), line(id="2"), line(id="3", person=None))
    _, seen = look(path, "create: false", form=Import.Form.TOUCHES)
    assert [each.line for each in seen.examples["rejected"]][:3] == [1, 2, 3]


def test_clocks_may_differ_by_a_day(tmp_path: Path) -> None:
    done = bring_in(touches(tmp_path, line(at="2026-03-02T09:00:00Z")), form=Import.Form.TOUCHES)
    assert done.counts["rejected"] == 0


def test_a_value_beyond_64_bits_is_kept_as_near_as_a_float_is(tmp_path: Path) -> None:
    done = bring_in(touches(tmp_path, line(value=10**30)), form=Import.Form.TOUCHES)
    assert done.state == Import.State.DONE
    assert Touch.objects.get(uid="bad").value == 1e30


def test_a_key_is_never_cut_into_the_key_of_another(tmp_path: Path) -> None:
    long = [line(id=end, person="p" * 249 + end) for end in ("1", "2")]
    done = bring_in(touches(tmp_path, *long), "key_prefix: crm", form=Import.Form.TOUCHES)
    assert done.counts["created"] == 3
    assert Identity.objects.filter(value__startswith="crm:ppp").count() == 2


def test_whatever_stops_an_import_is_shown_on_its_page_and_the_import_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody foresaw this\0")

    with monkeypatch.context() as broken:
        broken.setattr(apply, "record_touches", breaks)
        stopped = bring_in(touches(tmp_path), form=Import.Form.TOUCHES)
    assert (stopped.state, stopped.due_at, stopped.position) == (Import.State.FAILED, None, 0)
    client = Client()
    client.force_login(User.objects.create_user("a@us.example", "a-long-password", role=User.Role.MARKETING))
    shown = client.get(f"/imports/{stopped.key}/").content.decode()
    assert "ZeroDivisionError: nobody foresaw this" in shown
    assert "Go on</button>" in shown

    from ripeline.gateway.imports.run import start

    assert start(stopped, NOW) is None
    assert carry_on(stopped).state == Import.State.DONE
    assert take_back(stopped).state == Import.State.UNDONE
    assert not Contact.objects.exists()


def viewed(number: int, person: str) -> bytes:
    return line(id=f"view {number}", person=person)


def test_a_preview_says_how_many_touches_how_many_people_get(tmp_path: Path) -> None:
    bring_in(touches(tmp_path), form=Import.Form.TOUCHES)
    file = touches(tmp_path, viewed(1, "p-17"), viewed(2, "p-17"), viewed(3, "p-18"))
    import_of, seen = look(file, form=Import.Form.TOUCHES)
    assert seen.touched == {"known": (1, 2), "new": (1, 1)}
    said = [each.strip() for each in preview_lines(seen)]
    for expected in (
        "1  known already, details as they are",
        "line 1: p-17: +2 touches",
        "line 4: p-18: becomes a contact with 1 touch",
        "3  touches to record",
        "2    of 1 person known already",
        "1    of 1 new person",
        "3    of these: page view",
        "1  touch that is known already",
    ):
        assert expected in said
    import_of.refresh_from_db()
    assert [(each.count, each.said) for each in counted(import_of)][-5:] == [
        (2, "of 1 person known already"),
        (1, "of 1 new person"),
        (3, "of these: page view"),
        (1, "touch: that they came by this import"),
        (1, "touch that is known already"),
    ]


def test_people_who_occur_again_thousands_of_lines_later_are_counted_once(tmp_path: Path) -> None:
    file = touches(tmp_path, *(viewed(number, f"p-{number % 10}") for number in range(5_000)))
    _, seen = look(file, form=Import.Form.TOUCHES)
    done = bring_in(file, form=Import.Form.TOUCHES)
    assert seen.counts["created"] == done.counts["created"] == 11
    assert {name: done.counts[name] for name in seen.counts} == seen.counts
    assert seen.touched == {"new": (11, 5_001)}
    assert seen.own_touches == {"imported": 11}


def test_the_guide_shows_touches_and_a_mapping_that_can_be_read() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "imports.md").read_text()
    lines = re.search(r"```json\n(.+?)```", guide, re.S)
    mapping = re.search(r"```yaml\n(.+?)```", guide, re.S)
    assert lines
    assert mapping
    assert [parse_touch(json.loads(each)).kind for each in lines[1].splitlines()] == [
        "meeting_held",
        "page_viewed",
        "deal_won",
    ]
    read = load_mapping(mapping[1])
    shown = {*read.model_fields_set, *read.touches[0].model_fields_set}
    known = {*Mapping.model_fields, *TouchRule.model_fields}
    assert known - shown == {"title", "reads", "keep"}, "what is rarely needed stands in the table"
    fields = re.search(r"a column's `field` \| (.+?) \|", guide)
    assert fields
    assert set(re.findall(r"`(\w+)`", fields[1])) == set(get_args(Field))

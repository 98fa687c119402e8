"""Files that nobody here wrote, end to end: what the pages say equals what ten lines of Python count."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from ripeline.gateway.models import Import
from ripeline.people.models import Contact
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Standing, Touch, Transition
from ripeline.worker import catch_up
from tests.gateway.imports.bringing import CHECKOUT, DATA, EXAMPLES, NOW, bring_in, look, needs_data

T = TypeVar("T")

OLIST = DATA / "olist_funnel"
LEADS = OLIST / "olist_marketing_qualified_leads_dataset.csv"
DEALS = OLIST / "olist_closed_deals_dataset.csv"
XEDUCATION = DATA / "xeducation" / "Leads.csv"

pytestmark = [needs_data, pytest.mark.django_db]


def test_the_olist_funnel_is_what_its_files_say() -> None:
    activate((EXAMPLES / "olist" / "playbook.yaml").read_text(), now=NOW)
    leads = bring_in(LEADS, mapping("olist/mapping-leads.yaml"))
    deals = bring_in(DEALS, mapping("olist/mapping-deals.yaml"))
    catch_up(lambda: NOW)

    asked = {
        row["mql_id"]: datetime.strptime(row["first_contact_date"], "%d-%m-%Y") for row in rows_of(LEADS)
    }
    won = {row["mql_id"]: datetime.strptime(row["won_date"], "%d-%m-%Y %H:%M") for row in rows_of(DEALS)}
    won_before_asked = [each for each in won if won[each] < asked[each]]
    assert (len(asked), len(won), len(won_before_asked)) == (8000, 842, 1)

    assert counts(leads) == {
        "created": 8000,
        "touches": 24_000,
        "imported": 8000,
        "traits_changed": 8000,
    }
    assert counts(deals) == {"updated": 842, "touches": 842 * 2, "traits_changed": 842}
    assert stages() == {"mql": len(asked) - len(won), "customer": len(won)}
    assert moves() == {
        ("suspect", "mql"): len(asked) - 1,
        ("mql", "customer"): len(won) - 1,
        ("suspect", "customer"): 1,
    }
    wins = Touch.objects.filter(kind="deal_won").values_list("contact__identities__value", "at")
    assert dict(wins) == {f"olist:{each}": moment.replace(tzinfo=UTC) for each, moment in won.items()}
    assert the_guide_says("olist.md", leads=8000, sellers=842, still=len(asked) - len(won))


def test_the_olist_sources_are_counted_as_in_the_file() -> None:
    bring_in(LEADS, mapping("olist/mapping-leads.yaml"))
    bring_in(DEALS, mapping("olist/mapping-deals.yaml"))
    origins = {row["mql_id"]: row["origin"] for row in rows_of(LEADS)}
    assert tally(Contact.objects.values_list("source", flat=True)) == tally(origins.values())
    assert tally(origins.values())["organic_search"] == 2296
    won = Contact.objects.filter(touches__kind="deal_won").values_list("source", flat=True)
    assert tally(won) == tally(origins[row["mql_id"]] for row in rows_of(DEALS))


def test_the_days_to_the_win_are_the_documented_ones() -> None:
    bring_in(LEADS, mapping("olist/mapping-leads.yaml"))
    bring_in(DEALS, mapping("olist/mapping-deals.yaml"))
    asked = dict(Touch.objects.filter(kind="form_submitted").values_list("contact", "at"))
    won = dict(Touch.objects.filter(kind="deal_won").values_list("contact", "at"))
    days = sorted((won[each] - asked[each]) / timedelta(days=1) for each in won)
    assert (min(asked.values()), max(asked.values())) == (
        datetime(2017, 6, 14, tzinfo=UTC),
        datetime(2018, 5, 31, tzinfo=UTC),
    )
    assert int(days[len(days) // 2]) == 14


def test_a_preview_of_the_deals_says_what_the_import_then_does() -> None:
    bring_in(LEADS, mapping("olist/mapping-leads.yaml"))
    _, seen = look(DEALS, mapping("olist/mapping-deals.yaml"))
    assert (seen.rows, seen.counts["updated"], seen.touches) == (842, 842, {"deal_won": 842})
    assert any("day first: 540 of 842" in note for note in seen.notes)


def test_deals_of_people_who_never_were_leads_are_left_out_and_told() -> None:
    deals = bring_in(DEALS, mapping("olist/mapping-deals.yaml"))
    assert counts(deals) == {"rejected": 842}
    assert not Contact.objects.exists()


def test_importing_olist_twice_changes_nothing() -> None:
    for name, path in (("leads", LEADS), ("deals", DEALS)) * 2:
        again = bring_in(path, mapping(f"olist/mapping-{name}.yaml"))
    assert counts(again) == {"unchanged": 842, "touches_known": 842}
    assert Touch.objects.count() == 24_000 + 842 * 2


def test_the_x_education_funnel_is_what_its_file_says() -> None:
    activate((EXAMPLES / "xeducation" / "playbook.yaml").read_text(), now=NOW)
    done = bring_in(XEDUCATION, mapping("xeducation/mapping.yaml"))
    catch_up(lambda: NOW)

    rows = rows_of(XEDUCATION)
    reached = Counter(x_education_stage(row) for row in rows)
    won = Counter(x_education_stage(row) for row in rows if row["Converted"] == "1")
    assert (len(rows), sum(won.values())) == (9240, 3561)
    assert counts(done)["created"] == 9240
    assert stages() == {"customer": 3561} | {stage: reached[stage] - won[stage] for stage in reached}
    first_moves = {("suspect", stage): count for stage, count in reached.items() if stage != "suspect"}
    assert moves() == first_moves | {(stage, "customer"): count for stage, count in won.items()}
    assert the_guide_says(
        "xeducation.md", mql=reached["mql"], prospect=reached["prospect"], lead=reached["lead"]
    )


def test_placeholders_and_spellings_of_x_education_do_not_come_in() -> None:
    bring_in(XEDUCATION, mapping("xeducation/mapping.yaml"))
    traits = Contact.objects.values_list("traits", flat=True)
    assert not any("Select" in each.values() for each in traits)
    sources = tally(Contact.objects.values_list("source", flat=True))
    assert (sources["Google"], sources["google"], sources[""]) == (2868 + 5, 0, 36)
    india = sum(row["Country"] == "India" for row in rows_of(XEDUCATION))
    assert Contact.objects.filter(country="IN").count() == india


def test_no_rule_of_the_x_education_playbook_looks_at_what_sales_wrote_later() -> None:
    text = (EXAMPLES / "xeducation" / "playbook.yaml").read_text()
    kept = mapping("xeducation/mapping.yaml").split("# Left aside")[0]
    for leak in ("Tags", "Lead Quality", "Lead Profile", "Asymmetrique", "Last Notable Activity"):
        assert leak not in text
        assert leak not in kept


def x_education_stage(row: dict[str, str]) -> str:
    """Where a lead stood before the outcome, by the playbook's rules and none of its code."""
    visits, seconds = float(row["TotalVisits"] or 0), float(row["Total Time Spent on Website"] or 0)
    asked = row["Lead Origin"] == "Landing Page Submission"
    chatted = row["Lead Source"] in ("Olark Chat", "Live Chat")
    booklet = row["A free copy of Mastering The Interview"] == "Yes"
    score = 10 * asked + 10 * (visits >= 3) + 20 * (visits > 0 and seconds >= 700) + 5 * booklet
    score -= 15 * (row["Do Not Email"] == "Yes")
    works = row["What is your current occupation"] in ("Working Professional", "Businessman")
    if score >= 30 or row["Lead Origin"] == "Lead Add Form":
        return "prospect" if works else "mql"
    return "lead" if asked or visits > 0 or chatted or booklet else "suspect"


def the_guide_says(name: str, **numbers: int) -> bool:
    """Whether the page of the guide has each of these numbers."""
    said = set(re.findall(r"\d[\d,]*", (CHECKOUT / "docs" / "guide" / name).read_text()))
    missing = {what: number for what, number in numbers.items() if f"{number:,}" not in said}
    assert not missing
    return True


def mapping(name: str) -> str:
    return (EXAMPLES / name).read_text()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(import_of: Import) -> dict[str, int]:
    assert import_of.state == Import.State.DONE, import_of.error
    return {name: count for name, count in import_of.counts.items() if count}


def stages() -> dict[str, int]:
    return dict(tally(Standing.objects.values_list("stage", flat=True)))


def moves() -> dict[tuple[str, str], int]:
    return dict(tally(Transition.objects.filter(superseded_at=None).values_list("from_stage", "to_stage")))


def tally(values: Iterable[T]) -> Counter[T]:
    return Counter(values)

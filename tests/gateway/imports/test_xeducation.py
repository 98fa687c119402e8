"""X Education's leads, which nobody here wrote: what the pages say equals what ten lines of Python count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker

from ripeline.gateway.models import Import
from ripeline.people.models import Contact
from ripeline.timeline.definitions.active import activate
from ripeline.worker import catch_up
from tests.databases import standing
from tests.gateway.imports.bringing import DATA, EXAMPLES, NOW, bring_in, needs_data
from tests.gateway.imports.real import counts, mapping, moves, rows_of, stages, tally, the_guide_says

XEDUCATION = DATA / "xeducation" / "Leads.csv"

# What PostgreSQL makes of real files, the Olist funnel shows.
pytestmark = [needs_data, pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(scope="module")
def funnel(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Import]:
    """The file brought in, and everybody assessed."""
    with standing(django_db_blocker), pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings.CONFIG, "data_dir", tmp_path_factory.mktemp("xeducation"))
        activate((EXAMPLES / "xeducation" / "playbook.yaml").read_text(), now=NOW)
        done = bring_in(XEDUCATION, mapping("xeducation/mapping.yaml"))
        catch_up(lambda: NOW)
        yield done


def test_the_x_education_funnel_is_what_its_file_says(funnel: Import) -> None:
    rows = rows_of(XEDUCATION)
    reached = Counter(x_education_stage(row) for row in rows)
    won = Counter(x_education_stage(row) for row in rows if row["Converted"] == "1")
    assert (len(rows), sum(won.values())) == (9240, 3561)
    assert counts(funnel)["created"] == 9240
    assert stages() == {"customer": 3561} | {stage: reached[stage] - won[stage] for stage in reached}
    first_moves = {("suspect", stage): count for stage, count in reached.items() if stage != "suspect"}
    assert moves() == first_moves | {(stage, "customer"): count for stage, count in won.items()}
    assert the_guide_says(
        "xeducation.md", mql=reached["mql"], prospect=reached["prospect"], lead=reached["lead"]
    )


@pytest.mark.usefixtures("funnel")
def test_placeholders_and_spellings_of_x_education_do_not_come_in() -> None:
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

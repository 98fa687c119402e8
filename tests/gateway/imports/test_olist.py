"""The Olist funnel, which nobody here wrote, end to end: what the pages say equals what ten lines of Python count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker

from ripeline.gateway.imports.preview import Preview
from ripeline.gateway.models import Import
from ripeline.people.models import Contact
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Touch
from ripeline.worker import catch_up
from tests.databases import standing
from tests.gateway.imports.bringing import DATA, EXAMPLES, NOW, bring_in, look, needs_data
from tests.gateway.imports.real import counts, mapping, moves, rows_of, stages, tally, the_guide_says

OLIST = DATA / "olist_funnel"
LEADS = OLIST / "olist_marketing_qualified_leads_dataset.csv"
DEALS = OLIST / "olist_closed_deals_dataset.csv"

pytestmark = [needs_data, pytest.mark.django_db]


@dataclass(frozen=True)
class Funnel:
    """What both imports said, and what was said of the deals before they came in."""

    leads: Import
    deals: Import
    seen: Preview


@pytest.fixture(scope="module")
def funnel(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Funnel]:
    """Both files brought in, and everybody assessed."""
    with standing(django_db_blocker), pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings.CONFIG, "data_dir", tmp_path_factory.mktemp("olist"))
        activate((EXAMPLES / "olist" / "playbook.yaml").read_text(), now=NOW)
        leads = bring_in(LEADS, mapping("olist/mapping-leads.yaml"))
        _, seen = look(DEALS, mapping("olist/mapping-deals.yaml"))
        deals = bring_in(DEALS, mapping("olist/mapping-deals.yaml"))
        catch_up(lambda: NOW)
        yield Funnel(leads, deals, seen)


def test_deals_of_people_who_never_were_leads_are_left_out_and_told() -> None:
    deals = bring_in(DEALS, mapping("olist/mapping-deals.yaml"))
    assert counts(deals) == {"rejected": 842}
    assert not Contact.objects.exists()


def test_the_olist_funnel_is_what_its_files_say(funnel: Funnel) -> None:
    asked = {
        row["mql_id"]: datetime.strptime(row["first_contact_date"], "%d-%m-%Y") for row in rows_of(LEADS)
    }
    won = {row["mql_id"]: datetime.strptime(row["won_date"], "%d-%m-%Y %H:%M") for row in rows_of(DEALS)}
    won_before_asked = [each for each in won if won[each] < asked[each]]
    assert (len(asked), len(won), len(won_before_asked)) == (8000, 842, 1)

    assert counts(funnel.leads) == {
        "created": 8000,
        "touches": 24_000,
        "imported": 8000,
        "traits_changed": 8000,
    }
    assert counts(funnel.deals) == {"updated": 842, "touches": 842 * 2, "traits_changed": 842}
    assert stages() == {"mql": len(asked) - len(won), "customer": len(won)}
    assert moves() == {
        ("suspect", "mql"): len(asked) - 1,
        ("mql", "customer"): len(won) - 1,
        ("suspect", "customer"): 1,
    }
    wins = Touch.objects.filter(kind="deal_won").values_list("contact__identities__value", "at")
    assert dict(wins) == {f"olist:{each}": moment.replace(tzinfo=UTC) for each, moment in won.items()}
    assert the_guide_says("olist.md", leads=8000, sellers=842, still=len(asked) - len(won))


@pytest.mark.usefixtures("funnel")
def test_the_olist_sources_are_counted_as_in_the_file() -> None:
    origins = {row["mql_id"]: row["origin"] for row in rows_of(LEADS)}
    assert tally(Contact.objects.values_list("source", flat=True)) == tally(origins.values())
    assert tally(origins.values())["organic_search"] == 2296
    won = Contact.objects.filter(touches__kind="deal_won").values_list("source", flat=True)
    assert tally(won) == tally(origins[row["mql_id"]] for row in rows_of(DEALS))


@pytest.mark.usefixtures("funnel")
def test_the_days_to_the_win_are_the_documented_ones() -> None:
    asked = dict(Touch.objects.filter(kind="form_submitted").values_list("contact", "at"))
    won = dict(Touch.objects.filter(kind="deal_won").values_list("contact", "at"))
    days = sorted((won[each] - asked[each]) / timedelta(days=1) for each in won)
    assert (min(asked.values()), max(asked.values())) == (
        datetime(2017, 6, 14, tzinfo=UTC),
        datetime(2018, 5, 31, tzinfo=UTC),
    )
    assert int(days[len(days) // 2]) == 14


def test_a_preview_of_the_deals_says_what_the_import_then_does(funnel: Funnel) -> None:
    seen = funnel.seen
    assert (seen.rows, seen.counts["updated"], seen.touches) == (842, 842, {"deal_won": 842})
    assert any("day first: 540 of 842" in note for note in seen.notes)
    assert counts(funnel.deals)["updated"] == seen.counts["updated"]


@pytest.mark.usefixtures("funnel")
def test_importing_olist_twice_changes_nothing() -> None:
    for name, path in (("leads", LEADS), ("deals", DEALS)):
        again = bring_in(path, mapping(f"olist/mapping-{name}.yaml"))
    assert counts(again) == {"unchanged": 842, "touches_known": 842}
    assert Touch.objects.count() == 24_000 + 842 * 2

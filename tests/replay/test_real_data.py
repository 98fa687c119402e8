"""Both engines on the two real data sets, under their own playbook and those that are shipped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.timeline.log import to_fact
from ripeline.timeline.models import Touch
from tests.gateway.imports.bringing import CHECKOUT, DATA, EXAMPLES, bring_in, needs_data
from tests.replay.alike import bulk, folded

# The database is but the way from a file to facts.
pytestmark = [needs_data, pytest.mark.django_db, pytest.mark.once]

SHIPPED = sorted((CHECKOUT / "playbooks").glob("*.yaml"))


def test_olists_sellers_move_alike_in_both_engines() -> None:
    folder = DATA / "olist_funnel"
    bring_in(
        folder / "olist_marketing_qualified_leads_dataset.csv",
        (EXAMPLES / "olist/mapping-leads.yaml").read_text(),
    )
    bring_in(folder / "olist_closed_deals_dataset.csv", (EXAMPLES / "olist/mapping-deals.yaml").read_text())
    facts = the_log()
    assert len({fact.person for fact in facts}) == 8000
    move_alike(facts, [EXAMPLES / "olist/playbook.yaml", *SHIPPED])


def test_x_educations_leads_move_alike_in_both_engines() -> None:
    bring_in(DATA / "xeducation" / "Leads.csv", (EXAMPLES / "xeducation/mapping.yaml").read_text())
    facts = the_log()
    assert len({fact.person for fact in facts}) == 9240
    move_alike(facts, [EXAMPLES / "xeducation/playbook.yaml", *SHIPPED])


def the_log() -> list[Fact]:
    return [to_fact(row) for row in Touch.objects.all()]


def move_alike(facts: Sequence[Fact], playbooks: Sequence[Path]) -> None:
    """At the end and a good while later: everybody under the data set's own playbook, and each of them under two of the
    six that are shipped."""
    assert len(playbooks) == 7
    end = max(fact.at for fact in facts)
    place = {person: at for at, person in enumerate(sorted({fact.person for fact in facts}))}
    for number, path in enumerate(playbooks):
        some = [fact for fact in facts if number == 0 or place[fact.person] % 3 == number % 3]
        playbook = load_playbook(path.read_text())
        found = bulk(playbook, some, end + 200 * DAY)
        assert found == folded(playbook, some, end + 200 * DAY), path.name
        assert found[0], "an empty comparison would prove nothing"

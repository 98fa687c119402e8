"""Who stands elsewhere under another definition: previews, comparisons and camps count the same people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from ripeline.demo import World
from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.people.models import Contact
from ripeline.playbooks.camps.reading import read_disagreement
from ripeline.playbooks.preview.passing import Pair, compare_all
from ripeline.playbooks.shipped import shipped_keys, shipped_playbook
from ripeline.replay.bulk import compile_program
from ripeline.replay.comparing import Comparison, compare_parts
from ripeline.replay.history import from_touches
from ripeline.replay.over_parts import Asked
from ripeline.replay.parts.opening import Parts
from ripeline.replay.parts.updating import write_parts
from ripeline.timeline.camps.keeping import end_camp, start_camp
from ripeline.timeline.camps.models import Camp, CampStanding
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.versions import keep_version

OTHERS = [key for key in shipped_keys() if key != "default"]


@pytest.fixture(scope="module")
def parts(world: World, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    folder: Path = tmp_path_factory.mktemp("parts")
    return write_parts(str(folder), [from_touches(world.touches)], now=world.touches[-1].at)


@pytest.mark.django_db
def test_the_three_ways_to_hold_two_definitions_side_by_side_agree_on_the_demo(parts: Parts) -> None:
    ours = activate(shipped_playbook("default"), now=timezone.now())
    stamps = {"created_at": timezone.now(), "updated_at": timezone.now()}
    Contact.objects.bulk_create(Contact(name=f"Person {n}", **stamps) for n in range(parts.people))
    for key in OTHERS:
        theirs = load_playbook(shipped_playbook(key))
        one, other = compile_program(ours), compile_program(theirs)
        end = parts.latest or 0
        compared = compare_parts(one, other, parts, Asked(end))
        previewed = compare_all(Pair(one, other, end, end, "deal_won"), parts)
        assert 0 < compared.differ < parts.people
        assert (previewed.differ, of_camp(ours, theirs, compared)) == (compared.differ, compared.differ)


def of_camp(ours: Playbook, theirs: Playbook, found: Comparison) -> int:
    """How many the camps' page says differ, of as many people at each pair of stages as were found."""
    version = keep_version(shipped_playbook(theirs.key), now=timezone.now()).version
    camp = start_camp("Sales", version, by=None, note="", now=timezone.now())
    assert isinstance(camp, Camp)
    people = iter(Contact.objects.order_by("pk").values_list("pk", flat=True))
    CampStanding.objects.bulk_create(
        CampStanding(contact_id=next(people), camp=camp, ours=mine, theirs=other)
        for mine, other in where_they_stand(found).elements()
    )
    differ = read_disagreement(ours, theirs).differ
    CampStanding.objects.all().delete()
    end_camp(now=timezone.now())
    return differ


def where_they_stand(found: Comparison) -> Counter[tuple[str, str]]:
    """People by their stages of either definition."""

    def cells() -> Iterator[tuple[tuple[str, str], int]]:
        for mine, row in zip(found.one.stages, found.flow, strict=True):
            for other, people in zip(found.other.stages, row, strict=True):
                yield (mine.stage, other.stage), people

    return Counter(dict(cells()))

"""Which stages of two definitions are one and the same: one rule for previews, comparisons and camps."""

import pytest

from ripeline.lifecycle.ladders import is_same_stage, same_stages
from ripeline.lifecycle.playbook import Playbook, load_playbook

pytestmark = pytest.mark.pure


def ladder(**stages: str) -> Playbook:
    """A playbook of these stages: titles by key, lowest first."""
    lines = [f"- {{key: {key}, title: {title!r}}}" for key, title in stages.items()]
    return load_playbook("\n".join(["key: k", "stages:", *lines]))


OURS = ladder(suspect="Suspect", lead="Lead", mql="MQL", sql="Prospect")


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        (
            ladder(suspect="Suspect", lead="Lead", mql="MQL", sql="Prospect"),
            {"suspect", "lead", "mql", "sql"},
        ),
        (ladder(visitor="SUSPECT", lead="lead", ready="mql"), {"suspect visitor", "lead", "mql ready"}),
        (ladder(suspect="Stranger", lead="Somebody", mql="Ready"), {"suspect", "lead", "mql"}),
        (ladder(suspect="Visitor", sql="SQL", prospect="Prospect"), {"suspect", "sql prospect"}),
        (ladder(lead="MQL", mql="Lead"), {"lead mql", "mql lead"}),
        (ladder(a="Alpha", b="Beta"), set()),
    ],
)
def test_stages_are_the_same_by_title_and_where_no_title_tells_by_key(
    theirs: Playbook, same: set[str]
) -> None:
    table = same_stages(OURS, theirs)
    found = {
        mine.key if mine.key == other.key else f"{mine.key} {other.key}"
        for mine, row in zip(OURS.stages, table, strict=True)
        for other, is_same in zip(theirs.stages, row, strict=True)
        if is_same
    }
    assert found == same
    assert same_stages(theirs, OURS) == tuple(zip(*table, strict=True)), "whichever comes first"


def test_a_stage_of_an_earlier_ladder_is_called_by_its_key() -> None:
    assert is_same_stage(OURS, OURS, "warm", "warm")
    assert not is_same_stage(OURS, OURS, "warm", "mql")
    assert is_same_stage(OURS, OURS, "prospect", "sql")

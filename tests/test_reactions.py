"""The table of what follows from a change of stage, beside the names that publishers tick."""

from __future__ import annotations

from ripeline.reactions import REACTIONS
from ripeline.timeline.consequences import Consequence


def test_every_reaction_can_be_ticked_and_every_tick_is_a_reaction() -> None:
    assert set(REACTIONS) == set(Consequence)
    assert len({each.key for each in Consequence}) == len(Consequence)
    assert all(each.label and each.told.endswith(".") for each in Consequence)

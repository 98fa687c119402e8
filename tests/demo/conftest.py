"""One simulated year for all tests of the demo, a Sunday morning in the busiest month, under the default playbook."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ripeline.demo import World, simulate
from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.instant import MINUTE
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import Touch

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "default.yaml"


@dataclass(frozen=True)
class Journey:
    """One person's touches in order, and what the default playbook makes of them at the end."""

    touches: tuple[Touch, ...]
    fold: Fold


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def world() -> World:
    return simulate(1, NOW)


@pytest.fixture(scope="session")
def journeys(world: World) -> Mapping[str, Journey]:
    playbook = load_playbook(PLAYBOOK.read_text(encoding="utf-8"))
    touches: dict[str, list[Touch]] = defaultdict(list)
    for touch in world.touches:
        touches[touch.person].append(touch)
    end = world.touches[-1].at + MINUTE
    return {key: Journey(tuple(own), fold(playbook, own, end)) for key, own in touches.items()}

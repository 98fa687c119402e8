"""One simulated year for all tests of the demo: a Sunday morning in the busiest month."""

from datetime import UTC, datetime

import pytest

from ripeline.demo import World, simulate

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def world() -> World:
    return simulate(1, NOW)

"""What holds for every test."""

import os

import pytest
from hypothesis import settings
from pytest_django import DjangoDbBlocker

# The same examples on every machine, so that a change is judged by itself; RIPELINE_TEST_EXPLORE=1 looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("RIPELINE_TEST_EXPLORE") else "steady")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """A test database is as `ripeline migrate` leaves one: with its search and its triggers."""
    from ripeline.installing import complete_database

    with django_db_blocker.unblock():
        complete_database()

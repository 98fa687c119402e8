"""What holds for every test."""

import os

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from hypothesis import settings
from pytest_django import DjangoDbBlocker

# The same examples on every machine, so that a change is judged by itself; RIPELINE_TEST_EXPLORE=1 looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("RIPELINE_TEST_EXPLORE") else "steady")

# As weak as Argon2 may be: hundreds of tests make users, and a good hash takes a tenth of a second by intent. A hash
# says how it was made, so processes of ours beside a test check these as well.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for no database is pure, whether it says so or not: it need not run again on another one."""
    for item in items:
        asked = getattr(item, "fixturenames", ())
        if not item.get_closest_marker("django_db") and not {"db", "transactional_db"} & set(asked):
            item.add_marker(pytest.mark.pure)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """A test database is as `ripeline migrate` leaves one: with its search and its triggers."""
    from ripeline.installing import complete_database

    with django_db_blocker.unblock():
        complete_database()

"""What holds for every test."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

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

FIRST = {
    Path(__file__).parent / f"{name}.py"
    for name in (
        "capture/collector/test_killing",
        "capture/collector/test_sdks",
        "demo/test_articles",
        "gateway/imports/test_killed",
        "gateway/imports/test_olist",
        "gateway/imports/test_shared",
        "gateway/imports/test_xeducation",
        "pages/test_demo",
        "pages/test_drafts",
        "playbook_pages/drafts/test_documents",
        "pages/test_publishing",
        "replay/test_bulk",
        "replay/test_commands",
        "replay/test_executors",
        "replay/test_real_data",
        "timeline/identities/test_any_order",
        "timeline/test_killed_workers",
    )
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Says which tests run once, on SQLite alone, and which on both databases.

    Both: what asks the database something. Once: what asks for none, whether it says so or not; what drives a browser,
    since a page's answers are proved by its view's own tests, on both; and where a test says `once`, as the database
    is but the place where its facts lie. One that says `postgresql` proves there what another proves here in passing.

    Files of long tests go first, so that at the end no process waits for another that has just begun with one of them.
    """
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if not item.get_closest_marker("django_db") and not {"db", "transactional_db"} & asked:
            item.add_marker(pytest.mark.pure)
        if item.get_closest_marker("pure") or "browser" in asked:
            item.add_marker(pytest.mark.once)
    items.sort(key=lambda item: item.path not in FIRST)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for garbage again and again would take a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """A test database is as `ripeline migrate` leaves one: with its search and its triggers."""
    from tests.databases import empty_after_tests, make_database, remove_database

    process = getattr(request.config, "workerinput", {}).get("workerid", "")
    shared = tmp_path_factory.getbasetemp().parent if process else None
    empty_after_tests()
    with django_db_blocker.unblock():
        make_database(shared, process)
        yield
        remove_database()


@pytest.fixture(scope="session", autouse=True)
def history_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """History parts are one database's, and each process of tests has a database of its own."""
    from django.conf import settings

    place = str(tmp_path_factory.mktemp("history"))
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": place})

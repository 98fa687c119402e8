"""A database as the first two migrations made it, with something in every table; and what any database holds.

`python -m tests.stories.old_database make` and `... tell`, on the database that the environment names.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

THEN = datetime(2026, 3, 3, 12, tzinfo=UTC)
FIRST = "0002_search"


def make() -> None:
    """Tables as they were first, and rows in them."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from tests.stories.first_tables import make_first_tables

    executor = MigrationExecutor(connection)
    others = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] != "ripeline"]
    targets = [("ripeline", FIRST), *others]
    executor.migrate(targets)
    make_first_tables(connection)
    old = MigrationExecutor(connection).loader.project_state(targets).apps
    people = _people(old)
    _history(old, people)
    _desk(old, people)


def tell() -> dict[str, Any]:
    """Every table of the site with its columns and rows, as text."""
    from django.db import connection

    told = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith("ripeline_") and "search" not in table:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                columns = [column[0] for column in cursor.description or ()]
                told[table] = [dict(zip(columns, map(str, row), strict=True)) for row in cursor.fetchall()]
    return told


def _people(old: Any) -> dict[str, Any]:
    model = lambda name: old.get_model("ripeline", name).objects  # noqa: E731
    user = model("User").create(email="ada@firm.org", password="!", role="admin", name="Ada", time_zone="UTC")
    both = {"created_at": THEN, "updated_at": THEN}
    press = model("Company").create(
        name="Press", domain="press.example", industry="publishing", employees=9, **both
    )
    eva = model("Contact").create(
        key="eva", name="Eva Lind", first_name="Eva", last_name="Lind", email="eva@press.example", phone="+4620123456",
        company=press, owner=user, tags=["fair"], traits={"books": 2}, search_text="eva lind eva@press.example", **both,
    )  # fmt: skip
    bo = model("Contact").create(key="bo", email="bo@home.example", search_text="bo@home.example", **both)
    for person, kind, value in ((eva, "email", "eva@press.example"), (eva, "phone", "+4620123456"),
                                (bo, "email", "bo@home.example")):  # fmt: skip
        model("Identity").create(contact=person, kind=kind, value=value, is_primary=True, created_at=THEN)
    visitor = model("Visitor").create(key="v" * 32, contact=eva, first_seen_at=THEN, last_seen_at=THEN)
    return {"user": user, "eva": eva, "bo": bo, "visitor": visitor}


def _history(old: Any, people: dict[str, Any]) -> None:
    from ripeline.lifecycle.playbook import load_playbook
    from tests.timeline.people import PLAYBOOK

    model = lambda name: old.get_model("ripeline", name).objects  # noqa: E731
    eva, bo = people["eva"], people["bo"]
    version = model("PlaybookVersion").create(
        version=load_playbook(PLAYBOOK).version, key="plain", title="Leads convert", text=PLAYBOOK, note="The first",
        created_at=THEN, activated_at=THEN, is_active=True, author=people["user"],
    )  # fmt: skip
    for number, kind in enumerate(("page_viewed", "form_submitted", "email_replied")):
        model("Touch").create(
            uid=f"touch-{number}", at=THEN + timedelta(hours=number), received_at=THEN, contact=eva, kind=kind,
            direction="in", actor="human", subject="/pricing", value=number or None, attrs={"text": "Yes, please."},
            visitor=people["visitor"] if kind == "page_viewed" else None,
        )  # fmt: skip
    model("Transition").create(
        contact=eva, playbook=version, position=0, at=THEN + timedelta(hours=1), from_stage="suspect", to_stage="lead",
        cause="rule", rule="enter", score=30.0, grade=None, evidence={}, known_at=THEN,
    )  # fmt: skip
    # A standing for every contact was made by the database itself; what is known is written into it.
    for person, stage, score in ((eva, "lead", 30.0), (bo, "suspect", 0.0)):
        known = {"stage": stage, "entered_at": THEN, "score": score, "assessed_at": THEN, "playbook": version}
        model("Standing").update_or_create(contact=person, defaults=known)
        model("Reassessment").update_or_create(contact=person, defaults={"due_at": None, "mark": 3})
    model("Notification").create(user=people["user"], contact=eva, key="k", stage="lead", created_at=THEN)


def _desk(old: Any, people: dict[str, Any]) -> None:
    model = lambda name: old.get_model("ripeline", name).objects  # noqa: E731
    user = people["user"]
    brought = model("Import").create(
        key="i" * 32, name="fair.csv", form="rows", file="imports/fair.csv", digest="d" * 64, mapping="columns: {}",
        state="done", rows=2, position=2, counts={"created": 1}, preview={}, created_at=THEN, finished_at=THEN, by=user,
    )  # fmt: skip
    model("ImportStep").create(import_of=brought, number=0, rows=2, counts={"created": 1}, done={}, at=THEN)
    model("ImportRejection").create(
        import_of=brought, line=3, why="no_address", reason="'x' is no address.", cells=["x"]
    )
    model("SavedView").create(owner=user, name="Mine", query="stage=lead", created_at=THEN)
    model("ColumnChoice").create(user=user, room="contacts", columns=["stage", "score"])


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
    django.setup()
    if sys.argv[1:] == ["make"]:
        make()
    json.dump(tell(), sys.stdout)

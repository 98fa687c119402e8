"""Triggers on the touch log that note whose touches were removed, changed or moved.

Triggers, not code: deletions come by `withdraw`, by the deletion of a contact, by a merge, by hand in a console. What
changes the log and what notes it are one transaction, so the history parts can always be made right.
"""

from __future__ import annotations

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper


def make_triggers(connection: BaseDatabaseWrapper) -> None:
    """Makes the triggers, anew where they are there. All parts made before become stale."""
    drop_triggers(connection)
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)
        # While there were none, nobody noted what changed.
        cursor.execute("UPDATE ripeline_historystate SET generation = '', pending = ''")


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    """Removes the triggers."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for name in _NAMES:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP FUNCTION IF EXISTS ripeline_touch_{name}() CASCADE")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS ripeline_touch_{name}")


def triggers_ready(connection: BaseDatabaseWrapper) -> bool:
    """Whether the triggers are there: SQLite loses them where a migration makes the table anew."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(_ASK_POSTGRESQL if postgresql else _ASK_SQLITE)
        return int(cursor.fetchone()[0]) == (3 if postgresql else 2)


_NAMES = ("gone", "changed", "emptied")
_SQLITE = [
    """
    CREATE TRIGGER ripeline_touch_gone AFTER DELETE ON ripeline_touch WHEN OLD.contact_id IS NOT NULL
    BEGIN INSERT INTO ripeline_historychange (contact_id) VALUES (OLD.contact_id); END
    """,
    # Not of every column: that a visitor is gone changes nothing of what the parts hold.
    """
    CREATE TRIGGER ripeline_touch_changed
    AFTER UPDATE OF id, uid, contact_id, at, received_at, kind, direction, actor, subject, value, attrs
    ON ripeline_touch
    BEGIN
        INSERT INTO ripeline_historychange (contact_id) SELECT OLD.contact_id WHERE OLD.contact_id IS NOT NULL;
        INSERT INTO ripeline_historychange (contact_id)
            SELECT NEW.contact_id WHERE NEW.contact_id IS NOT NULL AND NEW.contact_id IS NOT OLD.contact_id;
    END
    """,
]
_POSTGRESQL = [
    # Once for a statement, however many touches it removes.
    """
    CREATE OR REPLACE FUNCTION ripeline_touch_gone() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO ripeline_historychange (contact_id)
            SELECT DISTINCT contact_id FROM gone WHERE contact_id IS NOT NULL;
        RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION ripeline_touch_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO ripeline_historychange (contact_id)
            SELECT contact_id FROM was WHERE contact_id IS NOT NULL
            UNION SELECT contact_id FROM became WHERE contact_id IS NOT NULL;
        RETURN NULL;
    END $$
    """,
    # An emptied log makes every part stale.
    """
    CREATE OR REPLACE FUNCTION ripeline_touch_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE ripeline_historystate SET generation = '', pending = '';
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER ripeline_touch_gone AFTER DELETE ON ripeline_touch
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ripeline_touch_gone()
    """,
    """
    CREATE TRIGGER ripeline_touch_changed AFTER UPDATE ON ripeline_touch
    REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION ripeline_touch_changed()
    """,
    """
    CREATE TRIGGER ripeline_touch_emptied BEFORE TRUNCATE ON ripeline_touch
    FOR EACH STATEMENT EXECUTE FUNCTION ripeline_touch_emptied()
    """,
]
_ASK_POSTGRESQL = """
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'ripeline_touch'::regclass AND tgenabled <> 'D'
AND tgname IN ('ripeline_touch_gone', 'ripeline_touch_changed', 'ripeline_touch_emptied')
"""
_ASK_SQLITE = """
SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ripeline_touch'
AND name IN ('ripeline_touch_gone', 'ripeline_touch_changed')
"""

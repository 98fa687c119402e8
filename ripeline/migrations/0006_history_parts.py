"""The state of the history parts, and triggers that note whose touches were removed, changed or moved."""

from django.db import migrations, models

import ripeline.kit.ids

SQLITE = [
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
POSTGRESQL = [
    # Once for a statement, however many touches it removes.
    """
    CREATE FUNCTION ripeline_touch_gone() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO ripeline_historychange (contact_id)
            SELECT DISTINCT contact_id FROM gone WHERE contact_id IS NOT NULL;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION ripeline_touch_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO ripeline_historychange (contact_id)
            SELECT contact_id FROM was WHERE contact_id IS NOT NULL
            UNION SELECT contact_id FROM became WHERE contact_id IS NOT NULL;
        RETURN NULL;
    END $$
    """,
    # An emptied log makes every part stale.
    """
    CREATE FUNCTION ripeline_touch_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP_SQLITE = ["DROP TRIGGER ripeline_touch_gone", "DROP TRIGGER ripeline_touch_changed"]
DROP_POSTGRESQL = [
    f"DROP FUNCTION ripeline_touch_{name}() CASCADE" for name in ("gone", "changed", "emptied")
]


def make_triggers(apps, schema_editor):
    run(schema_editor, SQLITE, POSTGRESQL)


def drop_triggers(apps, schema_editor):
    run(schema_editor, DROP_SQLITE, DROP_POSTGRESQL)


def run(schema_editor, sqlite, postgresql):
    for statement in postgresql if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0005_first_publication")]

    operations = [
        migrations.CreateModel(
            name="HistoryChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("contact_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="HistoryState",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("source", models.CharField(default=ripeline.kit.ids.new_key, max_length=32)),
                ("generation", models.CharField(blank=True, max_length=64)),
                ("pending", models.CharField(blank=True, max_length=64)),
                ("claimed_by", models.CharField(blank=True, max_length=32)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField(null=True)),
                ("trouble", models.TextField(blank=True)),
            ],
        ),
        migrations.RunPython(make_triggers, drop_triggers),
    ]

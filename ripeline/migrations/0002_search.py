"""Search by any part of a word, and a standing for every contact: see contacts/lists/search_tables.py."""

from django.db import migrations

from ripeline.contacts.lists import search_tables


def make_search(apps, schema_editor):
    search_tables.make_search(schema_editor.connection)


def drop_search(apps, schema_editor):
    search_tables.drop_search(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0001_initial")]
    operations = [migrations.RunPython(make_search, drop_search)]

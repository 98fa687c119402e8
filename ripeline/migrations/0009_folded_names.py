"""Companies are searched, and all names sorted, without regard to accents and case: see people/fields.py."""

from django.db import migrations, models
from django.db.models import F, GeneratedField
from django.db.models.functions import Chr, Concat, Left, StrIndex

from ripeline.people.fields import CompanyWordsField

BATCH = 2_000
# SQLite makes both tables anew, which drops their triggers; on both, companies were searched by other words until now.
# `installing.complete_database` makes all of it as it is needed, after the migrations.
SEARCH_GONE = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS ripeline_contact_stands",
        "DROP TRIGGER IF EXISTS ripeline_contact_search_added",
        "DROP TRIGGER IF EXISTS ripeline_contact_search_gone",
        "DROP TRIGGER IF EXISTS ripeline_contact_search_changed",
        "DROP TRIGGER IF EXISTS ripeline_company_search_added",
        "DROP TRIGGER IF EXISTS ripeline_company_search_gone",
        "DROP TRIGGER IF EXISTS ripeline_company_search_changed",
        "DROP TABLE IF EXISTS ripeline_contact_search",
        "DROP TABLE IF EXISTS ripeline_company_search",
    ],
    "postgresql": [
        "DROP TRIGGER IF EXISTS ripeline_contact_stands ON ripeline_contact",
        "DROP FUNCTION IF EXISTS ripeline_contact_stands()",
        "DROP INDEX IF EXISTS contact_tags",
        "DROP INDEX IF EXISTS contact_words",
        "DROP INDEX IF EXISTS company_words",
    ],
}


def by_first_line(model, index):
    text, end = F("search_text"), Chr(10)
    name = GeneratedField(
        expression=Left(Left(text, StrIndex(Concat(text, end), end) - 1), 254),
        output_field=models.CharField(max_length=254),
        db_persist=True,
    )
    return [
        migrations.RemoveIndex(model, index),
        migrations.RemoveField(model, "sort_name"),
        migrations.AddField(model, "sort_name", name),
        migrations.AddIndex(model, models.Index(fields=["sort_name", "id"], name=index)),
    ]


def fold_companies(apps, schema_editor):
    companies = apps.get_model("ripeline", "Company").objects
    batch = []
    for company in companies.only("id", "name", "domain").order_by("pk").iterator(BATCH):
        batch.append(company)
        if len(batch) == BATCH:
            companies.bulk_update(batch, ["search_text"], batch_size=BATCH // 4)
            batch.clear()
    companies.bulk_update(batch, ["search_text"], batch_size=BATCH // 4)


def drop_search(apps, schema_editor):
    for statement in SEARCH_GONE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0008_playbook_drafts")]
    operations = [
        migrations.RunPython(drop_search, migrations.RunPython.noop),
        migrations.AddField("company", "search_text", CompanyWordsField(blank=True, db_default="")),
        migrations.RunPython(fold_companies, migrations.RunPython.noop),
        *by_first_line("company", "company_name"),
        *by_first_line("contact", "contact_name"),
    ]

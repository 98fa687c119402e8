"""The state of the history parts, and whose touches were removed, changed or moved.

The triggers that note it are made by `installing.complete_database`, after the migrations.
"""

from django.db import migrations, models

import ripeline.kit.ids


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0005_first_publication")]

    operations = [
        migrations.CreateModel(
            name="HistoryChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contact_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="HistoryState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
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
    ]

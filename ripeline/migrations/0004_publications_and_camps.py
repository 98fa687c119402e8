"""A version in force is a publication; a fold can be saved; a second definition can run beside."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ripeline", "0003_shared_cache"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "slot",
                    models.CharField(
                        choices=[
                            ("in_force", "The definition in force"),
                            ("camp", "The definition kept beside it"),
                        ],
                        max_length=8,
                    ),
                ),
                ("version", models.CharField(max_length=64)),
                ("through", models.BigIntegerField()),
                ("heard", models.DateTimeField()),
                ("moves", models.PositiveIntegerField()),
                ("touches", models.PositiveIntegerField()),
                ("state", models.BinaryField()),
            ],
        ),
        migrations.AddField(
            model_name="reassessment",
            name="since",
            field=models.BigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="Camp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last", models.BigIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("cursor", models.BigIntegerField(default=0)),
                ("swept", models.PositiveIntegerField(default=0)),
                ("swept_at", models.DateTimeField(null=True)),
                ("is_swept", models.BooleanField(default=False)),
                ("name", models.CharField(max_length=80)),
                ("note", models.TextField(blank=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("is_running", models.BooleanField(default=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ripeline.playbookversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CampStanding",
            fields=[
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="camp_standing",
                        serialize=False,
                        to="ripeline.contact",
                    ),
                ),
                ("ours", models.CharField(max_length=64)),
                ("theirs", models.CharField(max_length=64)),
                ("entered_at", models.DateTimeField(null=True)),
                ("score", models.FloatField(default=0)),
                ("grade", models.CharField(max_length=8, null=True)),
                ("persona", models.CharField(max_length=64, null=True)),
                ("rating", models.CharField(max_length=64, null=True)),
                ("status", models.CharField(default="active", max_length=16)),
                ("suspended", models.BooleanField(default=False)),
                ("last_inbound_at", models.DateTimeField(null=True)),
                ("assessed_at", models.DateTimeField(null=True)),
                (
                    "camp",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ripeline.camp",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CampVerdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.CharField(max_length=128)),
                ("kind", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                ("ours", models.CharField(max_length=64)),
                ("theirs", models.CharField(max_length=64)),
                (
                    "camp",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ripeline.camp",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ripeline.contact",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last", models.BigIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("cursor", models.BigIntegerField(default=0)),
                ("swept", models.PositiveIntegerField(default=0)),
                ("swept_at", models.DateTimeField(null=True)),
                ("is_swept", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("is_in_force", models.BooleanField(default=True)),
                ("note", models.TextField(blank=True)),
                ("reactions", models.JSONField(default=list)),
                (
                    "reach",
                    models.CharField(
                        choices=[
                            ("all", "Everybody whom the definition moves"),
                            ("from_now", "Only what happens from now on"),
                        ],
                        default="from_now",
                        max_length=8,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ripeline.playbookversion",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publications",
                        to="ripeline.playbookversion",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="transition",
            name="publication",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transitions",
                to="ripeline.publication",
            ),
        ),
        migrations.AddIndex(
            model_name="transition",
            index=models.Index(
                condition=models.Q(("publication__isnull", False)),
                fields=["publication", "contact"],
                name="transition_publication",
            ),
        ),
        migrations.AddField(
            model_name="savedfold",
            name="contact",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="ripeline.contact",
            ),
        ),
        migrations.AddConstraint(
            model_name="camp",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_running", True)), fields=("is_running",), name="camp_one_running"
            ),
        ),
        migrations.AddIndex(
            model_name="campstanding",
            index=models.Index(fields=["camp", "ours", "theirs", "contact"], name="camp_pairs"),
        ),
        migrations.AddIndex(
            model_name="campverdict",
            index=models.Index(fields=["camp", "at", "kind", "ours", "theirs"], name="camp_verdict_at"),
        ),
        migrations.AddConstraint(
            model_name="campverdict",
            constraint=models.UniqueConstraint(fields=("contact", "uid"), name="camp_verdict_once"),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(fields=["-at"], name="publication_at"),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_in_force", True)),
                fields=("is_in_force",),
                name="publication_one_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfold",
            constraint=models.UniqueConstraint(fields=("contact", "slot"), name="saved_fold_slot"),
        ),
    ]

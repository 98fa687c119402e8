from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ripeline", "0030_who_was_known_when"),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="before",
            field=models.JSONField(null=True),
        ),
    ]

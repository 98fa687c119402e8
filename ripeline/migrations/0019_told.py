from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ripeline", "0018_engagement_verdicts"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="told",
            field=models.JSONField(null=True),
        ),
    ]

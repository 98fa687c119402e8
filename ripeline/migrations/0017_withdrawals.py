from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ripeline", "0016_merge_proofs"),
    ]

    operations = [
        migrations.AddField(
            model_name="reassessment",
            name="withdrawn_at",
            field=models.DateTimeField(null=True),
        ),
    ]

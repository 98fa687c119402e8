from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0022_web_touches")]

    operations = [
        migrations.AddField(
            model_name="previewrun",
            name="view",
            field=models.CharField(
                choices=[("known", "As we knew it"), ("was", "As it had happened")],
                default="was",
                max_length=5,
            ),
        ),
    ]

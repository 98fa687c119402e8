"""The version in force when publications began to be kept is the first of them; its people need no second look."""

from django.db import migrations


def keep(apps, schema_editor):
    version = apps.get_model("ripeline", "PlaybookVersion").objects.filter(is_active=True).first()
    if version is None:
        return
    people = apps.get_model("ripeline", "Reassessment").objects.count()
    apps.get_model("ripeline", "Publication").objects.create(
        version=version,
        at=version.activated_at or version.created_at,
        author=version.author,
        note=version.note,
        total=people,
        swept=people,
        is_swept=True,
    )


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0004_publications_and_camps")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]

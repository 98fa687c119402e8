"""Once made the search; `installing.complete_database` does, after the migrations, as it is needed now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0001_initial")]
    operations = []

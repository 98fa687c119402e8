"""The orders of the lists hold the cell too: see timeline.models.Standing."""

from django.db import migrations, models
from django.db.models import F


def order(column: str, name: str) -> list[migrations.operations.base.Operation]:
    fields = (F(column).desc(), F("contact").desc(), F("cell"))
    return [
        migrations.RemoveIndex(model_name="standing", name=name),
        migrations.AddIndex(model_name="standing", index=models.Index(*fields, name=name)),
    ]


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0006_history_parts")]
    operations = [
        *order("heat", "standing_heat"),
        *order("last_inbound_at", "standing_last_inbound"),
        *order("entered_at", "standing_entered"),
    ]

"""O’Brien is found as O'Brien: the text that is searched has straight quotes only, as kit/folding.py writes it."""

from django.db import migrations
from django.db.models import F, Q, Value
from django.db.models.functions import Replace

QUOTES = {**dict.fromkeys("’‘‛ʼʹ′´＇", "'"), **dict.fromkeys("“”„‟″", '"')}


def straighten(apps, schema_editor):
    curled = Q()
    straight = F("search_text")
    for printed, typed in QUOTES.items():
        curled |= Q(search_text__contains=printed)
        straight = Replace(straight, Value(printed), Value(typed))
    for model in ("Contact", "Company"):
        apps.get_model("ripeline", model).objects.filter(curled).update(search_text=straight)


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0014_identities")]
    operations = [migrations.RunPython(straighten, migrations.RunPython.noop)]

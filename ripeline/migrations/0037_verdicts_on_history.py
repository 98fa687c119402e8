"""What sales said before anything was published counts by what was in force when it was heard of: a camp that runs
already has those people folded anew, whole."""

from django.db import migrations
from django.db.models import Min
from django.utils import timezone


def fold_anew(apps, schema_editor):
    model = {
        name: apps.get_model("ripeline", name)
        for name in ("Publication", "CampVerdict", "SavedFold", "Reassessment")
    }
    first = model["Publication"].objects.aggregate(at=Min("at"))["at"]
    if first is None:
        return
    told = model["CampVerdict"].objects.filter(camp__is_running=True, at__lt=first)
    people = list(told.values_list("contact_id", flat=True).distinct())
    for start in range(0, len(people), 500):
        some = people[start : start + 500]
        model["SavedFold"].objects.filter(contact_id__in=some).delete()
        model["Reassessment"].objects.filter(contact_id__in=some).update(due_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("ripeline", "0036_email_splits")]
    operations = [migrations.RunPython(fold_anew, migrations.RunPython.noop)]

"""The rules of sending in each version, and what people chose for themselves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.people.models import Contact, User


class SendingRules(models.Model):
    """A version of the rules, named by the hash of what it says. One may be in force; where none is, the shipped ones
    are."""

    version = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    put_in_force_at = models.DateTimeField()
    is_in_force = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["is_in_force"], condition=Q(is_in_force=True), name="sending_rules_one_in_force"
            ),
        )

    def __str__(self) -> str:
        return self.version[:8]


class Preference(models.Model):
    """What somebody chose of what they get, beside what they agreed to: at most so many mails in a month, none until a
    day, in which language, and whether we may see that they opened one ("": they chose nothing).

    It stays with the contact it was said of; of those who are one contact the latest counts.
    """

    class Opens(models.TextChoices):
        NONE = "none", "Not at all"
        DAY = "day", "The day of the first time, and nothing else"
        FULL = "full", "Yes"

    contact = models.OneToOneField(
        Contact, primary_key=True, on_delete=models.CASCADE, related_name="preference"
    )
    most_a_month = models.PositiveSmallIntegerField(null=True)
    paused_until = models.DateTimeField(null=True)
    language = models.CharField(max_length=12, blank=True)
    opens = models.CharField(max_length=4, choices=Opens, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.contact_id} since {self.at:%Y-%m-%d}"

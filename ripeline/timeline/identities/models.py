"""What we hold for true about who is whom: facts that are added and withdrawn, from which all else is worked out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ripeline.people.models import Contact, Identity, User, Visitor


class Identification(models.Model):
    """That a browser was a contact's at a moment, and how we know. `contact` is the one named then, whoever that is
    by now; `known_at` is when we heard of it.

    From `at` on the browser is theirs, until an identification names somebody else. Before the first of all it is
    that contact's too.
    """

    class How(models.TextChoices):
        FORM = "form", "They sent a form"
        IDENTIFY = "identify", "The website said who they are"
        LINK = "link", "They followed a link made for them"
        ALIAS = "alias", "The website joined two of its ids"
        BY_HAND = "by_hand", "A colleague said so"

    visitor = models.ForeignKey(
        Visitor, on_delete=models.CASCADE, related_name="identifications", db_index=False
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identifications")
    at = models.DateTimeField()
    how = models.CharField(max_length=8, choices=How)
    known_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["visitor", "at", "contact"], name="identification_once"),
        )

    def __str__(self) -> str:
        return f"{self.visitor_id} was {self.contact_id} at {self.at:%Y-%m-%d %H:%M}"


class Merge(models.Model):
    """That two contacts are one, until it is undone: `gone` lives on as `kept`, or as whoever `kept` is by now.

    `rule` says by what we know, `why` is the sentence to read. `told` holds what an undo had to leave as it was;
    `correction` is the id of a touch that goes with the merge (`identities.traits`).
    """

    class Rule(models.TextChoices):
        BY_HAND = "by_hand", "A colleague decided"
        SAME_EMAIL = "email", "Both proved the same email address"
        SAME_ID = "id", "A trusted system gave both the same id"

    kept = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    gone = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    rule = models.CharField(max_length=8, choices=Rule, default=Rule.BY_HAND)
    why = models.TextField(blank=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    told = models.JSONField(default=list)
    correction = models.CharField(max_length=128, blank=True, default="", db_default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kept", "gone"], condition=Q(undone_at__isnull=True), name="merge_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.gone_id} is {self.kept_id}"


class Proof(models.Model):
    """That a contact proved an address to be theirs (a link sent to it was followed) which leads to another contact,
    who has not proved it: perhaps the two are one. It `is_claim` where nothing was proved: a website had said that the
    address or id is this contact's, before somebody who knows better gave it to the other."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Identity.Kind)
    value = models.CharField(max_length=254)
    at = models.DateTimeField()
    is_claim = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = (models.Index(fields=["kind", "value"], name="proof_value"),)
        constraints = (models.UniqueConstraint(fields=["contact", "kind", "value"], name="proof_once"),)

    def __str__(self) -> str:
        return f"{self.contact_id} proved {self.kind} {self.value}"


class KeptApart(models.Model):
    """Two contacts of whom somebody said that they are not one, so that they are not suggested again. `one` has the
    lower id."""

    one = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["one", "other"], name="kept_apart_once"),)

    def __str__(self) -> str:
        return f"{self.one_id} is not {self.other_id}"

"""The log (Touch), what it means (Standing, Transition) under which definition (PlaybookVersion, Publication)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat

from ripeline.kit.within import HasWord
from ripeline.people.models import Contact, User, Visitor
from ripeline.work.models import DueRow


class PlaybookVersion(models.Model):
    """A definition that never changes, named by the hash of its canonical form. One is active."""

    version = models.CharField(max_length=64, primary_key=True)
    key = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    text = models.TextField()
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="playbook_one_active"
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.version[:8]})"


class Sweep(models.Model):
    """A change that everybody must be assessed anew for, a few at a time, in order of contact.

    `total` people up to contact `last` are concerned; those up to `cursor` (`swept` of them) have been made due;
    `swept_at` is when the latest were, `is_swept` says that all have been.
    """

    last = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    swept = models.PositiveIntegerField(default=0)
    swept_at = models.DateTimeField(null=True)
    is_swept = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Publication(Sweep):
    """A stretch of time for which a version was in force: from `at` until `until` (null: it is), by whom and why.

    `reactions` may fire for those whom the definition itself moves, where `reach` is all; else nothing does.
    """

    class Reach(models.TextChoices):
        ALL = "all", "Everybody whom the definition moves"
        FROM_NOW = "from_now", "Only what happens from now on"

    version = models.ForeignKey(
        PlaybookVersion, on_delete=models.PROTECT, related_name="publications", db_index=False
    )
    previous = models.ForeignKey(
        PlaybookVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    is_in_force = models.BooleanField(default=True)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True)
    reactions = models.JSONField(default=list)
    reach = models.CharField(max_length=8, choices=Reach.choices, default=Reach.FROM_NOW)

    class Meta:
        indexes = (models.Index(fields=["-at"], name="publication_at"),)
        constraints = (
            models.UniqueConstraint(
                fields=["is_in_force"],
                condition=Q(is_in_force=True),
                name="publication_one_in_force",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version_id[:8]} from {self.at:%Y-%m-%d %H:%M}"


class Touch(models.Model):
    """One dated fact about one person, as in the lifecycle; `uid` is its id there.

    `at` is when it happened, `received_at` when we heard of it: together they say what was known when. `known_at` is
    when we knew it to be this contact's, where that was later: a browser was recognised, two contacts became one.

    Every touch has a home that never changes: the contact it was recorded of, or the browser it was made on.
    `contact` is who that is at present (null: nobody knows); only `timeline.identities` changes it. With a `visitor`
    and no `home`, the browser is its home. Else its home is the contact `home`, or where that is null `contact`.
    """

    uid = models.CharField(max_length=128, unique=True)
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.CASCADE, related_name="touches", db_index=False
    )
    visitor = models.ForeignKey(Visitor, null=True, on_delete=models.SET_NULL, related_name="touches")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    direction = models.CharField(max_length=8)
    actor = models.CharField(max_length=8, default="unknown")
    subject = models.TextField(null=True)
    value = models.FloatField(null=True)
    attrs = models.JSONField(default=dict)
    home = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    known_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["contact", "at"], name="touch_contact_at"),
            models.Index(fields=["home"], condition=Q(home__isnull=False), name="touch_home"),
            # Who downloaded what, and since when.
            models.Index(
                fields=["subject", "at", "actor", "contact"],
                condition=Q(kind="asset_downloaded"),
                name="touch_asset",
            ),
            # Who is on the website, and where they come from.
            models.Index(fields=["at"], condition=Q(visitor__isnull=False), name="touch_web_at"),
            models.Index(
                fields=["at", "visitor"],
                condition=Q(HasWord("attrs", "source"), visitor__isnull=False),
                name="touch_came",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject or ''} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def heard_at(self) -> datetime:
        """When we knew that this contact did it."""
        return self.received_at if self.known_at is None else self.known_at


class Transition(models.Model):
    """One dated change of stage, with its cause, rule and evidence. Never rewritten: a late touch that shows
    the past was otherwise marks it superseded, since that is what was known then."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="transitions", db_index=False)
    position = models.PositiveIntegerField()
    at = models.DateTimeField()
    from_stage = models.CharField(max_length=64)
    to_stage = models.CharField(max_length=64)
    cause = models.CharField(max_length=8)
    rule = models.CharField(max_length=120)
    score = models.FloatField()
    grade = models.CharField(max_length=8, null=True)
    evidence = models.JSONField(default=dict)
    playbook = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    known_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    # Set where not the person changed but what is asked of them.
    publication = models.ForeignKey(
        Publication, null=True, on_delete=models.PROTECT, related_name="transitions", db_index=False
    )

    class Meta:
        indexes = (
            models.Index(fields=["contact", "position"], name="transition_contact"),
            # The latest who moved from where to where and why, and how many did in a stretch of time: each is
            # read from an index alone. SQLite asks for superseded_at in it before it does without the row.
            models.Index(
                fields=["at", "from_stage", "to_stage", "cause", "contact", "superseded_at"],
                condition=Q(superseded_at__isnull=True),
                name="transition_flow",
            ),
            models.Index(
                fields=["from_stage", "to_stage", "at", "superseded_at"],
                condition=Q(superseded_at__isnull=True),
                name="transition_moves",
            ),
            models.Index(fields=["known_at", "contact"], name="transition_known"),
            models.Index(
                fields=["publication", "contact"],
                condition=Q(publication__isnull=False),
                name="transition_publication",
            ),
            # With the one above: of whom a publication made something else true.
            models.Index(
                fields=["superseded_at", "contact"],
                condition=Q(superseded_at__isnull=False),
                name="transition_superseded",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["contact", "position"],
                condition=Q(superseded_at__isnull=True),
                name="transition_one_truth_per_position",
            ),
        )

    def __str__(self) -> str:
        return f"{self.from_stage} > {self.to_stage} at {self.at:%Y-%m-%d %H:%M}"


class Standing(models.Model):
    """What is true of a contact now; written by `reassess` alone, and always equal to a fold over the log.

    `stage` is empty until the first assessment. `heat` orders people by present score for ever without
    rewriting a row each midnight: every score fades by the same factor a day, so log2(raw) + day / half-life
    stays in order (see `timeline.heat`).
    """

    contact = models.OneToOneField(
        Contact, primary_key=True, on_delete=models.CASCADE, related_name="standing"
    )
    playbook = models.ForeignKey(
        PlaybookVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    stage = models.CharField(max_length=64, blank=True)
    entered_at = models.DateTimeField(null=True)
    score = models.FloatField(default=0)
    heat = models.FloatField(default=-1e9)
    grade = models.CharField(max_length=8, null=True)
    persona = models.CharField(max_length=64, null=True)
    rating = models.CharField(max_length=64, null=True)
    status = models.CharField(max_length=16, default="active")
    suspended = models.BooleanField(default=False)
    first_touch_at = models.DateTimeField(null=True)
    last_inbound_at = models.DateTimeField(null=True)
    assessed_at = models.DateTimeField(null=True)
    # stage|rating|grade|status, absent ones empty: kept by the database.
    cell = models.GeneratedField(
        expression=Concat(
            "stage",
            Value("|"),
            Coalesce("rating", Value("")),
            Value("|"),
            Coalesce("grade", Value("")),
            Value("|"),
            "status",
            output_field=models.CharField(),
        ),
        output_field=models.CharField(max_length=160),
        db_persist=True,
    )

    class Meta:
        indexes = (
            # The orders of the lists. The cell at the end lets a walk along one answer the filters on the four
            # without a look at the row.
            models.Index(F("heat").desc(), F("contact").desc(), F("cell"), name="standing_heat"),
            # Every filter on the four is a few ranges of this index, each in order of heat (`contacts.lists.cells`).
            models.Index(F("cell"), F("heat").desc(), F("contact").desc(), name="standing_cells"),
            models.Index(
                fields=["persona", "contact"], condition=Q(persona__isnull=False), name="standing_persona"
            ),
            models.Index(
                F("last_inbound_at").desc(), F("contact").desc(), F("cell"), name="standing_last_inbound"
            ),
            models.Index(F("entered_at").desc(), F("contact").desc(), F("cell"), name="standing_entered"),
            models.Index(fields=["first_touch_at"], name="standing_first_touch"),
        )

    def __str__(self) -> str:
        return f"{self.contact_id} {self.stage}"


class Reassessment(DueRow):
    """The contact whose standing must be looked at again, because something happened or time will have passed."""

    contact = models.OneToOneField(Contact, primary_key=True, on_delete=models.CASCADE, related_name="+")
    # The earliest instant (microseconds) that anything new in the log is about; null where nothing is new.
    since = models.BigIntegerField(null=True)
    # When something was last taken out of the log that counted at the last look; null where nothing was.
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(DueRow.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.contact_id} due {self.due_at}"


class SavedFold(models.Model):
    """Where the fold of somebody's log stood, so that a few new touches need not fold ten thousand old ones.

    It holds for `version`, as folded by `engine` (`looking.ENGINE`), and for the log up to the instant `through`;
    `moves` and `touches` say how many went into it, `heard` when the last of them was received. Who has none that
    can be used is folded whole.
    """

    class Slot(models.TextChoices):
        IN_FORCE = "in_force", "The definition in force"
        CAMP = "camp", "The definition kept beside it"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    slot = models.CharField(max_length=8, choices=Slot.choices)
    version = models.CharField(max_length=64)
    engine = models.PositiveIntegerField(default=0)
    through = models.BigIntegerField()
    heard = models.DateTimeField()
    moves = models.PositiveIntegerField()
    touches = models.PositiveIntegerField()
    state = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["contact", "slot"], name="saved_fold_slot"),)

    def __str__(self) -> str:
        return f"{self.contact_id} {self.slot} through {self.through}"

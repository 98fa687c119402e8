"""Contacts, companies, visitors, their identities, and the users who work with them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models import F, GeneratedField, Q
from django.db.models.functions import Chr, Concat, Left, StrIndex

from ripeline.kit.ids import new_key
from ripeline.people.fields import CompanyWordsField


class UserManager(BaseUserManager["User"]):
    """Makes users by address; there is no user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user who signs in with `email`; without a password they must ask for one by mail."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An administrator."""
        return self.create_user(email, password, role=User.Role.ADMIN, **fields)


class User(AbstractUser):
    """Somebody who works with Ripeline: an administrator, a marketer or a salesperson."""

    class Role(models.TextChoices):
        ADMIN = "admin", "Administrator"
        MARKETING = "marketing", "Marketing"
        SALES = "sales", "Sales"

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=12, choices=Role, default=Role.SALES)
    time_zone = models.CharField(max_length=40, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name or self.email


def sort_name() -> GeneratedField:
    """What a list of names is sorted by: the first line of the folded text that a search looks through. So accents
    and case do not count, on either database."""
    text, end = F("search_text"), Chr(10)
    first_line = Left(text, StrIndex(Concat(text, end), end) - 1)
    return GeneratedField(
        expression=Left(first_line, 254), output_field=models.CharField(max_length=254), db_persist=True
    )


class Company(models.Model):
    """An organisation that contacts work for. `employees` is a head count; `search_text` keeps itself."""

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, null=True, unique=True)
    industry = models.CharField(max_length=80, blank=True)
    employees = models.PositiveIntegerField(null=True)
    country = models.CharField(max_length=2, blank=True)
    search_text = CompanyWordsField(blank=True, db_default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    sort_name = sort_name()

    class Meta:
        indexes = (models.Index(fields=["sort_name", "id"], name="company_name"),)

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person we may write to or talk with.

    `key` is the `person` of the lifecycle's touches. `email`, `phone` and `search_text` repeat the primary
    identities and the words a search looks through, so that a list reads one row; `people.contacts` keeps them.

    Who turned out to be somebody else is `merged_into` the contact that lives on (always directly: never into one
    that was merged itself) since `merged_at`, has no standing, and is in no list; `set_aside` keeps what lists would
    find them by. `filled` says which fields of one that lives on come from those merged into it: see
    `timeline.identities`. `told` says when what was said (`people.told`).
    """

    key = models.CharField(max_length=64, unique=True, default=new_key)
    name = models.CharField(max_length=200, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=160, blank=True)
    seniority = models.CharField(max_length=40, blank=True)
    company = models.ForeignKey(Company, null=True, on_delete=models.SET_NULL, related_name="contacts")
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=12, blank=True)
    time_zone = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=80, blank=True)
    owner = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="contacts", db_index=False
    )
    tags = models.JSONField(default=list)
    traits = models.JSONField(default=dict)
    search_text = models.TextField(blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.CASCADE, related_name="merged", db_index=False
    )
    merged_at = models.DateTimeField(null=True)
    set_aside = models.JSONField(null=True)
    filled = models.JSONField(null=True)
    told = models.JSONField(null=True)
    # The name; who has none is found under their address or number.
    sort_name = sort_name()

    class Meta:
        indexes = (
            # The orders of the lists, of those who are in them.
            models.Index(
                fields=["sort_name", "id"], condition=Q(merged_into__isnull=True), name="contact_name"
            ),
            models.Index(
                fields=["created_at", "id"], condition=Q(merged_into__isnull=True), name="contact_created"
            ),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="contact_merged"
            ),
            models.Index(fields=["owner", "id"], name="contact_owner"),
            models.Index(fields=["source", "id"], name="contact_source"),
        )

    def __str__(self) -> str:
        return self.name or self.email or self.key


class Identity(models.Model):
    """One way to recognise a contact: an address, a phone number, or a key of another system.

    An address or an outside key leads to one contact; a phone number may be shared by an office. `home` is whose it
    is where that contact was merged into `contact`. It `is_claim` where only a website or a form said so, which
    anybody could send: whoever knows better takes it away (`timeline.identities.claims`).
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "Email"
        PHONE = "phone", "Phone"
        EXTERNAL = "external", "Key elsewhere"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=254)
    is_primary = models.BooleanField(default=False)
    is_claim = models.BooleanField(default=False, db_default=False)
    verified_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    home = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        indexes = (models.Index(fields=["home"], condition=Q(home__isnull=False), name="identity_home"),)
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "value"], condition=~Q(kind="phone"), name="identity_leads_to_one_contact"
            ),
            models.UniqueConstraint(fields=["contact", "kind", "value"], name="identity_once_per_contact"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Visitor(models.Model):
    """A browser we have seen. Its key is 128 random bits and reveals nothing.

    `contact` is who was named as its user last; they may have been merged since: `user` is who they are. Who used it
    before them is told by the identifications (`timeline.identities`), since a computer may be shared.
    """

    key = models.CharField(max_length=32, unique=True, default=new_key)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="visitors")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key

    @property
    def user(self) -> Contact | None:
        """The contact who used it last, as they live on; to be read with `contact__merged_into`."""
        return self.contact and (self.contact.merged_into or self.contact)


class Notification(models.Model):
    """Something a user should know: a contact of theirs reached a stage. `key` says it once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    stage = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="notification_once"),)
        indexes = (
            models.Index(fields=["user", "-created_at"], name="notification_user"),
            # The bell on every page counts these.
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"),
        )

    def __str__(self) -> str:
        return self.key


class ConsentWording(models.Model):
    """The words somebody consented to, in one language; they never change, and are named by their hash."""

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=40)
    language = models.CharField(max_length=12, blank=True)
    text = models.TextField()
    first_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:80]


class Consent(models.Model):
    """What a contact said about one purpose at a moment, with its proof; the latest that was given or withdrawn counts.

    `asked` waits for a confirmation by mail and counts for nothing. `how` is the way it was said; `place` where (a
    form's key and version, a page's address), `source` the id of what proves it (a submission, a confirmation).
    `before` says of each address that it closed or opened since when that was closed for this until then (null: it was
    open), so that it can be taken back.
    """

    class State(models.TextChoices):
        ASKED = "asked", "Asked: not confirmed yet"
        GIVEN = "given", "Given"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class How(models.TextChoices):
        FORM = "form", "On a form"
        MAIL = "mail", "On a form, confirmed by mail"
        BY_HAND = "by_hand", "Noted by a colleague"
        UNSUBSCRIBED = "unsubscribed", "By a link to unsubscribe"
        CHOSEN = "chosen", "On their own page of mails"
        IMPORTED = "imported", "From an import"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consents", db_index=False)
    purpose = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=State)
    at = models.DateTimeField()
    how = models.CharField(max_length=12, choices=How)
    wording = models.ForeignKey(
        ConsentWording, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    place = models.JSONField(default=dict)
    source = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    before = models.JSONField(null=True)

    class Meta:
        indexes = (models.Index(fields=["contact", "purpose", "-at", "-id"], name="consent_contact"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.state} at {self.at:%Y-%m-%d %H:%M}"


class Suppression(models.Model):
    """An address that nothing is sent to, for one purpose or ("") for any, whoever's it is; kept when they are gone."""

    class Why(models.TextChoices):
        WITHDRAWN = "withdrawn", "They do not want it"
        COMPLAINED = "complained", "They called it spam"
        BOUNCED = "bounced", "It cannot be delivered"
        BY_HAND = "by_hand", "A colleague decided"

    address = models.CharField(max_length=254)
    purpose = models.CharField(max_length=40, blank=True)
    why = models.CharField(max_length=10, choices=Why)
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["address", "purpose"], name="suppression_once"),)

    def __str__(self) -> str:
        return f"{self.purpose or 'everything'}: {self.get_why_display()}"


class ChangedContact(models.Model):
    """Something changed about a contact that segments may ask about (`people.changed`): one row each time, so that
    writers never wait for each other. `done_at` is when those who follow had looked at them again; done rows stay for
    as long as somebody may still be at work with what was true before."""

    # No foreign key: the contact may be gone by the time somebody looks.
    contact_id = models.BigIntegerField()
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["id"], condition=Q(done_at__isnull=True), name="changed_contact_waiting"),
            models.Index(fields=["contact_id", "id"], name="changed_contact_contact"),
        )

    def __str__(self) -> str:
        return f"{self.contact_id} at {self.at:%Y-%m-%d %H:%M}"

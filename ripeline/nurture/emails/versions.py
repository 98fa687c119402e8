"""Emails made, written, published, gone back with, and put away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from ripeline.nurture.emails.compiling import Compiled, compile_email
from ripeline.nurture.emails.content import Content, read_content
from ripeline.nurture.emails.mistakes import Mistake, Mistakes
from ripeline.nurture.emails.models import Email, EmailSplit, EmailVersion
from ripeline.nurture.emails.splitting import takes_other
from ripeline.people.models import User

_WHAT = ("content", "subject", "html", "text", "links")
COMPARED = Mistakes((Mistake("Comparison", 0, "Two versions are being compared: end that first."),))


def make_email(
    key: str, title: str, content: Content, *, purpose: str, by: User | None, now: datetime
) -> Email:
    """A new email, published nowhere yet."""
    return Email.objects.create(
        key=key, title=title, purpose=purpose, draft=content.to_json(), created_at=now, created_by=by
    )


def write_draft(email: Email, content: Content, *, revision: int) -> bool:
    """Keeps what is being written; False where somebody else wrote meanwhile."""
    rows = Email.objects.filter(pk=email.pk, revision=revision)
    return bool(rows.update(draft=content.to_json(), revision=revision + 1))


def publish(email: Email, by: User | None, now: datetime) -> EmailVersion | Mistakes:
    """Sends the email as its draft is from now on. What was posted before keeps its version."""
    with transaction.atomic():
        held = Email.objects.select_for_update(no_key=True).get(pk=email.pk)
        if EmailSplit.objects.filter(email=held, ended_at=None).exists():
            return COMPARED
        made = add_version(held, read_content(held.draft), by=by, now=now)
        if isinstance(made, EmailVersion):
            Email.objects.filter(pk=held.pk).update(version=made)
    return made


def add_version(email: Email, content: Content, *, by: User | None, now: datetime) -> EmailVersion | Mistakes:
    """A version of the email, made but not sent yet; in the caller's transaction, which holds the email. What the last
    version says is that version."""
    made = compile_email(content)
    if isinstance(made, Mistakes):
        return made
    version = version_of(made, content)
    last = EmailVersion.objects.filter(email=email).order_by("-number").first()
    if last is not None and all(getattr(last, name) == getattr(version, name) for name in _WHAT):
        return last
    version.email, version.number = email, (last.number if last else 0) + 1
    version.created_at, version.author = now, by
    version.save()
    return version


def version_of(made: Compiled, content: Content) -> EmailVersion:
    """What was compiled as a version that is kept nowhere: for looking at."""
    return EmailVersion(
        content=content.to_json(),
        subject=made.subject,
        html=made.html,
        text=made.text,
        links=list(made.links),
    )


def use_again(version: EmailVersion) -> bool:
    """Goes back to a version that was sent before; False where two are being compared."""
    if EmailSplit.objects.filter(email=version.email_id, ended_at=None).exists():
        return False
    return bool(Email.objects.filter(pk=version.email_id).update(version=version))


def set_archived(email: Email, at: datetime | None) -> None:
    """Puts an email away, or (None) brings it back. What was posted and is not sent yet is judged by the rules."""
    Email.objects.filter(pk=email.pk).update(archived_at=at)


def versions_for(email: Email, contact_keys: Iterable[str]) -> Mapping[str, int]:
    """The version that each of these contacts is to get, by their keys: the one in use, or, while two are compared, one
    of the two, always the same for the same person. Empty where nothing is published."""
    wanted = set(contact_keys)
    if email.version_id is None:
        return {}
    split = EmailSplit.objects.filter(email=email, ended_at=None).first()
    if split is None:
        return dict.fromkeys(wanted, email.version_id)
    return {key: split.other_id if takes_other(split.salt, key) else split.one_id for key in wanted}

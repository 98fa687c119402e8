"""Signed links to assets: they hold for a time, and for one asset; one that was made for somebody says for whom.

A link that a form hands out says which submission it is for, not whose: whoever fills a form in with somebody else's
address reads nothing of theirs in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.core.signing import BadSignature, Signer
from django.db.models import Q
from django.urls import Resolver404, resolve, reverse

from ripeline.capture.forms.models import Submission
from ripeline.capture.forms.returning import origin_of, own_origin, read_return
from ripeline.capture.library.models import Asset

SALT = "ripeline.asset"
HOLDS_FOR = timedelta(days=7)
LONGEST = 400
AFTER_FORM = timedelta(days=2)
"""How long the link holds to which a form leads: time to come back to the page."""


@dataclass(frozen=True, slots=True)
class AssetLink:
    """What a link says: of which asset (key), for which contact (key, "" for nobody), until when, from which visit of
    a landing page ("" for none), and for who sent which submission (its uid, "" for none)."""

    asset: str
    contact: str
    until: datetime
    visit: str = ""
    sent: str = ""

    def is_over(self, now: datetime) -> bool:
        """Whether its time is over."""
        return now >= self.until


def sign_asset(
    key: str,
    *,
    now: datetime,
    contact: str = "",
    holds_for: timedelta = HOLDS_FOR,
    visit: str = "",
    sent: str = "",
) -> str:
    """The token of a link to an asset."""
    until = int((now + holds_for).timestamp())
    return Signer(salt=SALT).sign_object([key, contact, until, visit, sent])


def read_asset_link(token: str) -> AssetLink | None:
    """What a token says, whether its time is over or not; None where it is none of ours."""
    if len(token) > LONGEST:
        return None
    try:
        # Links of earlier releases say nothing of a submission.
        key, contact, until, visit, *rest = Signer(salt=SALT).unsign_object(token)
        sent = str(rest[0]) if rest else ""
        return AssetLink(str(key), str(contact), datetime.fromtimestamp(until, tz=UTC), str(visit), sent)
    except (BadSignature, ValueError, TypeError, OverflowError, OSError):
        return None


def link_path(token: str) -> str:
    """The address of a link on our site."""
    return reverse("asset_signed", args=[token])


def contact_of(link: AssetLink) -> str:
    """The key of the contact a link was made for; "" where it is for nobody in particular. What was held as suspect is
    nobody's."""
    if not link.sent:
        return link.contact
    sent = Submission.objects.filter(uid=link.sent, outcome=Submission.Outcome.ACCEPTED)
    return str(sent.exclude(contact=None).values_list("contact__key", flat=True).first() or "")


def wanted_of(key: str, form_id: int) -> Asset | None:
    """The asset that a form stands before, by its key; None where there is no such one to be had."""
    return Asset.objects.filter(key=key, form=form_id, is_archived=False).first() if key else None


def after_form(wanted: str, leads_to: str, sent: Submission, *, now: datetime) -> str:
    """The token that opens the asset for which somebody sent a form: the `wanted` one (by its key), else the one to
    which the form leads. "" where it stands before neither."""
    asset = wanted_of(wanted, sent.form_id)
    if asset is None and (key := _asset_at(leads_to)):
        open_to_it = Q(form=None) | Q(form=sent.form_id)
        asset = Asset.objects.filter(open_to_it, key=key, is_archived=False).first()
    return sign_asset(asset.key, now=now, holds_for=AFTER_FORM, sent=sent.uid) if asset else ""


def _asset_at(address: str) -> str:
    """The key of the asset at an address of ours; "" where there is none."""
    read = read_return(address)
    if read is None or origin_of(read) != own_origin():
        return ""
    try:
        found = resolve(unquote(urlsplit(read).path))
    except Resolver404:
        return ""
    return str(found.kwargs.get("key", "")) if found.url_name == "asset_open" else ""

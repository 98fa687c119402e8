"""Signed links to assets: they hold for a time, and for one asset; one that was made for somebody says for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.core.signing import BadSignature, Signer
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
    """What a link says: of which asset (key), for which contact (key, "" for nobody), until when, and from which
    visit of a landing page ("" for none)."""

    asset: str
    contact: str
    until: datetime
    visit: str = ""

    def is_over(self, now: datetime) -> bool:
        """Whether its time is over."""
        return now >= self.until


def sign_asset(
    key: str, *, now: datetime, contact: str = "", holds_for: timedelta = HOLDS_FOR, visit: str = ""
) -> str:
    """The token of a link to an asset."""
    until = int((now + holds_for).timestamp())
    return Signer(salt=SALT).sign_object([key, contact, until, visit])


def read_asset_link(token: str) -> AssetLink | None:
    """What a token says, whether its time is over or not; None where it is none of ours."""
    if len(token) > LONGEST:
        return None
    try:
        key, contact, until, visit = Signer(salt=SALT).unsign_object(token)
        return AssetLink(str(key), str(contact), datetime.fromtimestamp(until, tz=UTC), str(visit))
    except (BadSignature, ValueError, TypeError, OverflowError, OSError):
        return None


def link_path(token: str) -> str:
    """The address of a link on our site."""
    return reverse("asset_signed", args=[token])


def after_form(address: str, sent: Submission, *, now: datetime) -> str:
    """The token that opens the asset to which a form leads, for who sent the form; "" where it leads elsewhere, or to
    an asset that another form stands before. What was held as suspect opens it for nobody in particular."""
    key = _asset_at(address)
    asset = Asset.objects.filter(key=key, is_archived=False).first() if key else None
    if asset is None or asset.form_id not in (None, sent.form_id):
        return ""
    is_theirs = sent.contact is not None and sent.outcome == Submission.Outcome.ACCEPTED
    contact = sent.contact.key if is_theirs and sent.contact else ""
    return sign_asset(asset.key, now=now, contact=contact, holds_for=AFTER_FORM)


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

"""What a download is to the log: one touch for each person and asset in an hour, judged human or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import salted_hmac

from ripeline.capture.library.models import Asset, AssetCount
from ripeline.capture.verdicts.force import rules_in_force
from ripeline.capture.verdicts.judging import Facts, Verdict
from ripeline.capture.verdicts.keeping import keep_verdicts
from ripeline.kit.bulk import insert_rows
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import KINDS, Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact, Visitor
from ripeline.timeline.identities.living import living
from ripeline.timeline.identities.web import WebTouch, record_web
from ripeline.timeline.models import Touch

KIND = "asset_downloaded"
ONCE_IN = timedelta(hours=1)
_AGAIN = "ON CONFLICT (asset_id, day, actor) DO UPDATE SET count = ripeline_assetcount.count + excluded.count"


@dataclass(frozen=True, slots=True)
class Fetched:
    """Who fetched it, as far as is known: the key of the contact that a link was made for, the key of the browser,
    the address (of which only a hash is used), and what is known of the request."""

    facts: Facts
    verdict: Verdict
    contact: str = ""
    visitor: str = ""
    address: str = ""
    page: str = ""


def note_download(asset: Asset, by: Fetched, *, now: datetime) -> bool:
    """Notes a download, once in an hour for each person (a machine that fetches for them apart); False where it was
    noted before. Of whom nothing is known, only the day's number is kept."""
    user = _user_of(by.visitor)
    person = _person(by, user)
    if not person and not by.visitor:
        return _count(asset, by, now)
    who = living(person) if person else user
    uid = _uid(asset, who.key if who else by.visitor, by, now)
    if uid is None:
        return False
    fact = Fact(
        id=uid,
        person=person,
        at=to_instant(now),
        kind=KIND,
        direction=KINDS[KIND],
        actor=by.verdict.actor,
        subject=asset.key,
        value=None,
        attrs=_attrs(asset, by),
    )
    with transaction.atomic():
        is_new = bool(record_web([WebTouch(fact, by.visitor)], now=now).added)
        if is_new:
            keep_verdicts({uid: (by.facts, by.verdict)}, rules_in_force(), now=now)
    return is_new


def _person(by: Fetched, user: Contact | None) -> str:
    """The contact's key, where the link says whose it is. In the browser of somebody else it was passed on: then it
    is theirs."""
    if not by.contact:
        return ""
    meant = living(by.contact)
    if meant is None or (user is not None and user.pk != meant.pk):
        return ""
    return by.contact


def _user_of(visitor: str) -> Contact | None:
    found = Visitor.objects.select_related("contact__merged_into").filter(key=visitor).first()
    return found.user if visitor and found else None


def _uid(asset: Asset, who: str, by: Fetched, now: datetime) -> str | None:
    """The touch's id, the same for the hour; None where the hour before has one that is younger than an hour."""
    turn = int(now.timestamp() // ONCE_IN.total_seconds())
    here, before = (_named(asset, who, by, each) for each in (turn, turn - 1))
    is_known = Touch.objects.filter(uid=before, at__gt=now - ONCE_IN).exists()
    return None if is_known else here


def _named(asset: Asset, who: str, by: Fetched, turn: int) -> str:
    said = f"{who}\0{by.verdict.actor}".encode()
    return f"asset:{asset.pk}:{turn}:{blake2b(said, digest_size=12).hexdigest()}"


def _attrs(asset: Asset, by: Fetched) -> dict[str, Scalar]:
    attrs: dict[str, Scalar] = {"content_stage": asset.content_stage, "title": asset.title}
    if asset.personas:
        attrs["persona"] = ", ".join(asset.personas)
    if asset.version is not None:
        attrs["version"] = asset.version.number
    if by.page:
        attrs["url"] = by.page
    return attrs


def _count(asset: Asset, by: Fetched, now: datetime) -> bool:
    turn = int(now.timestamp() // ONCE_IN.total_seconds())
    who = salted_hmac("ripeline.asset.who", f"{by.address}\0{by.facts.agent}").hexdigest()[:20]
    if not cache.add(f"asset:{asset.pk}:{turn}:{who}", 1, ONCE_IN.total_seconds()):
        return False
    row = (asset.pk, now.astimezone(UTC).date(), str(by.verdict.actor), 1)
    insert_rows(AssetCount, ("asset_id", "day", "actor", "count"), [row], on_conflict=_AGAIN)
    return True

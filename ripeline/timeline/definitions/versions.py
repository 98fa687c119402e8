"""Versions of the definition: kept under their hash, read back, and which of them counts."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection

from ripeline.lifecycle.playbook import (
    LONGEST_TEXT,
    Playbook,
    PlaybookMistakes,
    load_kept,
    load_playbook,
)
from ripeline.people.models import User
from ripeline.timeline.camps.models import Camp
from ripeline.timeline.models import PlaybookVersion, Publication

STAYS_ACTIVE = "SELECT 1 FROM ripeline_playbookversion WHERE version = %s AND is_active"
# After the first: on PostgreSQL a statement that waited for a lock still sees other tables as they were before.
BESIDE = """
SELECT (SELECT id FROM ripeline_publication WHERE is_in_force), (SELECT id FROM ripeline_camp WHERE is_running)
"""
_Ids = tuple[int | None, int | None]
log = logging.getLogger(__name__)


class NoPlaybook(LookupError):
    """No definition is active yet: `ripeline migrate` installs the default one."""

    def __init__(self) -> None:
        super().__init__("No playbook is active. Run `ripeline migrate`, which installs the default one.")


@dataclass(frozen=True, slots=True)
class InForce:
    """What people are judged by at a moment: the definition in force and, where one runs, the camp's beside it.

    `camp_playbook` is also None where this release cannot read the camp's: it waits, and nobody else does.
    """

    playbook: Playbook
    publication: Publication
    camp: Camp | None
    camp_playbook: Playbook | None

    @property
    def firing(self) -> frozenset[str]:
        """The reactions that fire for those whom this definition itself moves."""
        publication = self.publication
        return frozenset(publication.reactions if publication.reach == Publication.Reach.ALL else ())


def active_playbook() -> Playbook:
    """The definition in force. Raises NoPlaybook where none was ever activated."""
    row = PlaybookVersion.objects.filter(is_active=True).values_list("version", "text").first()
    if row is None:
        raise NoPlaybook
    return _load(*row)


def playbook_version(version: str) -> Playbook:
    """The definition kept under this name. Raises PlaybookVersion.DoesNotExist, and PlaybookMistakes where this
    release cannot read any more what an earlier one kept."""
    return _load(version, PlaybookVersion.objects.values_list("text", flat=True).get(version=version))


def readable_version(version: str) -> Playbook | None:
    """The same; None where this release cannot read it any more."""
    try:
        return playbook_version(version)
    except PlaybookMistakes as wrong:
        log.warning("The playbook version %s cannot be read by this release: %s", version[:8], wrong)
        return None


def is_named_otherwise(row: PlaybookVersion) -> bool:
    """Whether this release would keep the same definition under another name. Raises PlaybookMistakes."""
    return load_kept(row.text).version != row.version


def keep_version(text: str, *, now: datetime, author: User | None = None, note: str = "") -> PlaybookVersion:
    """Keeps the playbook written in `text` as a version, without putting it in force.

    The same definition is kept once: text, author and note stay those of who kept it first. Raises PlaybookMistakes.
    """
    playbook = read_new(text)
    row, _ = PlaybookVersion.objects.get_or_create(
        version=playbook.version,
        defaults={
            "key": playbook.key,
            "title": playbook.title,
            "text": text,
            "author": author,
            "note": note,
            "created_at": now,
        },
    )
    return row


def read_new(text: str) -> Playbook:
    """The playbook that is to be kept. Raises PlaybookMistakes; for too long a text only where it is not kept yet."""
    if len(text) > LONGEST_TEXT and PlaybookVersion.objects.filter(text=text).exists():
        return load_kept(text)
    return load_playbook(text)


def stretches_in_force() -> list[tuple[datetime, str]]:
    """Which version came into force when, earliest first."""
    return list(Publication.objects.order_by("at", "pk").values_list("at", "version_id"))


def in_force() -> InForce:
    """What people are judged by at present. Raises NoPlaybook."""
    publication_id, camp_id = _beside()
    if publication_id is None:
        raise NoPlaybook
    publication = Publication.objects.get(pk=publication_id)
    camp = None if camp_id is None else Camp.objects.get(pk=camp_id)
    camp_playbook = None if camp is None else readable_version(camp.version_id)
    return InForce(_remembered(publication.version_id), publication, camp, camp_playbook)


def stays_in_force(judged_by: InForce) -> bool:
    """Whether people are still judged by just this, and will be until the caller's transaction ends.

    Whoever writes standings asks first: nobody is left standing under a definition that was just replaced. Whoever
    publishes or starts a camp takes the same row, and so waits for those who write.
    """
    sharing = " FOR SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(STAYS_ACTIVE + sharing, [judged_by.playbook.version])
        if cursor.fetchone() is None:
            return False
    camp = judged_by.camp
    return _beside() == (judged_by.publication.pk, None if camp is None else camp.pk)


def one_at_a_time() -> None:
    """Lets the caller's transaction alone change what people are judged by, until it ends."""
    # SQLite lets one transaction write at a time anyway. Not a row: each publication leaves another one behind.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ripeline definitions'))")


def _beside() -> _Ids:
    """The ids of the publication in force and of the camp that runs."""
    with connection.cursor() as cursor:
        cursor.execute(BESIDE)
        publication_id, camp_id = cursor.fetchone()
    return publication_id, camp_id


@lru_cache(maxsize=16)
def _remembered(version: str) -> Playbook:
    """The definition named by its hash, which never changes: a worker reads it once."""
    return playbook_version(version)


@lru_cache(maxsize=16)
def _load(version: str, text: str) -> Playbook:
    playbook = load_kept(text)
    # It goes by the name it was kept under, with which every row that it wrote is signed: a release that writes the
    # canonical form otherwise would give it another.
    vars(playbook)["version"] = version
    return playbook

"""Publishing asked for by a form: what is proposed, what was typed, what stands in its way, and doing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.http import QueryDict
from django.urls import reverse

from ripeline.people.models import User
from ripeline.playbooks.drafts.checking import Checked, check_text
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.drafts.telling import Told, tell_mistakes
from ripeline.timeline.consequences import Consequence
from ripeline.timeline.definitions.publish import SILENT, Firing, publish
from ripeline.timeline.definitions.versions import keep_version, readable_version
from ripeline.timeline.models import PlaybookVersion, Publication
from ripeline.timeline.moves import Refused

LONGEST_NOTE = 2000
OVERTAKEN_DRAFT = (
    "Somebody saved the draft after you opened this page. What it says now stands below: look at it, "
    "and publish it then."
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may be put in force: a draft as it was last saved, or a version that was kept."""

    title: str
    text: str
    note: str
    draft: Draft | None = None
    version: PlaybookVersion | None = None

    @property
    def checked(self) -> Checked:
        return check_text(self.text, is_kept=self.version is not None)

    @property
    def told(self) -> tuple[Told, ...]:
        """The mistakes and doubts of a draft, each with the way to where it is mended."""
        return () if self.draft is None else tuple(tell_mistakes(self.draft, self.checked))

    @property
    def hash(self) -> str:
        """The version's name; empty while the text is no playbook."""
        playbook = self.checked.playbook
        if playbook is None:
            return ""
        # An earlier release may have named what it kept otherwise.
        return self.version.version if self.version is not None else playbook.version

    def says_what(self, row: PlaybookVersion) -> bool:
        """Whether it means just what a version means."""
        playbook, kept = self.checked.playbook, check_text(row.text, is_kept=True).playbook
        return playbook is not None and kept is not None and playbook.version == kept.version

    @property
    def address(self) -> str:
        """The page where it is published."""
        if self.draft is not None:
            return reverse("playbook_draft_publish", args=[self.draft.pk])
        return reverse("playbook_version_publish", args=[self.hash or self._named()])

    @property
    def home(self) -> str:
        """The page where it is read."""
        if self.draft is not None:
            return reverse("playbook_draft", args=[self.draft.pk])
        return reverse("playbook_version", args=[self._named()])

    def _named(self) -> str:
        return self.version.version[:8] if self.version is not None else ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, as they typed it; `problems` by field."""

    note: str = ""
    reach: str = Publication.Reach.FROM_NOW
    ticked: frozenset[str] = frozenset()
    instead_of: str = ""
    seen: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def firing(self) -> Firing:
        """What may follow for those whom the definition moves."""
        return Firing(self.ticked, "all") if self.reach == Publication.Reach.ALL else SILENT


def of_draft(draft: Draft) -> Proposal:
    """A draft, proposed."""
    return Proposal(draft.title, draft.text, draft.note, draft=draft)


def of_version(row: PlaybookVersion) -> Proposal:
    """A version kept before, proposed."""
    return Proposal(row.title, row.text, row.note, version=row)


def read_typed(form: QueryDict) -> Typed:
    """Reads the form, with what is wrong in it."""
    typed = Typed(
        note=form.get("note", "").replace("\0", "").replace("\r\n", "\n"),
        reach=form.get("reach", Publication.Reach.FROM_NOW),
        ticked=frozenset(form.getlist("reactions")),
        instead_of=form.get("instead_of", ""),
        seen=form.get("seen", ""),
    )
    return Typed(typed.note, typed.reach, typed.ticked, typed.instead_of, typed.seen, dict(_problems(typed)))


def put_in_force(proposal: Proposal, typed: Typed, *, by: User, now: datetime) -> Publication | Refused:
    """Keeps and publishes what was proposed, in one transaction; where it is refused, nothing is kept."""
    if proposal.checked.playbook is None:
        return Refused("This is not a playbook yet: nobody's stage could be told by it.")
    with transaction.atomic():
        if proposal.draft is not None and not _is_as_seen(proposal.draft, typed):
            return Refused(OVERTAKEN_DRAFT)
        done = publish(
            _kept(proposal, typed, by=by, now=now),
            by=by,
            note=typed.note,
            now=now,
            firing=typed.firing,
            instead_of=typed.instead_of,
        )
        if isinstance(done, Refused):
            transaction.set_rollback(True)
    return done


def go_back_to(row: PlaybookVersion, *, by: User, now: datetime, instead_of: str) -> Publication | Refused:
    """Puts an earlier version in force again, with nothing following for those whom that moves.

    `instead_of` is the version that was seen in force: where it is another by now, nothing is done.
    """
    if readable_version(row.version) is None:
        return Refused(f"“{row.title}” was written for an earlier Ripeline and cannot be in force any more.")
    if row.activated_at is None:
        return Refused(f"“{row.title}” was never in force: publish it, with a note why.")
    return publish(row.version, by=by, note=f"Back to “{row.title}”", now=now, instead_of=instead_of)


def _kept(proposal: Proposal, typed: Typed, *, by: User, now: datetime) -> str:
    if proposal.draft is None:
        return proposal.hash
    author = proposal.draft.author or by
    return keep_version(
        proposal.text, now=now, author=author, note=proposal.note or typed.note.strip()
    ).version


def _is_as_seen(draft: Draft, typed: Typed) -> bool:
    """Whether the draft is what the publisher's page showed, and stays so until the transaction ends."""
    rows = Draft.objects.select_for_update().filter(pk=draft.pk, discarded_at=None)
    latest = rows.values_list("revision", flat=True).first()
    return str(latest) == typed.seen and latest == draft.revision


def _problems(typed: Typed) -> Iterator[tuple[str, str]]:
    keys = {each.key for each in Consequence}
    if not typed.note.strip():
        yield "note", "Say why: it stands beside every change of stage that this makes."
    elif len(typed.note) > LONGEST_NOTE:
        yield "note", f"At most {LONGEST_NOTE:,} letters; this has {len(typed.note):,}."
    if typed.reach not in Publication.Reach.values or typed.ticked - keys:
        yield "reactions", "Choose from the list."
    elif typed.reach == Publication.Reach.ALL and not typed.ticked:
        yield "reactions", "Tick what may follow for them, or choose that nothing does."
    elif typed.reach == Publication.Reach.FROM_NOW and typed.ticked:
        yield "reactions", "You ticked what may follow: choose for whom, or take the tick away."

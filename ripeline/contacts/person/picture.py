"""What is known of a contact at a moment: the log up to then, folded on the spot and never stored.

The page folds rather than reads the standing that `reassess` wrote: so it shows a touch the instant it is
recorded, every number can be opened into what it was made of, and now and a year ago are the same page.

Touches can be taken back out of the log, and then a fold no longer says what we once held for true. So where a past
date is asked for as we knew it, the stages are those that stood in our books then, as in the lists of past dates;
score, fit and rating of then are stored nowhere, and are folded from what the log still has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.outcome import Standing, TooManyMoves
from ripeline.lifecycle.outcome import Transition as Moved
from ripeline.people.models import Contact
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.publish import definition_causes
from ripeline.timeline.models import Publication, Touch, Transition
from ripeline.timeline.past import moves_known, playbook_as_of
from ripeline.timeline.reassess import read_touches, to_fact
from ripeline.timeline.sentences import Teller, as_moved, as_sentence


@dataclass(frozen=True)
class Picture:
    """A contact at a moment under the playbook that counts in the view asked for. `touches` is what counted then,
    oldest first; `later` how many touches we have beyond those; `born` when their first touch happened; `causes` the
    publications that made moves of theirs, by instant and stage entered; `booked` the moves that stood in our books,
    where these and not the fold's are told. `endless` says, where the definition moves them without end, that nothing
    can be said of where they stand."""

    contact: Contact
    playbook: Playbook
    as_of: AsOf
    touches: tuple[Touch, ...]
    later: int
    born: datetime
    fold: Fold
    causes: Mapping[tuple[int, str], Publication] = field(default_factory=dict)
    booked: tuple[Moved, ...] | None = None
    endless: str = ""

    @cached_property
    def standing(self) -> Standing | None:
        """Where they stood; None where nothing was known of them."""
        folded = self.fold.standing
        if folded is None or self.booked is None:
            return folded
        if not self.booked:
            first = self.playbook.stages[0].key
            return replace(folded, stage=first, entered_at=folded.first_touch_at)
        return replace(folded, stage=self.booked[-1].to_stage, entered_at=self.booked[-1].at)

    @cached_property
    def rows(self) -> dict[str, Touch]:
        """The touches by their uid, as evidence names them."""
        return {touch.uid: touch for touch in self.touches}

    @property
    def moves(self) -> tuple[Moved, ...]:
        return self.fold.transitions if self.booked is None else self.booked

    def cause_of(self, moved: Moved) -> Publication | None:
        """The change of definition that made the move; None where the person did."""
        return self.causes.get((moved.at, moved.to_stage))

    def say(self, moved: Moved) -> str:
        """The sentence of one of this picture's moves."""
        return as_sentence(self._say(moved))

    def say_why(self, moved: Moved) -> str:
        """The same sentence without the stage and the day, for where these stand beside it."""
        said = self._say(moved)
        return as_sentence(said.partition(" because ")[2] or said)

    def by_other(self, playbook: Playbook) -> Picture:
        """The same person and log by another definition."""
        folded, endless = _fold(playbook, self.touches, self.as_of)
        return replace(self, playbook=playbook, fold=folded, endless=endless, causes={})

    def _say(self, moved: Moved) -> str:
        return self._teller.tell(moved, self.cause_of(moved))

    @cached_property
    def _teller(self) -> Teller:
        return Teller(self.playbook, self.as_of.at)


@dataclass(frozen=True, slots=True)
class Outdated:
    """A move we once held for true: when we thought so, and until when; `publication` changed what counts then."""

    to_stage: str
    at: datetime
    sentence: str
    known_at: datetime
    superseded_at: datetime
    publication: Publication | None = None


def take_picture(contact: Contact, as_of: AsOf) -> Picture:
    """The contact as of a moment. Raises NoPlaybook where no definition is in force."""
    playbook = playbook_as_of(as_of)
    everything = read_touches([contact.pk]).get(contact.pk, [])
    touches = tuple(touch for touch in everything if _counts(touch, as_of))
    booked, causes = _moves(contact, playbook, as_of)
    folded, endless = _fold(playbook, touches, as_of)
    return Picture(
        contact=contact,
        playbook=playbook,
        as_of=as_of,
        touches=touches,
        later=len(everything) - len(touches),
        born=everything[0].at if everything else contact.created_at,
        fold=folded,
        causes=causes,
        booked=booked,
        endless=endless,
    )


def read_outdated(picture: Picture) -> list[Outdated]:
    """What we thought before and by this moment no longer did, newest first."""
    rows = Transition.objects.filter(contact=picture.contact, superseded_at__lte=picture.as_of.at)
    found = list(rows.order_by("-superseded_at", "-position")[:50])
    teller = Teller(picture.playbook, picture.as_of.at)
    moments = {row.superseded_at for row in found if row.superseded_at is not None}
    changes = {each.at: each for each in Publication.objects.filter(at__in=moments)} if moments else {}
    return [
        Outdated(
            row.to_stage,
            row.at,
            as_sentence(teller.say(row)),
            row.known_at,
            row.superseded_at,
            changes.get(row.superseded_at),
        )
        for row in found
        if row.superseded_at is not None
    ]


def _fold(playbook: Playbook, touches: Sequence[Touch], as_of: AsOf) -> tuple[Fold, str]:
    """The fold; where the definition moves them without end, that of nobody, and what is wrong."""
    instant = to_instant(as_of.at)
    try:
        return fold(playbook, map(to_fact, touches), instant), ""
    except TooManyMoves as endless:
        return fold(playbook, (), instant), endless.said


def _moves(
    contact: Contact, playbook: Playbook, as_of: AsOf
) -> tuple[tuple[Moved, ...] | None, Mapping[tuple[int, str], Publication]]:
    """The moves in our books, where they are what is told, and those publications that made moves."""
    if as_of.is_now or as_of.view == "was":
        return None, definition_causes(contact.pk)
    rows, stages = moves_known(contact.pk, as_of.at), {stage.key for stage in playbook.stages}
    causes = {
        (to_instant(row.at), row.to_stage): row.publication for row in rows if row.publication is not None
    }
    if any(row.to_stage not in stages for row in rows):
        # A definition with other stages had just taken over, and the books still spoke of the old ones.
        return None, causes
    return tuple(map(as_moved, rows)), causes


def _counts(touch: Touch, as_of: AsOf) -> bool:
    heard = as_of.is_now or as_of.view == "was" or touch.heard_at <= as_of.at
    return heard and touch.at <= as_of.at

"""What is known of a contact at a moment: the log up to then, folded on the spot and never stored.

The page folds rather than reads the standing that `reassess` wrote: so it shows a touch the instant it is
recorded, every number can be opened into what it was made of, and now and a year ago are the same page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.explain import say_transition
from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.outcome import Standing
from ripeline.lifecycle.outcome import Transition as Moved
from ripeline.people.models import Contact
from ripeline.timeline.asof import AsOf
from ripeline.timeline.models import Touch, Transition
from ripeline.timeline.past import playbook_as_of
from ripeline.timeline.reassess import read_touches, to_fact
from ripeline.timeline.sentences import Teller, as_sentence


@dataclass(frozen=True)
class Picture:
    """A contact at a moment under the playbook that counts in the view asked for. `touches` is what counted then,
    oldest first; `later` how many touches we have beyond those; `born` when their first touch happened."""

    contact: Contact
    playbook: Playbook
    as_of: AsOf
    touches: tuple[Touch, ...]
    later: int
    born: datetime
    fold: Fold

    @property
    def standing(self) -> Standing | None:
        return self.fold.standing

    @cached_property
    def rows(self) -> dict[str, Touch]:
        """The touches by their uid, as evidence names them."""
        return {touch.uid: touch for touch in self.touches}

    @property
    def moves(self) -> tuple[Moved, ...]:
        return self.fold.transitions

    def say(self, moved: Moved) -> str:
        """The sentence of one of this picture's moves."""
        return as_sentence(say_transition(self.playbook, moved))

    def say_why(self, moved: Moved) -> str:
        """The same sentence without the stage and the day, for where these stand beside it."""
        said = say_transition(self.playbook, moved)
        return as_sentence(said.partition(" because ")[2] or said)


@dataclass(frozen=True, slots=True)
class Outdated:
    """A move we once held for true: when we thought so, and until when."""

    to_stage: str
    at: datetime
    sentence: str
    known_at: datetime
    superseded_at: datetime


def take_picture(contact: Contact, as_of: AsOf) -> Picture:
    """The contact as of a moment. Raises NoPlaybook where no definition is in force."""
    playbook = playbook_as_of(as_of)
    everything = read_touches([contact.pk]).get(contact.pk, [])
    touches = tuple(touch for touch in everything if _counts(touch, as_of))
    return Picture(
        contact=contact,
        playbook=playbook,
        as_of=as_of,
        touches=touches,
        later=len(everything) - len(touches),
        born=everything[0].at if everything else contact.created_at,
        fold=fold(playbook, map(to_fact, touches), to_instant(as_of.at)),
    )


def read_outdated(picture: Picture) -> list[Outdated]:
    """What we thought before and by this moment no longer did, newest first."""
    rows = Transition.objects.filter(contact=picture.contact, superseded_at__lte=picture.as_of.at)
    teller = Teller(picture.playbook)
    return [
        Outdated(row.to_stage, row.at, as_sentence(teller.say(row)), row.known_at, row.superseded_at)
        for row in rows.order_by("-superseded_at", "-position")[:50]
        if row.superseded_at is not None
    ]


def _counts(touch: Touch, as_of: AsOf) -> bool:
    heard = as_of.is_now or as_of.view == "was" or touch.received_at <= as_of.at
    return heard and touch.at <= as_of.at

"""Small histories told in days, folded through a shipped playbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ripeline.lifecycle.fold import Fold, Standing, Transition, fold
from ripeline.lifecycle.instant import DAY, parse_instant
from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.lifecycle.touch import Touch, parse_touch

FOLDER = Path(__file__).parents[2] / "playbooks"
MONDAY = parse_instant("2026-01-05T09:00:00Z")
"""Day 0 of every story, nine in the morning."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """What came of a history."""

    fold: Fold

    @property
    def standing(self) -> Standing:
        assert self.fold.standing is not None
        return self.fold.standing

    @property
    def stage(self) -> str:
        return self.standing.stage

    @property
    def rating(self) -> str | None:
        return self.standing.rating

    @property
    def path(self) -> list[str]:
        """The stages entered, in order."""
        return [move.to_stage for move in self.fold.transitions]

    @property
    def last(self) -> Transition:
        return self.fold.transitions[-1]


@cache
def playbook(name: str) -> Playbook:
    """A shipped playbook."""
    return load_playbook((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def on(day: float, kind: str, subject: str | None = None, **more: Any) -> Record:
    """A touch so many days into the story."""
    return {"at": MONDAY + round(day * DAY), "kind": kind, "subject": subject, "actor": "human", **more}


def known(day: float, **traits: Any) -> Record:
    """What we come to know about the person that day."""
    return on(day, "traits_changed", attrs=traits)


def author(day: float = 0) -> Record:
    """An author of two books who runs their own business: exactly whom the demo company serves."""
    return known(day, role="author", books_published=2, industry="publishing", seniority="owner")


def answer(day: float, question: str, said: str) -> Record:
    """Sales asked, and this was the answer."""
    return on(day, "answered", question, attrs={"value": said})


def tell(name: str, *touches: Record, until: float | None = None) -> Story:
    """Folds the touches of one person, up to the last of them or to a day."""
    history = [_touch(number, each) for number, each in enumerate(touches)]
    end = max(touch.at for touch in history) if until is None else MONDAY + round(until * DAY)
    return Story(fold(playbook(name), history, end))


def _touch(number: int, record: Record) -> Touch:
    return parse_touch({"id": f"t{number:03}", "person": "ana", **record})

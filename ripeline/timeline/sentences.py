"""The sentence of a stored transition, told under the playbook that made it."""

from __future__ import annotations

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.explain import say_transition
from ripeline.lifecycle.fold import Transition as Moved
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.active import playbook_version
from ripeline.timeline.models import Transition


class Teller:
    """Says why somebody moved; remembers the playbooks it met, so that a list costs no query a row."""

    def __init__(self, playbook: Playbook) -> None:
        self._known = {playbook.version: playbook}

    def say(self, row: Transition) -> str:
        """What a salesperson believes, from the evidence kept with the transition; as it stands in a sentence."""
        version = row.playbook_id
        if version not in self._known:
            self._known[version] = playbook_version(version)
        return say_transition(self._known[version], _moved(row))


def _moved(row: Transition) -> Moved:
    return Moved(
        person=str(row.contact_id),
        at=to_instant(row.at),
        from_stage=row.from_stage,
        to_stage=row.to_stage,
        cause=row.cause,
        rule=row.rule,
        score=row.score,
        grade=row.grade,
        playbook_version=row.playbook_id,
        evidence=row.evidence,
    )


def as_sentence(said: str) -> str:
    """The same words as a sentence of their own: with a capital and a full stop."""
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")

"""The one table: what follows from a change of stage. Each reaction writes rows in the change's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ripeline.people.models import Notification, User
from ripeline.timeline.bells import bell_key, bell_keys, is_own_move
from ripeline.timeline.consequences import Consequence
from ripeline.timeline.reassess import StageChange


def react(change: StageChange) -> None:
    """Writes what follows from a change of somebody's present stage."""
    for consequence, reaction in REACTIONS.items():
        if change.only is None or consequence.key in change.only:
            reaction(change)


def tell_the_owner(change: StageChange) -> None:
    """The owner hears of a contact that moved up; once for each change, whoever reassesses how often.

    Not of what they did themselves: who moved somebody by hand knows.
    """
    move = change.transition
    if not _is_higher(move.from_stage, change) or not _is_higher(change.before, change):
        return
    owner = User.objects.filter(contacts__pk=change.contact_id).first()
    if owner is None or is_own_move(move, owner):
        return
    if Notification.objects.filter(
        user=owner, key__in=bell_keys(change.contact_id, change.after, move.at)
    ).exists():
        # They heard of it while the contact was somebody else, who is one with them now.
        return
    Notification.objects.bulk_create(
        [
            Notification(
                user=owner,
                contact_id=change.contact_id,
                key=bell_key(change.contact_id, change.after, move.at),
                stage=change.after,
                # What a definition changed, or brought back, may be long ago: it is news from when it came into force.
                created_at=move.at if change.only is None else move.known_at,
            )
        ],
        ignore_conflicts=True,
    )


def _is_higher(stage: str, change: StageChange) -> bool:
    """Whether the present stage is above `stage`; any is above one that this playbook does not know."""
    places = {each.key: place for place, each in enumerate(change.playbook.stages)}
    return places[change.after] > places.get(stage, -1)


REACTIONS: Mapping[Consequence, Callable[[StageChange], None]] = {
    Consequence.TELL_THE_OWNER: tell_the_owner,
}

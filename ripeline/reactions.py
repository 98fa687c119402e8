"""The one table: what follows from a change of stage. Each reaction writes rows in the change's own transaction."""

from __future__ import annotations

from collections.abc import Callable

from ripeline.people.models import Contact, Notification
from ripeline.timeline.reassess import StageChange


def react(change: StageChange) -> None:
    """Writes what follows from a change of somebody's present stage."""
    for reaction in REACTIONS:
        reaction(change)


def tell_the_owner(change: StageChange) -> None:
    """The owner hears of a contact that moved up; once for each change, whoever reassesses how often."""
    if not _is_higher(change.transition.from_stage, change) or not _is_higher(change.before, change):
        return
    owner = Contact.objects.filter(pk=change.contact_id).values_list("owner_id", flat=True).first()
    if owner is None:
        return
    Notification.objects.bulk_create(
        [
            Notification(
                user_id=owner,
                contact_id=change.contact_id,
                key=f"{change.contact_id}:{change.after}:{change.transition.at.isoformat()}",
                stage=change.after,
                created_at=change.transition.at,
            )
        ],
        ignore_conflicts=True,
    )


def _is_higher(stage: str, change: StageChange) -> bool:
    """Whether the present stage is above `stage`; any is above one that this playbook does not know."""
    places = {each.key: place for place, each in enumerate(change.playbook.stages)}
    return places[change.after] > places.get(stage, -1)


REACTIONS: tuple[Callable[[StageChange], None], ...] = (tell_the_owner,)

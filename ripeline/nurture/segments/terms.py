"""What definitions are asked under now: the score in force, and what segments and colleagues are called."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ripeline.nurture.segments.asking import Terms
from ripeline.nurture.segments.definition import Known
from ripeline.nurture.segments.models import Segment
from ripeline.people.models import User
from ripeline.timeline.definitions.active import NoPlaybook, active_playbook


def read_terms(now: datetime, segments: Iterable[Segment] | None = None) -> Terms:
    """The terms at a moment; `segments`, where the caller has read all of them already."""
    known = Segment.objects.only("pk", "key") if segments is None else segments
    try:
        score = active_playbook().score
        half_life, most = score.half_life, score.max
    except NoPlaybook:
        half_life, most = None, None
    return Terms(
        now,
        half_life,
        most,
        segments={each.key: each.pk for each in known},
        owners={email.lower(): pk for pk, email in User.objects.values_list("pk", "email")},
    )


def read_known() -> Known:
    """What there is to ask about, for somebody who writes a definition."""
    segments = Segment.objects.filter(archived_at=None).values_list("key", flat=True)
    owners = User.objects.values_list("email", flat=True)
    try:
        playbook = active_playbook()
    except NoPlaybook:
        return Known(segments=tuple(segments), owners=tuple(owners))
    return Known(
        stages=tuple(each.key for each in playbook.stages),
        ratings=tuple(each.key for each in playbook.rating),
        personas=tuple(each.key for each in playbook.personas),
        owners=tuple(owners),
        segments=tuple(segments),
    )

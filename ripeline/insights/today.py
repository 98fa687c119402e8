"""Everything the page Today shows, gathered: plain values, one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from ripeline.insights.attention import Hot, Silent, read_hot, read_silent
from ripeline.insights.charts import Chart, pace_chart, rises_chart, stock_chart
from ripeline.insights.definition_changes import DefinitionChange, read_definition_changes
from ripeline.insights.flows import read_flows
from ripeline.insights.funnel import FunnelRow, read_funnel
from ripeline.insights.movers import ALL, SHOWN, Movers, read_fallen, read_risen
from ripeline.insights.pace import Pace, read_pace
from ripeline.insights.period import DAY, Period, midnight
from ripeline.insights.whose import whose
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.asof import AsOf
from ripeline.timeline.models import Reassessment
from ripeline.timeline.past import playbook_as_of
from ripeline.timeline.sentences import Teller

# The worker takes about a second; what waits longer is worth a word, because the numbers are not yet whole.
PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader wants to see: whose contacts (None: everybody's), which period, all who moved or some, and
    in which sense a period that is over is shown."""

    owner: int | None
    period: Period
    is_all: bool
    as_of: AsOf


@dataclass(frozen=True, slots=True)
class Today:
    """The page's values. `then` is the definition the funnel is judged by; `people` is how many have a standing;
    `waiting` how many are about to be looked at again."""

    playbook: Playbook
    then: Playbook
    funnel: tuple[FunnelRow, ...]
    people: int
    charts: dict[str, Chart]
    pace: dict[str, Pace]
    risen: Movers
    fallen: Movers
    hot: tuple[Hot, ...]
    silent: tuple[Silent, ...]
    waiting: int
    definition_changes: tuple[DefinitionChange, ...]


def read_today(playbook: Playbook, asked: Asked, *, now: datetime, zone: tzinfo) -> Today:
    """Reads the page. The number of queries depends on the playbook's stages alone."""
    period, owner = asked.period, asked.owner
    then = playbook if asked.as_of.is_now else playbook_as_of(asked.as_of)
    stages = [stage.key for stage in then.stages]
    them = whose(owner)
    flows = read_flows(period.steps, stages=stages, owner=owner, as_of=asked.as_of, is_many=them.is_many)
    funnel = read_funnel(then, flows)
    pace = read_pace(playbook, period, owner=owner, is_many=them.is_many)
    teller = Teller(playbook, now)
    yesterday = midnight(now.astimezone(zone).date() - DAY, zone)
    limit = ALL if asked.is_all else SHOWN
    return Today(
        playbook=playbook,
        then=then,
        funnel=funnel,
        people=sum(row.now for row in funnel),
        charts={
            "rises": rises_chart(then, flows, period),
            "stock": stock_chart(then, flows, period),
            "pace": pace_chart(playbook, pace),
        },
        pace=dict(pace),
        risen=read_risen(playbook, since=yesterday, whose=them, teller=teller, limit=limit),
        fallen=read_fallen(playbook, since=yesterday, whose=them, teller=teller, limit=5),
        hot=read_hot(playbook, now=now, whose=them),
        silent=read_silent(playbook, now=now, whose=them),
        waiting=_waiting(now),
        definition_changes=read_definition_changes(period, owner=owner),
    )


def _waiting(now: datetime) -> int:
    return Reassessment.objects.filter(due_at__lt=now - PATIENCE).count()

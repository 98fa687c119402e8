"""How a document of rules would judge what came of late; writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from ripeline.capture.collector.models import Arrival
from ripeline.capture.verdicts.judging import Facts, judge
from ripeline.capture.verdicts.models import EngagementVerdict, RequestFacts
from ripeline.capture.verdicts.rules import Rules

LATEST = 5_000
"""So many of the latest events are looked at."""
SHOWN = 30
SECONDS = 5.0
"""So long a page judges; what patterns that take long leave over is told."""


@dataclass(frozen=True, slots=True)
class Change:
    """Requests that were alike (`facts`) brought `touches` of which the verdict would be another."""

    facts: Facts
    touches: int
    was: str
    becomes: str
    signals: Sequence[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """Of the latest touches: how many each is said to be now (`now`) and under other rules (`then`), what changes, the
    most frequent first; `others` were judged under another version than this, `left` not at all in time."""

    touches: int = 0
    now: Mapping[str, int] = field(default_factory=dict)
    then: Mapping[str, int] = field(default_factory=dict)
    changed: int = 0
    changes: Sequence[Change] = ()
    others: int = 0
    left: int = 0


def judge_latest(rules: Rules, *, seconds: float = SECONDS) -> Judged:
    """How these rules would judge the latest touches of the web."""
    recorded = Arrival.objects.filter(outcome=Arrival.Outcome.RECORDED).order_by("-pk")
    uids = list(recorded.values_list("touch_uid", flat=True)[:LATEST])
    kept = EngagementVerdict.objects.filter(pk__in=uids).values_list("facts_id", "actor", "rules")
    counts = Counter(kept)
    rows = RequestFacts.objects.filter(pk__in={pk for pk, _, _ in counts})
    facts = {row.pk: Facts(row.agent, row.method, tuple(row.marks), row.network) for row in rows}
    until = monotonic() + seconds
    now, then, left, others = Counter[str](), Counter[str](), 0, 0
    changes: dict[tuple[int, str], Change] = {}
    # The most frequent first: those are judged in any case.
    for (pk, was, version), touches in counts.most_common():
        now[was] += touches
        others += touches if version != rules.version else 0
        if pk not in facts or monotonic() > until:
            then[was] += touches
            left += touches
            continue
        verdict = judge(facts[pk], rules)
        then[verdict.actor] += touches
        if verdict.actor != was:
            before = changes[pk, was].touches if (pk, was) in changes else 0
            changes[pk, was] = Change(facts[pk], before + touches, was, verdict.actor, verdict.signals)
    ordered = sorted(changes.values(), key=lambda each: (-each.touches, each.facts.agent, each.was))
    changed = sum(each.touches for each in ordered)
    return Judged(sum(now.values()), now, then, changed, ordered[:SHOWN], others, left)


def actor_rows(judged: Judged) -> list[tuple[str, int, int]]:
    """People first: the word, how many now, how many under the other rules."""
    words = {"human": "People", "unknown": "Nobody can tell", "machine": "Machines"}
    return [(word, judged.now.get(name, 0), judged.then.get(name, 0)) for name, word in words.items()]

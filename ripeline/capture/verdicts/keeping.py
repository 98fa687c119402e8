"""Keeping verdicts with the facts that they are of, so that the past can be judged again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

from ripeline.capture.verdicts.judging import Facts, Verdict
from ripeline.capture.verdicts.models import EngagementVerdict, RequestFacts, VerdictRules
from ripeline.capture.verdicts.rules import Rules
from ripeline.kit.bulk import insert_rows

LONGEST_NETWORK, LONGEST_METHOD = 80, 16


def keep_verdicts(judged: Mapping[str, tuple[Facts, Verdict]], rules: Rules, *, now: datetime) -> None:
    """Keeps what was judged, by touch id, in the caller's transaction; what was kept of a touch before stays."""
    if not judged:
        return
    used = [(rules.version, rules.title[:200], rules.text, now)]
    insert_rows(VerdictRules, ("version", "title", "text", "first_used_at"), used, skip_known=True)
    known = _facts_ids({_digest(facts): facts for facts, _ in judged.values()})
    rows = [
        (uid, known[_digest(facts)], verdict.actor, list(verdict.signals), verdict.rules_version)
        for uid, (facts, verdict) in sorted(judged.items())
    ]
    columns = ("touch_uid", "facts_id", "actor", "signals", "rules")
    insert_rows(EngagementVerdict, columns, rows, skip_known=True)


def facts_ids(facts: Iterable[Facts]) -> Mapping[Facts, int]:
    """Keeps facts, in the caller's transaction; the id of each."""
    wanted = {_digest(each): each for each in facts}
    known = _facts_ids(wanted)
    return {each: known[digest] for digest, each in wanted.items()}


def _facts_ids(wanted: Mapping[str, Facts]) -> Mapping[str, int]:
    known = _known(wanted)
    if missing := sorted(wanted.keys() - known.keys()):
        rows = [(digest, *_row(wanted[digest])) for digest in missing]
        insert_rows(RequestFacts, ("digest", "agent", "method", "marks", "network"), rows, skip_known=True)
        known = _known(wanted)
    return known


def _known(wanted: Mapping[str, Facts]) -> dict[str, int]:
    return dict(RequestFacts.objects.filter(digest__in=sorted(wanted)).values_list("digest", "pk"))


def _row(facts: Facts) -> tuple[str, str, list[str], str]:
    return facts.agent, facts.method[:LONGEST_METHOD], list(facts.marks), facts.network[:LONGEST_NETWORK]


@lru_cache(maxsize=8192)
def _digest(facts: Facts) -> str:
    said = json.dumps(_row(facts)).encode()
    return blake2b(said, digest_size=16).hexdigest()

"""Work that a browser is asked to do before a form is sent, a second or so of it: dear for who sends thousands.

Nobody else is asked: the task is made and checked here, by ALTCHA's library, and done by a script of ours.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache

from altcha import v1 as altcha
from django.core.cache import cache
from django.utils.crypto import salted_hmac

NAME = "altcha"
HARDEST = 60_000
"""Numbers to try at most: half of them on average, a hash each."""
HOLDS_FOR = timedelta(hours=24)


def challenge(*, now: datetime) -> str:
    """A task, as JSON for the page."""
    options = altcha.ChallengeOptions(
        algorithm="SHA-256", max_number=HARDEST, hmac_key=_key(), expires=now + HOLDS_FOR
    )
    return json.dumps(altcha.create_challenge(options).to_dict())


def is_done(payload: str, nonce: str) -> bool:
    """Whether this is a task of ours, done, and not used on another page (by its `nonce`) before."""
    if not payload or len(payload) > 2_000:
        return False
    try:
        is_right, _ = altcha.verify_solution(payload, _key(), check_expires=True)
    except (AttributeError, TypeError, ValueError):
        # What looks like an answer and is none: a number where text should be.
        return False
    used = f"form-proof:{salted_hmac(NAME, payload).hexdigest()[:32]}"
    return is_right and (cache.add(used, nonce, HOLDS_FOR.total_seconds()) or cache.get(used) == nonce)


@lru_cache(maxsize=1)
def _key() -> str:
    return salted_hmac("ripeline.form.proof", "key").hexdigest()

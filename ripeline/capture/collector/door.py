"""The collector: `/v1/*` as Segment's HTTP tracking API.

What it answers: 200 `{"success": true}` when every event of the request is on disk. 400 where some events are
refused, with `kept`, how many of the others are on disk, and `refused`, which are not and why; SDKs do not send again
after a 4xx, and report it to the program that called them, which is what such an event deserves: it would be refused
again. What cannot be kept now is answered 503 with Retry-After, and SDKs do send it again. An event that comes twice
by that is told apart by its messageId, later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from ripeline.capture.collector import limits
from ripeline.capture.collector.committing import AWAY, Committer
from ripeline.capture.collector.exchange import PLAIN, Answer, Asked, Refused, RefusedEvent, told
from ripeline.capture.collector.facts import Network, facts_text, marks_of, no_network
from ripeline.capture.collector.keys import KnownKey, shown_key
from ripeline.capture.collector.rates import Rates
from ripeline.capture.collector.reading import Sent, read_events
from ripeline.capture.collector.refusals import Turned, moment
from ripeline.capture.collector.steps import TYPES, Coming, read_shared, take
from ripeline.capture.collector.stores import Row
from ripeline.kit.senders import sender_of

# Each call, and its one letter, which Segment's browser script uses. "import" is the old name of batch.
CALLS = {
    **{f"/v1/{name}": name for name in TYPES},
    **{f"/v1/{name[0]}": name for name in TYPES},
    **dict.fromkeys(("/v1/batch", "/v1/b", "/v1/import"), ""),
}
PREFLIGHT = [
    ("access-control-allow-methods", "POST"),
    ("access-control-allow-headers", "authorization, content-encoding, content-type, x-retry-count"),
    ("access-control-max-age", "7200"),
    ("vary", "Origin"),
]
NOT_LET_IN = 403
KEPT = PLAIN[:1]
TOO_MANY = f"a request may have {limits.BATCH:,} events"
SUCCESS = b'{"success":true}'


@dataclass(slots=True)
class _Seen:
    """What a request shows of who sends it."""

    agent: str
    method: str
    marks: tuple[str, ...]
    address: str


class Collector:
    """Answers events. `clock` says what time it is, `network` of what sort an address is."""

    def __init__(
        self, committer: Committer, *, clock: Callable[[], datetime], network: Network = no_network
    ) -> None:
        self._committer, self._clock, self._network = committer, clock, network
        self._rates = Rates(a_second=limits.EVENTS_A_SECOND, burst=limits.BURST)

    async def answer(self, asked: Asked) -> Answer:
        """The answer to one request below /v1/."""
        answer = await self._answer(asked)
        if asked.header("origin") is not None and answer.status != NOT_LET_IN:
            # No cookie is read here: a page that may read the answer learns what it sent itself.
            answer.headers = [*answer.headers, ("access-control-allow-origin", "*")]
        return answer

    async def _answer(self, asked: Asked) -> Answer:
        call = CALLS.get(asked.path.rstrip("/"))
        if call is None:
            return Refused(404, "no_such_call", f"There is no call {asked.path[:80]}.").answer()
        if asked.method == "OPTIONS":
            return self._preflight(asked)
        if asked.method != "POST":
            refused = Refused(405, "only_post", "Events are sent by POST.").answer()
            return replace(refused, headers=[*refused.headers, ("allow", "OPTIONS, POST")])
        sent = read_events(asked, is_batch=not call)
        if isinstance(sent, Refused):
            return self._turn_away(sent)
        key = await self._find(shown_key(asked, sent))
        if isinstance(key, Refused):
            return self._turn_away(key)
        if unwanted := self._not_let_in(asked, sent, key):
            return self._turn_away(unwanted, key)
        return await self._keep(asked, sent, call, key)

    def _turn_away(self, refused: Refused, key: KnownKey | None = None) -> Answer:
        self._note(key, "", refused.why)
        return refused.answer()

    def _note(self, key: KnownKey | None, event: str, why: str) -> None:
        self._committer.note(Turned(self._moment(), key.pk if key else None, event, why))

    def _moment(self) -> str:
        return moment(self._clock())

    def _preflight(self, asked: Asked) -> Answer:
        """A browser asks before it sends. It does not show its key yet: any key that lets the page in will do."""
        origin, keys = asked.header("origin"), self._committer.keys
        if keys is not None and not any(key.lets_in(origin) for key in keys.values()):
            return self._turn_away(_no_origin(origin or ""))
        return Answer(204, b"", PREFLIGHT)

    def _not_let_in(self, asked: Asked, sent: Sent, key: KnownKey) -> Refused | None:
        """Why nothing may be sent with the key from where the request comes, or not now."""
        origin = origin_of(asked)
        if not key.lets_in(origin):
            return _no_origin(origin or "")
        wait = 0
        if key.is_public:
            wait = self._rates.wait((key.pk, sender_of(asked.address)), sent.cost, time.monotonic())
        if not wait:
            return None
        why = f"More than {limits.EVENTS_A_SECOND} events a second came from one address. Send them again later."
        return Refused(429, "too_many", why, wait)

    async def _find(self, shown: str) -> KnownKey | Refused:
        if not shown:
            why = "The request shows no write key: as the user name of its authorisation, or as writeKey in its body."
            return Refused(401, "no_write_key", why)
        key = (self._committer.keys or {}).get(shown)
        if key is not None:
            return key
        # It may be new. Where nobody can say, it is not called unknown: who hears that never sends again.
        if not await self._committer.read_keys() or self._committer.keys is None:
            return AWAY
        return self._committer.keys.get(shown) or Refused(
            401, "unknown_write_key", "The write key is none of this site's, or was ended."
        )

    async def _keep(self, asked: Asked, sent: Sent, call: str, key: KnownKey) -> Answer:
        rows, size, refused = self._judge(asked, sent, call, key)
        beyond = max(0, len(sent.events) - limits.BATCH)
        if beyond:
            self._note(key, call, TOO_MANY)
        if rows:
            outcome = await self._committer.keep(rows, size)
            if isinstance(outcome, Refused):
                return self._turn_away(outcome, key)
        if refused or beyond:
            return some_refused(len(rows), refused, beyond)
        return Answer(200, SUCCESS, KEPT)

    def _judge(
        self, asked: Asked, sent: Sent, call: str, key: KnownKey
    ) -> tuple[list[Row], int, list[RefusedEvent]]:
        """Each event through the steps: the rows to keep, their bytes, and what is not kept."""
        at = self._moment()
        seen = _Seen(asked.header("user-agent") or "", asked.method, marks_of(asked), asked.address)
        rows: list[Row] = []
        size = 0
        refused: list[RefusedEvent] = []
        shared = read_shared(sent.context)
        for index, raw in enumerate(sent.events[: limits.BATCH]):
            coming = Coming(raw, call, sent.sent_at, shared)
            if why := take(coming):
                self._note(key, _called(coming), why)
                refused.append(RefusedEvent(index, _message_id(coming), why))
            else:
                event = msgspec.json.encode(coming.message)
                size += len(event)
                rows.append((key.pk, at, event.decode(), self._facts(seen, coming, key)))
        return rows, size, refused

    def _facts(self, seen: _Seen, coming: Coming, key: KnownKey) -> str:
        # A server says where its visitor is; of what a page says, nothing is believed.
        address = seen.address if key.is_public or not coming.address else coming.address
        marks = (*seen.marks, *coming.marks) if coming.marks else seen.marks
        return facts_text(seen.agent, seen.method, marks, self._network(address))


def _called(coming: Coming) -> str:
    """What an event is called that may be anything: a track's name, or of what type it is."""
    names = (coming.message.get("event"), coming.message.get("type"), coming.call)
    return next((name for name in names if isinstance(name, str) and name), "")


def _message_id(coming: Coming) -> str | None:
    said = coming.message.get("messageId")
    return said[: limits.MESSAGE_ID] if isinstance(said, str) else None


def some_refused(kept: int, refused: list[RefusedEvent], beyond: int) -> Answer:
    """The answer to a request of which not everything is kept; its sentence is about the first that is not. `beyond`
    is how many events it has more than a request may have: of those none is looked at."""
    every = len(refused) + beyond
    shown = refused[: limits.TOLD]
    shown += [
        RefusedEvent(limits.BATCH + place, None, TOO_MANY)
        for place in range(min(beyond, limits.TOLD - len(shown)))
    ]
    first = shown[0]
    named = f" (messageId {first.message_id})" if first.message_id else ""
    more = f", and {every - 1:,} more" if every > 1 else ""
    what = {
        "success": False,
        "code": "refused",
        "message": f"Event {first.index}{named} is not kept: {first.why}{more}.",
        "kept": kept,
        "refused": [{"index": each.index, "messageId": each.message_id, "why": each.why} for each in shown],
    }
    return told(400, what)


def origin_of(asked: Asked) -> str | None:
    """Of which site the page is that sends; None where nobody says."""
    if origin := asked.header("origin"):
        return origin
    try:
        page = urlsplit(asked.header("referer") or "")
    except ValueError:
        return None
    return f"{page.scheme}://{page.netloc}" if page.netloc else None


def _no_origin(origin: str) -> Refused:
    return Refused(NOT_LET_IN, "origin", f"Pages of {origin[:120]} may not send with this write key.")

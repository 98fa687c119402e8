"""How much one request, one event and one sender may bring. Beyond it, the answer says so and keeps nothing of that.

Sizes of bodies, events, batches and ids are those of Segment's own API, which every SDK keeps to.
"""

BODY = 500 * 1024
"""Bytes of a request, packed or not."""
EVENT = 32 * 1024
"""Bytes of one event."""
CONTEXT = 8 * 1024
"""Bytes of what a request says of all its events: it becomes part of each."""
SPREAD = 2 * 1024 * 1024
"""Bytes of that in all the events of a request together: what is packed, or said once, may not become much more."""
KILOBYTE = 1024
"""What of it counts as much as an event, where a sender is counted."""
BATCH = 2_500
"""Events of one request."""
MESSAGE_ID = 100
"""Letters: with the write key's number, it has to fit a touch's uid."""
ID = 254
"""Letters of a userId and the like: those of an identity."""
EVENT_NAME = 255
NAME = 255
"""Letters of a property's name."""
DEPTH = 8
"""Levels of objects and lists, the event itself counted."""
VALUES = 2_000
"""Names and list items of one event, at all levels together."""
LARGEST_NUMBER = 2**63
MARKS = 16
TOLD = 100
"""Refused events that an answer lists; of more it tells how many."""

QUEUE_EVENTS = 20_000
QUEUE_BYTES = 32 * 1024 * 1024
"""What waits for the disk in one process; more would only wait longer than senders do."""
GROUP_EVENTS = 2_000
"""Events of one transaction, so that nobody waits for a stranger's thousands."""

EVENTS_A_SECOND = 100
BURST = 5_000
"""What one address may send with one website key: a page's script sends less than one a second, an office of a
thousand people behind one address some twenty. Servers are known by a secret, and limited by the queue alone."""
ADDRESSES = 100_000
"""Senders whose rate is remembered."""

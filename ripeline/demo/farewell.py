"""How a conversation with sales ends without a deal: a no for now, a reason, and some time in peace."""

from ripeline.demo.life import Life
from ripeline.demo.texts import OBJECTIONS, pick
from ripeline.lifecycle.instant import DAY, MINUTE


def decline(life: Life, at: int, subject: str, *, days: float) -> None:
    """They say no for now, and why."""
    life.did(at, "objected", subject, text=pick(life.rng, subject, life.person))
    life.sated_until = at + 30 * DAY
    let_go(life, at + 30 * MINUTE, OBJECTIONS[subject], days=days)


def let_go(life: Life, at: int, reason: str, *, days: float) -> None:
    """Back to the letters. A customer stays a customer, whatever else they turn down."""
    if not life.is_customer:
        life.did(at, "recycled", reason=reason, by=life.seller)
    leave_alone(life, at, days)


def leave_alone(life: Life, at: int, days: float) -> None:
    life.is_handled = False
    life.left_alone_until = at + int(days * life.rng.uniform(0.7, 1.2) * DAY)

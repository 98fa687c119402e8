"""What is asked of every mail in the moment in which it is taken in hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ripeline.nurture.sending.mail import Never, NotNow
from ripeline.nurture.sending.models import Delivery
from ripeline.people.consent import suppressed_of


def may_still_go(deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, NotNow | Never]:
    """Those that may not go after all: the address was closed since."""
    closed: dict[int, NotNow | Never] = {}
    for purpose in {each.purpose for each in deliveries}:
        concerned = {each.pk: _address(each) for each in deliveries if each.purpose == purpose}
        suppressed = suppressed_of(concerned.values(), purpose)
        closed |= {pk: Never("suppressed") for pk, address in concerned.items() if address in suppressed}
    return closed


def _address(delivery: Delivery) -> str:
    if delivery.source_kind == Delivery.Source.TEST:
        return delivery.address
    return (delivery.contact.merged_into or delivery.contact).email

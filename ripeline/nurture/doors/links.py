"""The links of mails that are their readers' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from ripeline.nurture.doors.tokens import Door, make_token, make_trap
from ripeline.nurture.rules.facts import chosen_of, people_of
from ripeline.nurture.rules.models import Preference
from ripeline.nurture.sending.models import Delivery

SEEN = frozenset({Preference.Opens.DAY, Preference.Opens.FULL})


@dataclass(frozen=True, slots=True)
class DeliveryLinks:
    """Those of one delivery; `is_seen`: its reader lets us know that they opened it."""

    base: str
    delivery: int
    is_seen: bool

    @property
    def unsubscribe(self) -> str:
        """Where one press ends it; a mail program may press it for its reader (RFC 8058)."""
        return f"{self.base}/u/{make_token(Door.LEAVE, self.delivery)}/"

    @property
    def preferences(self) -> str:
        """Where they choose."""
        return f"{self.unsubscribe}#choose"

    @property
    def browser(self) -> str:
        """Where they read it in a browser."""
        return f"{self.base}/v/{make_token(Door.VIEW, self.delivery)}/"

    @property
    def pixel(self) -> str:
        """The picture that tells of an open; "" where they did not allow it."""
        return f"{self.base}/o/{make_token(Door.OPEN, self.delivery)}.gif" if self.is_seen else ""

    @property
    def trap(self) -> str:
        """A link that no reader sees: what follows it is no reader."""
        return f"{self.base}/c/{make_trap(self.delivery)}/"

    def follow(self, number: int, url: str) -> str:
        """Pages by way of us; other addresses (mailto: ...) themselves."""
        if not url.lower().startswith(("http://", "https://")):
            return url
        return f"{self.base}/c/{make_token(Door.LINK, self.delivery, number)}/"


def links_for(deliveries: Sequence[Delivery]) -> Mapping[int, DeliveryLinks]:
    """The links of each delivery, by id."""
    base = settings.CONFIG.base_url
    people = people_of({each.contact_id for each in deliveries})
    chosen, roots = chosen_of(people), people.root_of()
    return {
        each.pk: DeliveryLinks(base, each.pk, _is_seen(chosen.get(roots.get(each.contact_id, 0)), each))
        for each in deliveries
    }


def _is_seen(chosen: Preference | None, delivery: Delivery) -> bool:
    is_test = delivery.source_kind == Delivery.Source.TEST
    return chosen is not None and chosen.opens in SEEN and not is_test

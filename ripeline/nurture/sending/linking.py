"""The links of a mail that are its reader's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from ripeline.nurture.emails.rendering import Links
from ripeline.nurture.sending.keys import message_hash
from ripeline.nurture.sending.models import Delivery


@dataclass(frozen=True, slots=True)
class _Own:
    base: str
    unsubscribe: str
    preferences: str
    browser: str
    pixel: str = ""

    def follow(self, number: int, url: str) -> str:
        """The address itself."""
        return url


def links_for(deliveries: Sequence[Delivery]) -> Mapping[int, Links]:
    """The links of each delivery, by id."""
    base = settings.CONFIG.base_url
    return {each.pk: _own(base, message_hash(each.send_key)) for each in deliveries}


def _own(base: str, token: str) -> _Own:
    return _Own(base, f"{base}/u/{token}/", f"{base}/u/{token}/", f"{base}/v/{token}/")

"""The words of mails, as their version has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from ripeline.nurture.emails.models import EmailVersion
from ripeline.nurture.sending.composing import Words
from ripeline.nurture.sending.mail import Never
from ripeline.nurture.sending.models import Delivery


def write_words(deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Words | Never]:
    """The words of each delivery, by id."""
    versions = EmailVersion.objects.in_bulk({each.version_id for each in deliveries})
    unsubscribe = f"{settings.CONFIG.base_url}/u/none/"
    return {
        each.pk: Words(versions[each.version_id].subject, versions[each.version_id].text, "", unsubscribe)
        for each in deliveries
    }

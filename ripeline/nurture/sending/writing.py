"""The words of mails: their version, rendered for each person, with links of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ripeline.nurture.emails.models import EmailVersion
from ripeline.nurture.emails.people import PersonData, data_of
from ripeline.nurture.emails.rendering import Lacking, Links, render
from ripeline.nurture.emails.rendering import Sender as Named
from ripeline.nurture.sending.composing import Sender, Words, Writer
from ripeline.nurture.sending.mail import Never
from ripeline.nurture.sending.models import Delivery

LinksFor = Callable[[Sequence[Delivery]], Mapping[int, Links]]


def writer_of(sender: Sender, links_for: LinksFor) -> Writer:
    """Writes the words of mails in the name of a sender."""
    named = Named(sender.name, sender.postal_address)

    def write(deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Words | Never]:
        versions = EmailVersion.objects.in_bulk({each.version_id for each in deliveries})
        people = data_of({each.contact_id for each in deliveries}, now)
        links = links_for(deliveries)
        return {
            each.pk: _words(versions[each.version_id], people[each.contact_id], links[each.pk], named)
            for each in deliveries
            if each.contact_id in people
        }

    return write


def _words(version: EmailVersion, person: PersonData, links: Links, sender: Named) -> Words | Never:
    made = render(version, person, links=links, sender=sender)
    if isinstance(made, Lacking):
        return Never("lacking", made.said)
    return Words(made.subject, made.text, made.html, links.unsubscribe)

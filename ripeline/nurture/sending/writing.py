"""The words of mails: their version, rendered for each person, with links of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from ripeline.nurture.emails.models import EmailVersion
from ripeline.nurture.emails.people import PersonData, data_of
from ripeline.nurture.emails.rendering import Lacking, Links, render
from ripeline.nurture.emails.rendering import Sender as Named
from ripeline.nurture.sending.composing import Sender, Words, Writer
from ripeline.nurture.sending.mail import Never
from ripeline.nurture.sending.models import Delivery


class OwnLinks(Links, Protocol):
    """The links of a mail that is really sent."""

    @property
    def trap(self) -> str:
        """The address of a link that no reader sees."""


LinksFor = Callable[[Sequence[Delivery]], Mapping[int, OwnLinks]]
TRAP = (
    '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all" aria-hidden="true">'
    '<a href="{}" tabindex="-1" rel="nofollow"></a></div>'
)


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


def _words(version: EmailVersion, person: PersonData, links: OwnLinks, sender: Named) -> Words | Never:
    made = render(version, person, links=links, sender=sender)
    if isinstance(made, Lacking):
        return Never("lacking", made.said)
    return Words(made.subject, made.text, _with_trap(made.html, links.trap), links.unsubscribe)


def _with_trap(html: str, trap: str) -> str:
    """The mail with a link at its end that only programs see, which follow everything."""
    before, body, after = html.rpartition("</body>")
    return f"{before}{TRAP.format(trap)}{body}{after}" if body and trap else html

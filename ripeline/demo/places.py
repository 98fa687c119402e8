"""The countries the demo company sells to, and what differs between them.

Phone numbers come only from ranges a regulator keeps free for films and books: Ofcom (GB), ComReg (IE),
Bundesnetzagentur (DE), ARCEP (FR) and PTS (SE). The other countries keep none, so their people have no phone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Place:
    """A country: its code in lower case, its share of all contacts, and habits that show in timestamps."""

    country: str
    weight: float
    language: str
    time_zone: str
    utc_hours: int  # offset in winter; all of these keep the EU's summer time dates
    late_hours: int  # how much later than in Germany lunch and evening are
    phones: tuple[str, ...]  # each # is a free digit

    @property
    def iso_code(self) -> str:
        """ISO 3166-1 alpha-2, as contacts and traits show it."""
        return self.country.upper()


PLACES: Mapping[str, Place] = {
    place.country: place
    for place in (
        Place("de", 20, "de", "Europe/Berlin", 1, 0, ("+49 30 23125 ###", "+49 176 040690##")),
        Place("nl", 15, "nl", "Europe/Amsterdam", 1, 0, ()),
        Place("gb", 13, "en", "Europe/London", 0, 0, ("+44 20 7946 0###", "+44 7700 900###")),
        Place("fr", 11, "fr", "Europe/Paris", 1, 1, ("+33 1 99 00 ## ##", "+33 6 39 98 ## ##")),
        Place("es", 8, "es", "Europe/Madrid", 1, 2, ()),
        Place("it", 7, "it", "Europe/Rome", 1, 1, ()),
        Place("pl", 6, "pl", "Europe/Warsaw", 1, 0, ()),
        Place("se", 5, "sv", "Europe/Stockholm", 1, 0, ("+46 8 465 004 ##", "+46 70 174 06 1#")),
        Place("pt", 5, "pt", "Europe/Lisbon", 0, 1, ()),
        Place("ie", 4, "en", "Europe/Dublin", 0, 0, ("+353 20 91# ####",)),
        Place("be", 3, "nl", "Europe/Brussels", 1, 0, ()),
        Place("at", 3, "de", "Europe/Vienna", 1, 0, ()),
    )
}


def draw_phone(rng: Random, place: Place) -> str | None:
    """A number that rings nowhere, or None where no range is kept for fiction."""
    if not place.phones:
        return None
    pattern = rng.choice(place.phones)
    return "".join(str(rng.randrange(10)) if sign == "#" else sign for sign in pattern)

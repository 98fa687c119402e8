"""Who used which browser when: what is noted of it, and what was left out since it said nothing new.

Sites say who somebody is with every page. Of what one person says in a row the first is noted, and again now and then.
The rest stands in the log, as touches that were made on the browser under the person's own name: when somebody else is
heard of later who used the browser in between, the next of it is noted too. So what is known does not depend on the
order in which words come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ripeline.timeline.identities.models import Identification
from ripeline.timeline.models import Touch

SAME_VISIT = timedelta(hours=1)
"""That somebody uses a browser is noted anew after this long."""
Use = tuple[int, datetime, int]
"""The browser, when, and the contact, by ids."""


class Uses:
    """Uses of these browsers, as far as they matter for these moments."""

    def __init__(self, browsers: Sequence[int], moments: Sequence[datetime]) -> None:
        self.rows: list[Use] = []
        self._left_out: list[Use] = []
        if browsers:
            found = Identification.objects.filter(visitor__in=browsers, at__gte=min(moments) - SAME_VISIT)
            self.rows = list(found.values_list("visitor_id", "at", "contact_id"))

    def says(self, browser: int, contact: int, at: datetime) -> bool:
        """Whether it is known that the contact used it at that moment: they did so shortly before, and nobody since."""
        return self._user(browser, contact, at) == contact

    def leave_out(self, browser: int, contact: int, at: datetime) -> None:
        """Keeps in mind what is not noted."""
        self._left_out.append((browser, at, contact))

    def add(self, browser: int, contact: int, at: datetime) -> tuple[datetime, int] | None:
        """Adds what is noted; gives what was left out and has to be noted now: the next word after it of whoever used
        the browser before it."""
        user = self._user(browser, contact, at)
        self.rows.append((browser, at, contact))
        if user in (None, contact):
            return None
        words = [each[1:] for each in self._left_out if each[0] == browser and each[2] == user]
        made = Touch.objects.filter(visitor=browser, home=user, at__gte=at, at__lte=at + SAME_VISIT)
        words += made.order_by("at").values_list("at", "home_id")[:2]
        later = [word for word in words if word > (at, contact)]
        noted = [row[1:] for row in self.rows if row[0] == browser and row[1:] > (at, contact)]
        if not later or (noted and min(noted) <= min(later)):
            return None
        self.rows.append((browser, *min(later)))
        return min(later)

    def _user(self, browser: int, contact: int, at: datetime) -> int | None:
        """Who was noted last before somebody was at a moment, if that is not long ago."""
        before = [
            row[1:]
            for row in self.rows
            if row[0] == browser and at - SAME_VISIT <= row[1] and row[1:] <= (at, contact)
        ]
        return max(before)[1] if before else None

"""How slowly somebody may send."""

from __future__ import annotations

import pytest

from ripeline.slow_senders import Pace, TooSlow

pytestmark = pytest.mark.pure


def test_who_sends_less_than_ten_kilobytes_a_second_over_any_minute_is_too_slow() -> None:
    enough = 60 * 10 * 1024
    pace = Pace(0.0)
    pace.keep(1, 59.9)
    pace.keep(enough, 60.0)
    # What came fast in the first minutes does not last for ever.
    pace.keep(100 * enough, 120.0)
    with pytest.raises(TooSlow):
        pace.keep(101 * enough - 1, 180.0)

"""Shapes drawn inline: the glyph of a stage, the arrows of a touch, the mark of the house.

A stage is told by how full its circle is and by its colour; either alone is enough.
"""

from __future__ import annotations

import math
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

LAST_SLOT = 7


def stage_slot(index: int, count: int) -> int:
    """Which of the eight stage colours belongs to the stage at `index` of `count`.

    The first stage is always slot 0 and the last always slot 7, so that beginning and goal look the same in
    every playbook; those between go by their place.
    """
    if index <= 0:
        return 0
    return LAST_SLOT if index >= count - 1 else min(index, LAST_SLOT - 1)


@lru_cache(maxsize=256)
def stage_glyph(index: int, count: int) -> SafeString:
    """A circle filled clockwise by the share of the way: ○ ◔ ◑ ◕ ●."""
    share = index / (count - 1) if count > 1 else 1.0
    return format_html(
        '<svg class="stage-glyph" viewBox="0 0 16 16" aria-hidden="true">'
        '<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        '<path d="{}" fill="currentColor"/></svg>',
        _wedge(max(0.0, min(1.0, share))),
    )


@lru_cache(maxsize=16)
def touch_shape(shape: str) -> SafeString:
    """An arrow in, an arrow out, two arrows meeting, or a dot for our own books."""
    return format_html(
        '<svg class="touch-shape" viewBox="0 0 20 16" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{}"/></svg>',
        _TOUCH_PATHS[shape],
    )


@lru_cache(maxsize=1)
def house_mark() -> SafeString:
    """A line on which a dot ripens."""
    return format_html(
        '<svg class="{}" viewBox="0 0 32 32" aria-hidden="true"><path d="M5 25 27 7" stroke="currentColor" '
        'stroke-opacity=".35" stroke-width="2" stroke-linecap="round"/><circle cx="6.5" cy="23.8" r="2.4" '
        'fill="var(--paper)" stroke="currentColor" stroke-width="1.8"/><circle cx="15" cy="16.8" r="3.6" '
        'fill="currentColor" fill-opacity=".65"/>'
        '<circle cx="24.5" cy="9" r="5.2" fill="currentColor"/></svg>',
        "house-mark",
    )


_TOUCH_PATHS = {
    "in": "M16.5 8H4M8.5 3.5 4 8l4.5 4.5",
    "out": "M3.5 8H16M11.5 3.5 16 8l-4.5 4.5",
    "two-way": "M1 8h6.5M4.5 4.5 8 8l-3.5 3.5M19 8h-6.5M15.5 4.5 12 8l3.5 3.5",
    "internal": "M9.5 8h1M8 8a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
}


def _wedge(share: float) -> str:
    if share <= 0:
        return ""
    if share >= 1:
        return "M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 1 0 0-9z"
    angle = 2 * math.pi * share
    x, y = 8 + 4.5 * math.sin(angle), 8 - 4.5 * math.cos(angle)
    return f"M8 8V3.5A4.5 4.5 0 {int(share > 0.5)} 1 {x:.2f} {y:.2f}z"

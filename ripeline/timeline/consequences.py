"""What can follow from a change of stage, by name: so that who publishes a definition can tick what may.

What each does stands in `ripeline.reactions`, the one table; here are the names, for the pages below it.
"""

from __future__ import annotations

from enum import Enum


class Consequence(Enum):
    """A reaction: its key, its name, and a sentence that tells what it does."""

    TELL_THE_OWNER = (
        "tell_the_owner",
        "Tell the owner",
        "The owner of a contact that moved up gets a notification.",
    )

    def __init__(self, key: str, label: str, told: str) -> None:
        self.key = key
        self.label = label
        self.told = told


KEYS = frozenset(each.key for each in Consequence)

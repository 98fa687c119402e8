"""A process that adds touches to parts for ever, to be killed: `python -m tests.replay.parts.writer URL`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random

from ripeline.replay.parts import building
from ripeline.replay.parts.building import Wanted
from ripeline.replay.parts.opening import open_parts
from ripeline.replay.parts.problems import MissingParts
from ripeline.replay.parts.updating import update_parts
from tests.replay.parts.batches import START, Heard, batch_of, touch_of

BUCKETS = 4


def batch(number: int) -> list[Heard]:
    """The touches of one batch: always the same."""
    chance = Random(number)
    return [
        touch_of(chance.randrange(100_000), f"person {chance.randrange(50)}", chance.randrange(1000))
        for _ in range(chance.randrange(1, 400))
    ]


def position_of(url: str) -> int:
    """How many batches the parts in force hold."""
    try:
        return open_parts(url, source="writer").manifest.position
    except MissingParts:
        return 0


def add_batch(url: str, number: int) -> None:
    """Adds a batch; every third time nothing is left apart."""
    wanted = Wanted(
        [batch_of(batch(number))],
        source="writer",
        position=number + 1,
        expected=BUCKETS * building.BUCKET_TOUCHES,
        compacting=number % 3 == 2,
    )
    update_parts(url, wanted, now=START + number)


def main(arguments: Sequence[str]) -> None:
    """Adds batch after batch."""
    url = arguments[0]
    number = position_of(url)
    while True:
        add_batch(url, number)
        number += 1


if __name__ == "__main__":
    main(sys.argv[1:])

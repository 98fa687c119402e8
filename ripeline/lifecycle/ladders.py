"""Two ladders side by side: which stages of two definitions are one and the same, and so who stands elsewhere.

The rule, for everything that holds two definitions side by side: stages are the same that are called the same, capitals
aside; where neither's title is that of a stage of the other definition, those of the same key are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ripeline.lifecycle.model import Playbook


def is_same_stage(one: Playbook, other: Playbook, mine: str, theirs: str) -> bool:
    """Whether stage `mine` of the one definition is stage `theirs` of the other, both by key.

    A stage that its definition does not have (any more) is called by its key.
    """
    return is_same_by_titles(_titles(one), _titles(other), mine, theirs)


def is_same_by_titles(one: Mapping[str, str], other: Mapping[str, str], mine: str, theirs: str) -> bool:
    """The same of definitions of which only the titles are known, by key of the stage, from `folded`."""
    title, their_title = one.get(mine, folded(mine)), other.get(theirs, folded(theirs))
    if title == their_title:
        return True
    return mine == theirs and title not in other.values() and their_title not in one.values()


def folded(title: str) -> str:
    """A title as it is compared with others: capitals and the width of gaps do not count."""
    return " ".join(title.casefold().split())


@lru_cache(maxsize=16)
def same_stages(one: Playbook, other: Playbook) -> tuple[tuple[bool, ...], ...]:
    """The same of all stages, as a table of truths: [of the one][of the other]."""
    return tuple(
        tuple(is_same_stage(one, other, mine.key, theirs.key) for theirs in other.stages)
        for mine in one.stages
    )


@lru_cache(maxsize=16)
def _titles(playbook: Playbook) -> Mapping[str, str]:
    return {stage.key: folded(stage.title) for stage in playbook.stages}

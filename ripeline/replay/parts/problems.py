"""What can be wrong with history parts. Each says so in a sentence."""

from __future__ import annotations


class PartsProblem(Exception):
    """The parts cannot be used as they stand; the text is a sentence for whoever asked."""


class MissingParts(PartsProblem):
    """There are no parts in that folder."""


class StaleParts(PartsProblem):
    """The parts are whole but not of this log, or of a form of another version."""


class DamagedParts(PartsProblem):
    """Bytes differ from those that were written, or a file is gone. `name` is the file's."""

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence, name)
        self.name = name

    def __str__(self) -> str:
        return str(self.args[0])


class UnreachableParts(PartsProblem):
    """The place where they lie does not answer, or does not let us in: nothing is said about the parts themselves."""


class CannotWrite(PartsProblem):
    """New parts could not be written (a full disk, a folder without leave); the old ones are untouched and in use."""

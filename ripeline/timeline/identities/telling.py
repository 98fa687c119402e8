"""Sentences about what a merge, undone, could not put back: somebody changed it since."""

from __future__ import annotations

from ripeline.people.models import Contact


def say_edited(contact: Contact, name: str) -> str:
    """That a field which had been filled was changed since, and stays so."""
    kind, _, rest = name.partition(" ")
    if kind == "tag":
        return f"The tag {rest} was taken from {contact} since, and stays away."
    called = rest if kind == "trait" else name.removesuffix("_id").replace("_", " ")
    value = contact.traits.get(rest) if kind == "trait" else getattr(contact, name.removesuffix("_id"))
    if value in ("", None):
        return f"{called.capitalize()} of {contact} was taken out since, and stays out."
    return f"{called.capitalize()} of {contact} was changed since, to {value}, and stays."


def say_lost(contact: Contact, value: str) -> str:
    """That an address, number or key was taken away while its contact was one with another."""
    return f"{value} was taken away since, and does not come back to {contact}."

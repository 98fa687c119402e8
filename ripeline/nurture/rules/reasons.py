"""Why a mail does not go out, or not yet: every word that the ledger may hold for it, and its sentence."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """One word for each. Those that hold a mail for a while come with a moment until which they do."""

    CLOSED = "suppressed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    WITHDRAWN = "withdrawn"
    NO_CONSENT = "no_consent"
    NOT_CONFIRMED = "not_confirmed"
    NO_ADDRESS = "no_address"
    STAGE = "stage"
    OTHERS_ONLY = "others_only"
    TWICE = "merged"
    NOT_OFFERED = "archived"
    EXPIRED = "expired"
    CAP = "cap"
    OWN_CAP = "own_cap"
    THEIR_PAUSE = "their_pause"
    TALKING = "talking"
    QUIET = "quiet"
    BUSY = "busy"


HEADINGS: dict[str, str] = {
    Reason.CLOSED: "A colleague closed the address",
    Reason.BOUNCED: "Mail to the address came back",
    Reason.COMPLAINED: "They called a mail spam",
    Reason.WITHDRAWN: "They do not want it",
    Reason.NO_CONSENT: "They never agreed to it",
    Reason.NOT_CONFIRMED: "They were asked, and have not confirmed it",
    Reason.NO_ADDRESS: "They have no address",
    Reason.STAGE: "At their stage a person writes to them",
    Reason.OTHERS_ONLY: "It is for other stages",
    Reason.TWICE: "It went to them as the contact that they were merged with",
    Reason.NOT_OFFERED: "The email was archived",
    Reason.EXPIRED: "Its time was over",
    Reason.CAP: "They got as many mails as the rules allow",
    Reason.OWN_CAP: "They got as many mails as they chose to get",
    Reason.THEIR_PAUSE: "They asked for a pause",
    Reason.TALKING: "Somebody is talking with them",
    Reason.QUIET: "It is night where they are",
    Reason.BUSY: "Something about them was just being changed",
}
"""As a list counts them."""

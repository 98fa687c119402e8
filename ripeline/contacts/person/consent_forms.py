"""The form by which a colleague notes what somebody allows us, or no longer does."""

from __future__ import annotations

from typing import Any

from django import forms

from ripeline.contacts.person.once import OnceForm
from ripeline.people.consent import PURPOSES
from ripeline.people.models import Consent

SAID = ((Consent.State.WITHDRAWN, "They no longer want it"), (Consent.State.GIVEN, "They allow it"))


class ConsentForm(OnceForm):
    """What somebody said about one purpose, and how we know."""

    purpose = forms.ChoiceField(label="What for", choices=list(PURPOSES.items()))
    state = forms.ChoiceField(label="They said", choices=SAID)
    note = forms.CharField(
        label="How do we know?",
        max_length=2000,
        help_text="Kept as the proof: who said it, when and where.",
        error_messages={"required": "Say how we know: it is the proof."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="consent", auto_id="consent-%s")

"""What people fill in to move a contact, to note an answer, or to log what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from django import forms
from django.utils import timezone

from ripeline.contacts.person.once import OnceForm
from ripeline.contacts.person.reasons import answer_values
from ripeline.lifecycle.model import Playbook
from ripeline.timeline.moves import QUESTIONS, Verb

STAGE = "stage_set:"
OBJECTIONS = ("price", "timing", "authority", "need", "other")

# What can be logged by hand, most usual first.
LOGGED = (
    ("call_held", "We spoke on the phone"),
    ("call_attempted", "I called, no answer"),
    ("meeting_booked", "They booked a meeting"),
    ("meeting_held", "We met"),
    ("message_sent", "I wrote to them"),
    ("email_replied", "They wrote back"),
    ("chat_held", "We chatted"),
    ("met_at_event", "We met at an event"),
    ("objected", "They objected"),
    ("noted", "A note for us"),
)
_VERBS: dict[Verb, str] = {
    "accepted": "Take up: sales works on them",
    "fit_confirmed": "Confirm as a fit",
    "recycled": "Back to nurturing",
    "rejected": "Reject the hand-off",
    "disqualified": "Disqualify: no more moves by rule",
    "reopened": "Reopen",
}


class MoveForm(OnceForm):
    """A move by hand, with its reason."""

    move = forms.ChoiceField(label="What should happen")
    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Your colleagues will read this"}),
        error_messages={"required": "Say why: the reason is what your colleagues will read."},
    )

    def __init__(self, data: Any = None, *, playbook: Playbook, stage: str, status: str) -> None:
        super().__init__(data, prefix="move", auto_id="move-%s")
        unfitting = {"disqualified"} if status == "disqualified" else {"reopened"}
        stages = [(STAGE + each.key, f"To {each.title}") for each in playbook.stages if each.key != stage]
        verbs = [(verb, words) for verb, words in _VERBS.items() if verb not in unfitting]
        self.fields["move"].choices = [("Decide", verbs), ("Place in a stage", stages)]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> tuple[Verb, str]:
        """The verb, and the stage that `stage_set` names."""
        chosen: str = self.cleaned_data["move"]
        if chosen.startswith(STAGE):
            return "stage_set", chosen.removeprefix(STAGE)
        verbs: dict[str, Verb] = {verb: verb for verb in get_args(Verb)}
        return verbs[chosen], ""


class AnswerForm(OnceForm):
    """What they said to one of our questions."""

    question = forms.ChoiceField(label="Asked about")
    value = forms.ChoiceField(label="They said")
    words = forms.CharField(
        label="In their words",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, playbook: Playbook) -> None:
        super().__init__(data, prefix="answer", auto_id="answer-%s")
        questions = [(each, each.capitalize()) for each in QUESTIONS]
        values = [(each, each.capitalize()) for each in (*answer_values(playbook), "not sure")]
        self.fields["question"].choices = questions  # type: ignore[attr-defined]
        self.fields["value"].choices = values  # type: ignore[attr-defined]


class LogForm(OnceForm):
    """Something that happened outside this program."""

    kind = forms.ChoiceField(label="What happened", choices=LOGGED)
    objection = forms.ChoiceField(
        label="What about",
        help_text="For an objection only.",
        required=False,
        choices=[("", "–"), *((each, each.capitalize()) for each in OBJECTIONS)],
    )
    words = forms.CharField(
        label="What was said", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    at = forms.DateTimeField(
        label="When",
        help_text="Empty: just now.",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="log", auto_id="log-%s")

    def clean_at(self) -> datetime | None:
        """A moment that has been."""
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at > timezone.now():
            raise forms.ValidationError("That is still to come. Log it when it has happened.")
        if at is not None and at.year < 1990:
            raise forms.ValidationError("That is longer ago than we can believe.")
        return at

    def clean(self) -> dict[str, Any]:
        """A note needs words, an objection its subject."""
        given = super().clean() or {}
        if given.get("kind") == "noted" and not given.get("words"):
            self.add_error("words", "Write the note.")
        if given.get("kind") == "objected" and not given.get("objection"):
            self.add_error("objection", "Say what they objected to.")
        return given

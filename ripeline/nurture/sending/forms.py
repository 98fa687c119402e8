"""The form of the settings of sending."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from ripeline.nurture.sending.mime import NotSafe, address, one_line, private_key
from ripeline.nurture.sending.models import SendingSettings

PORTS = (25, 465, 587, 2465, 2525, 2587)
"""Where mail servers listen for mails (RFC 8314, and what providers use beside it)."""
DEFAULT_PORT = 587
Transport = SendingSettings.Transport
FIELDS = (
    *(
        "from_name",
        "from_address",
        "reply_to",
        "postal_address",
        "transport",
        "lines",
        "domain_lines",
        "per_minute",
    ),
    *("warm_up_from", "warm_up_first", "dkim_domain", "dkim_selector", "bounce_domain"),
)


class SendingForm(forms.ModelForm):  # type: ignore[type-arg]
    """How mails go out. Passwords and keys are only ever written: what is left empty stays as it is."""

    host = forms.CharField(label="Mail server", max_length=253, required=False)
    port = forms.TypedChoiceField(
        label="Port",
        coerce=int,
        required=False,
        empty_value=None,
        choices=[(each, str(each)) for each in PORTS],
    )
    security = forms.ChoiceField(
        label="How the line is kept safe",
        choices=[
            ("starttls", "STARTTLS (587, 25)"),
            ("tls", "TLS from the beginning (465)"),
            ("none", "Not at all"),
        ],
    )
    user = forms.CharField(label="User", max_length=254, required=False)
    password = forms.CharField(
        label="Password",
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="It is never shown. Left empty, it stays as it is.",
    )
    dkim_key = forms.CharField(
        label="Private key",
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="As PEM, RSA. It is never shown. Left empty, it stays as it is.",
    )

    class Meta:
        model = SendingSettings
        fields = FIELDS
        labels = {
            "from_name": "Name",
            "from_address": "Address",
            "reply_to": "Answers go to",
            "postal_address": "Postal address",
            "transport": "Mails go to",
            "lines": "Lines at once",
            "domain_lines": "of them to one domain",
            "per_minute": "At most so many a minute",
            "warm_up_from": "First day",
            "warm_up_first": "Mails on that day",
            "dkim_domain": "Domain",
            "dkim_selector": "Selector",
            "bounce_domain": "Domain for what comes back",
        }
        help_texts = {
            "postal_address": "It stands below every mail: the law asks for it in many countries.",
            "per_minute": "0: as many as go.",
            "bounce_domain": "A domain whose mail reaches this installation. Left empty, it comes back to the address.",
            "warm_up_from": "While an address is new: half as many more every day, for three weeks.",
        }
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 2}),
            "warm_up_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["warm_up_from"].required = False
        offered = [
            Transport.LOCAL,
            Transport.SMTP,
            *([Transport.INSTALLED] if settings.CONFIG.email_url else []),
        ]
        field = self.fields["transport"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.value, each.label) for each in offered]
        self.initial.setdefault("port", DEFAULT_PORT)

    def clean_lines(self) -> int:
        """From one to as many as a mail server bears."""
        return _within(self.cleaned_data["lines"], 1, 50)

    def clean_domain_lines(self) -> int:
        """As many as there are lines at most; more do no harm."""
        return _within(self.cleaned_data["domain_lines"], 1, 50)

    def clean_from_name(self) -> str:
        """One line."""
        return _safe(one_line, str(self.cleaned_data["from_name"]), "The name")

    def clean_from_address(self) -> str:
        """An address, or nothing."""
        return _address(str(self.cleaned_data["from_address"]), "The address")

    def clean_reply_to(self) -> str:
        """An address, or nothing."""
        return _address(str(self.cleaned_data["reply_to"]), "The address for answers")

    def clean_dkim_key(self) -> str:
        """A key that can sign."""
        key = str(self.cleaned_data["dkim_key"])
        if key:
            try:
                private_key(key)
            except ValueError as odd:
                raise ValidationError(str(odd)) from None
        return key

    def clean(self) -> dict[str, Any]:
        """Mails leave only in somebody's name, from somewhere, through something."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("transport") in (Transport.LOCAL, None):
            return said
        for name, why in (
            ("from_address", "Mails that leave need an address that they come from."),
            ("postal_address", "Mails that leave need a postal address below them."),
        ):
            if not said.get(name) and name not in self.errors:
                self.add_error(name, why)
        if said["transport"] == Transport.SMTP and not said.get("host"):
            self.add_error("host", "Which mail server?")
        return said

    def server(self) -> dict[str, Any]:
        """What the transport must know, without what is secret."""
        said = self.cleaned_data
        return {
            "host": said["host"],
            "port": said["port"] or DEFAULT_PORT,
            "security": said["security"],
            "user": said["user"],
        }


def _within(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValidationError(f"A whole number from {least} to {most}.")
    return value


def _address(value: str, of: str) -> str:
    return _safe(address, value, of) if value else ""


def _safe(check: Any, value: str, of: str) -> str:
    try:
        return str(check(value, of=of))
    except NotSafe as odd:
        raise ValidationError(str(odd)) from None

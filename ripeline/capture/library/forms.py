"""The form of an asset's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify

from ripeline.capture.forms.models import Form
from ripeline.capture.forms.returning import read_return
from ripeline.capture.library.filetypes import media_type_of, said_endings
from ripeline.capture.library.models import Asset
from ripeline.lifecycle.model import Persona
from ripeline.people.values import read_language

SYNONYMS = {"awareness": "discovery", "consideration": "evaluation"}
"""What others call content stages; read wherever one is asked for."""
STAGES = (
    ("", "Choose"),
    ("discovery", "Discovery: they find out what troubles them"),
    ("evaluation", "Evaluation: they compare what would help"),
    ("decision", "Decision: they choose whom to buy from"),
)


def read_content_stage(written: str) -> str:
    """A content stage by its own word or another's for it; "" where it is none."""
    word = written.strip().lower()
    word = SYNONYMS.get(word, word)
    return word if word in Asset.ContentStage.values else ""


class _StageField(forms.ChoiceField):
    def to_python(self, value: Any) -> str:
        return read_content_stage(str(value or "")) or str(value or "")


class AssetForm(forms.Form):
    """What is asked of an asset; `asset` is the one that is edited."""

    title = forms.CharField(label="Title", max_length=160)
    key = forms.CharField(
        label="Key",
        max_length=60,
        required=False,
        help_text="Names it in addresses and rules for ever. Left empty it is made of the title.",
    )
    kind = forms.ChoiceField(label="What it is", choices=Asset.Kind.choices)
    content_stage = _StageField(label="Content stage", choices=STAGES)
    personas = forms.MultipleChoiceField(
        label="For",
        required=False,
        help_text="None ticked: for everybody.",
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.CharField(
        label="Language", max_length=40, required=False, help_text="Such as English, or en. Empty: any."
    )
    summary = forms.CharField(
        label="In a few words", required=False, max_length=2_000, widget=forms.Textarea({"rows": 3})
    )
    form = forms.ChoiceField(
        label="Given to",
        required=False,
        help_text="A form stands before what only those get who say who they are.",
    )
    file = forms.FileField(label="File", required=False)
    address = forms.CharField(
        label="Or its address elsewhere",
        required=False,
        max_length=2_000,
        help_text="A whole address, such as https://video.example.com/watch/7.",
    )

    def __init__(
        self, *args: Any, asset: Asset | None = None, personas: Sequence[Persona], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.asset, self.media_type = asset, ""
        known = [(each.key, each.title or each.key) for each in personas]
        kept = asset.personas if asset else []
        # What the playbook knows no more stays, until somebody unticks it.
        gone = [(key, f"{key} (not in the playbook)") for key in kept if key not in dict(known)]
        self._choose("personas", [*known, *gone])
        gates = [(each.key, f"Who sends {each.title}") for each in Form.objects.order_by("title", "pk")]
        self._choose("form", [("", "Everybody"), *gates])
        if asset is not None:
            del self.fields["key"]
        self.fields["file"].help_text = f"Up to {settings.CONFIG.upload_limit_mb:,} MB: {said_endings()}."

    def clean_key(self) -> str:
        """A key that nobody else has."""
        written = str(self.cleaned_data["key"] or self.data.get("title", ""))
        key = slugify(written)[:60].strip("-")
        if not written.strip():
            # The title says that it is missing.
            return ""
        if not key:
            raise forms.ValidationError("Write a key of letters from a to z, figures and hyphens.")
        if Asset.objects.filter(key=key).exists():
            raise forms.ValidationError(f"There is an asset with the key {key} already.")
        return key

    def clean_language(self) -> str:
        """The language as it is kept."""
        written = str(self.cleaned_data["language"])
        found = read_language(written) if written else ""
        if found is None:
            raise forms.ValidationError(f"No language is called {written}.")
        return found

    def clean_file(self) -> UploadedFile[bytes] | None:
        """A file that is what its name says."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is None:
            return None
        limit = settings.CONFIG.upload_limit_mb
        if file.size is not None and file.size > limit * 1_000_000:
            raise forms.ValidationError(f"This file is larger than {limit:,} MB.")
        media_type = media_type_of(file, str(file.name))  # type: ignore[arg-type]
        if media_type is None:
            raise forms.ValidationError(
                f"By its content this is none of the kinds that are taken: {said_endings()}. Pages and drawings that"
                " can run programs in a browser are not."
            )
        self.media_type = media_type
        return file

    def clean_address(self) -> str:
        """A whole address of a page."""
        written = str(self.cleaned_data["address"]).strip()
        if not written:
            return ""
        found = read_return(written)
        if found is None:
            raise forms.ValidationError("Write a whole address that begins with https:// or http://.")
        return found

    def clean(self) -> dict[str, Any]:
        """Either a file or an address, not both."""
        said = super().clean() or self.cleaned_data
        file, address = said.get("file"), said.get("address")
        if file and address:
            self.add_error("address", "Choose a file or write an address, not both.")
        has_one = self.asset is not None and self.asset.version_id is not None
        if not file and not address and not has_one and not {"file", "address"} & set(self.errors):
            self.add_error("file", "Choose a file, or write an address below.")
        return said

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def start_of(asset: Asset) -> dict[str, Any]:
    """What the form of an asset holds at first."""
    return {
        "title": asset.title,
        "kind": asset.kind,
        "content_stage": asset.content_stage,
        "personas": asset.personas,
        "language": asset.language,
        "summary": asset.summary,
        "form": asset.form.key if asset.form else "",
        "address": asset.address,
    }

"""Forms of the import pages: the file, and which column is which field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from ripeline.gateway.imports.columns import trait_name
from ripeline.gateway.imports.mapping import LONGEST, ColumnRule, Mapping, MappingMistakes, read_mapping
from ripeline.gateway.imports.names import SHARED
from ripeline.gateway.imports.survey import Survey

_FIELDS = (
    ("ignore", "leave aside"),
    ("trait", "a trait of its own"),
    ("email", "email"),
    ("external_id", "key elsewhere"),
    ("first_name", "first name"),
    ("last_name", "last name"),
    ("full_name", "whole name"),
    ("phone", "phone"),
    ("title", "job title"),
    ("seniority", "seniority"),
    ("company", "company"),
    ("domain", "website"),
    ("industry", "industry"),
    ("employees", "number of employees"),
    ("country", "country"),
    ("language", "language"),
    ("time_zone", "time zone"),
    ("source", "source"),
    ("owner", "owner"),
    ("tags", "tags"),
    ("created_at", "known since"),
)
_READS = (("text", "text"), ("number", "number"), ("yes_no", "yes or no"), ("date", "date"))
_ORDERS = (("", "as found"), ("dmy", "day first"), ("mdy", "month first"), ("ymd", "year first"))
_TITLES = dict(_FIELDS)


class FileForm(forms.Form):
    """The file to bring in and, if there is one, the mapping that says how."""

    file = forms.FileField(
        label="File",
        allow_empty_file=False,
        help_text="CSV as any program exports it; touches as JSON Lines, or as CSV with the columns person, kind, at.",
        error_messages={"empty": "This file is empty.", "required": "Choose a file."},
    )
    mapping = forms.FileField(
        label="Mapping", required=False, help_text="A YAML file from an earlier import or from examples/."
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """The file, if it is not larger than this installation takes."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        limit = settings.CONFIG.upload_limit_mb
        if file.size is not None and file.size > limit * 1_000_000:
            size = f"{file.size / 1_000_000:,.1f}"
            raise forms.ValidationError(
                f"This file has {size} MB; {limit:,} MB are the most that is taken here. Import it in parts, or"
                " with the command 'ripeline import' on the server."
            )
        return file

    def clean_mapping(self) -> str:
        """The mapping's text, known to be one."""
        file: UploadedFile[bytes] | None = self.cleaned_data["mapping"]
        if file is None:
            return ""
        try:
            return read_mapping(file.read(LONGEST + 1))
        except MappingMistakes as mistakes:
            raise forms.ValidationError([str(mistake) for mistake in mistakes.mistakes]) from None


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One line of the columns' form: the column, what is in it, and its controls."""

    name: str
    why: str
    examples: tuple[str, ...]
    field: forms.BoundField
    trait: forms.BoundField
    reads: forms.BoundField
    order: forms.BoundField


class ColumnsForm(forms.Form):
    """Which column is which field, and what happens to contacts we know."""

    existing = forms.ChoiceField(
        label="People we know already",
        choices=(
            ("overwrite", "take what the file says"),
            ("fill", "fill only what is empty"),
            ("leave", "leave them as they are"),
        ),
        help_text="An empty cell never empties anything.",
    )
    key_prefix = forms.CharField(
        label="Name of the system the keys are of",
        required=False,
        max_length=40,
        help_text="Keeps key 7 of one system apart from key 7 of another.",
    )
    country = forms.CharField(
        label="Country of phone numbers",
        required=False,
        max_length=2,
        min_length=2,
        help_text="Two letters, for numbers written without a country code.",
    )

    def __init__(self, data: Any = None, *, look: Survey) -> None:
        mapping = look.mapping
        super().__init__(
            data,
            initial={
                "existing": mapping.existing,
                "key_prefix": mapping.key_prefix,
                "country": mapping.country or "",
            },
        )
        self._look = look
        for number, guess in enumerate(look.guesses):
            self._add_column(number, guess.column, mapping.columns[guess.column])

    def lines(self) -> Iterator[ColumnLine]:
        """One line a column, in the order of the file."""
        for number, guess in enumerate(self._look.guesses):
            named = [self[f"{part}_{number}"] for part in ("field", "trait", "reads", "order")]
            yield ColumnLine(guess.column, guess.why, guess.examples, *named)

    def mapping(self) -> Mapping:
        """The mapping as the form has it; what the form does not show stays as it was."""
        rules = {}
        for number, guess in enumerate(self._look.guesses):
            was = self._look.mapping.columns[guess.column]
            rules[guess.column] = was.model_copy(
                update={
                    "field": self.cleaned_data[f"field_{number}"],
                    "trait": self.cleaned_data[f"trait_{number}"].strip(),
                    "reads": self.cleaned_data[f"reads_{number}"],
                    "order": self.cleaned_data[f"order_{number}"] or None,
                }
            )
        return self._look.mapping.model_copy(
            update={
                "columns": rules,
                "existing": self.cleaned_data["existing"],
                "key_prefix": self.cleaned_data["key_prefix"].strip(),
                "country": self.cleaned_data["country"].strip().upper() or None,
            }
        )

    def clean(self) -> dict[str, Any]:
        """One column a field, where a field holds one value; and somebody to be recognised by."""
        chosen: dict[str, list[str]] = {}
        for number, guess in enumerate(self._look.guesses):
            chosen.setdefault(self.cleaned_data.get(f"field_{number}", ""), []).append(guess.column)
        for field, columns in chosen.items():
            if field and field not in SHARED and len(columns) > 1:
                named = " and ".join(f"'{column}'" for column in columns)
                self.add_error(None, f"{named} cannot both be the {_TITLES[field]}: choose one.")
        if not chosen.get("email") and not chosen.get("external_id"):
            self.add_error(
                None, "Say which column is the email or the key elsewhere: people are recognised by it."
            )
        return self.cleaned_data

    def _add_column(self, number: int, name: str, rule: ColumnRule) -> None:
        self.fields[f"field_{number}"] = _choice("field", _FIELDS, rule.field, f"What {name} is")
        self.fields[f"reads_{number}"] = _choice("reads", _READS, rule.reads, f"How {name} is read")
        self.fields[f"order_{number}"] = _choice(
            "order", _ORDERS, rule.order or "", f"Dates of {name}", required=False
        )
        self.fields[f"trait_{number}"] = forms.CharField(
            required=False,
            max_length=60,
            initial=(rule.trait or trait_name(name)) if rule.field == "trait" else "",
            widget=forms.TextInput(attrs={"class": "form-control", "aria-label": f"Trait of {name}"}),
        )


def _choice(
    part: str, choices: tuple[tuple[str, str], ...], initial: str, label: str, *, required: bool = True
) -> forms.ChoiceField:
    """`part` is what the page's style goes by, to show the rest of a line where it says something."""
    select = forms.Select(attrs={"class": "form-select", "aria-label": label, "data-of": part})
    return forms.ChoiceField(choices=choices, initial=initial, widget=select, required=required)

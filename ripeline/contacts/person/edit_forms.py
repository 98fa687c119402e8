"""Who somebody is, as a form: several addresses and numbers, one a line; traits of one's own, `name: value`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf.locale import LANG_INFO

from ripeline.contacts.person.whereabouts import countries
from ripeline.lifecycle.touch import Scalar
from ripeline.people.contacts import ContactDraft
from ripeline.people.models import Company, User
from ripeline.people.phones import read_phone
from ripeline.people.values import read_addresses, read_domain, read_tags
from ripeline.timeline.changes import PERSONAL, CompanyDraft

SENIORITIES = (
    *("owner", "c_level", "vp", "director", "head", "manager", "senior", "specialist", "staff", "entry"),
    "student",
)
_LINES = {"rows": 2}


class ContactForm(forms.Form):
    """What is known of a contact. `draft` gives it back in the form in which it is changed."""

    first_name = forms.CharField(label="First name", max_length=100, required=False)
    last_name = forms.CharField(label="Last name", max_length=100, required=False)
    emails = forms.CharField(
        label="Email addresses",
        help_text="One a line; the first is the one we write to.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs=_LINES),
    )
    phones = forms.CharField(
        label="Phone numbers",
        help_text="One a line, with the country: +31 20 123 4567.",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs=_LINES),
    )
    title = forms.CharField(label="Job title", max_length=160, required=False)
    seniority = forms.ChoiceField(label="Seniority", required=False)
    company = forms.CharField(
        label="Company",
        help_text="A company we do not know yet is added.",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "companies"}),
    )
    country = forms.ChoiceField(label="Country", required=False)
    language = forms.ChoiceField(label="Language", required=False)
    time_zone = forms.ChoiceField(label="Time zone", required=False)
    source = forms.CharField(label="Source", max_length=80, required=False)
    owner = forms.ModelChoiceField(
        label="Owner", queryset=User.objects.none(), required=False, empty_label="nobody yet"
    )
    tags = forms.CharField(label="Tags", help_text="Separated by commas.", max_length=1000, required=False)
    traits = forms.CharField(
        label="Traits of our own",
        help_text="One a line, as name: value. Rules may look at them, for example role: author.",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, data: Any = None, *, was: ContactDraft) -> None:
        super().__init__(data, initial=_initial(was), auto_id="contact-%s")
        self.was = was
        languages = sorted({code.partition("-")[0] for code in LANG_INFO})
        self._offer("seniority", [(each, _level(each)) for each in SENIORITIES], was.seniority)
        self._offer("country", countries(), was.country)
        self._offer("language", [(code, _language(code)) for code in languages], was.language)
        self._offer("time_zone", [(zone, zone) for zone in sorted(available_timezones())], was.time_zone)
        self.fields["owner"].queryset = User.objects.filter(is_active=True).order_by("name", "email")  # type: ignore[attr-defined]

    def clean_emails(self) -> tuple[str, ...]:
        """Addresses mail can be sent to, lower case, once each."""
        found: list[str] = []
        wrong: list[str] = []
        for line in _lines(self.cleaned_data["emails"]):
            read = read_addresses(line)
            found += read.good
            wrong += read.bad
        if wrong:
            raise forms.ValidationError([f"“{line}” is no email address." for line in wrong])
        return tuple(dict.fromkeys(found))

    def clean_phones(self) -> tuple[str, ...]:
        """Numbers in international form where they can be understood, else as typed."""
        country = self.data.get("country") or None
        return tuple(dict.fromkeys(read_phone(line, country) for line in _lines(self.cleaned_data["phones"])))

    def clean_tags(self) -> tuple[str, ...]:
        """Tags, once each."""
        return tuple(dict.fromkeys(tag[:80] for tag in read_tags(self.cleaned_data["tags"])))

    def clean_traits(self) -> dict[str, Scalar]:
        """Traits by name; numbers and yes or no become such."""
        found: dict[str, Scalar] = {}
        for line in _lines(self.cleaned_data["traits"]):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or not name or not value:
                raise forms.ValidationError(f"“{line}” is not of the form name: value.")
            key = name.replace(" ", "_")
            if key in PERSONAL:
                raise forms.ValidationError(f"{name.capitalize()} has a field of its own above.")
            found[key] = _scalar(value, self.was.traits.get(key))
        return found

    def clean(self) -> dict[str, Any]:
        """Somebody needs a name or an address."""
        given = super().clean() or {}
        named = any(given.get(name) for name in ("first_name", "last_name", "emails", "phones"))
        if not named and not self.errors:
            raise forms.ValidationError(
                "Give a name, an address or a number, so that they can be found again."
            )
        return given

    def draft(self, company: Company | None) -> ContactDraft:
        """What was filled in; keys of other systems stay as they were."""
        given = {
            name: value for name, value in self.cleaned_data.items() if name not in ("company", "arrival")
        }
        return replace(self.was, **given, name="", company=company)

    def _offer(self, name: str, choices: list[tuple[str, str]], present: str) -> None:
        """The usual choices, and the present value where it is none of them."""
        if present and present not in {value for value, _ in choices}:
            choices = [(present, present), *choices]
        self.fields[name].choices = [("", "–"), *choices]  # type: ignore[attr-defined]


class NewContactForm(ContactForm):
    """Who somebody new is, and how we know of them."""

    arrival = forms.ChoiceField(
        label="How do we know them?",
        choices=[
            ("identified", "They told us who they are"),
            ("imported", "From a list, a card, a colleague"),
        ],
        initial="identified",
    )


class CompanyForm(forms.Form):
    """What is known of a company."""

    name = forms.CharField(label="Name", max_length=200)
    domain = forms.CharField(label="Domain", help_text="Such as example.org.", max_length=253, required=False)
    industry = forms.CharField(label="Industry", max_length=80, required=False)
    employees = forms.IntegerField(label="Employees", min_value=0, max_value=10_000_000, required=False)
    country = forms.ChoiceField(label="Country", required=False)

    def __init__(self, data: Any = None, *, company: Company) -> None:
        initial = {
            name: getattr(company, name) for name in ("name", "domain", "industry", "employees", "country")
        }
        super().__init__(data, initial=initial, auto_id="company-%s")
        self.company = company
        names = [("", "–"), *countries()]
        if company.country and company.country not in dict(names):
            names.insert(1, (company.country, company.country))
        self.fields["country"].choices = names  # type: ignore[attr-defined]

    def clean_domain(self) -> str | None:
        """A host name that no other company has, or None."""
        typed: str = self.cleaned_data["domain"].strip()
        if not typed:
            return None
        domain = read_domain(typed)
        if domain is None:
            raise forms.ValidationError("Write a domain such as example.org.")
        other = Company.objects.filter(domain=domain).exclude(pk=self.company.pk).first()
        if other:
            raise forms.ValidationError(f"{domain} belongs to {other}.")
        return domain

    def draft(self) -> CompanyDraft:
        """What was filled in."""
        return CompanyDraft(**self.cleaned_data)


def _level(seniority: str) -> str:
    return "VP" if seniority == "vp" else seniority.replace("_", " ").capitalize()


def _initial(was: ContactDraft) -> dict[str, object]:
    first, last = was.first_name, was.last_name
    if not first and not last:
        first, _, last = was.name.rpartition(" ")
    return {
        **{name: getattr(was, name) or was.traits.get(name, "") for name in PERSONAL},
        "time_zone": was.time_zone,
        "source": was.source,
        "first_name": first,
        "last_name": last,
        "emails": "\n".join(was.emails),
        "phones": "\n".join(was.phones),
        "company": was.company.name if was.company else "",
        "owner": was.owner,
        "tags": ", ".join(was.tags),
        "traits": "\n".join(
            f"{name}: {_written(value)}" for name, value in sorted(was.traits.items()) if name not in PERSONAL
        ),
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _language(code: str) -> str:
    return str(LANG_INFO.get(code, {}).get("name", code))


def _written(value: Scalar) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.15g}" if isinstance(value, int | float) else str(value)


def _scalar(text: str, was: Scalar) -> Scalar:
    """What is written is a number where it looks like one, and yes or no where it was that before."""
    if was is not None and text == _written(was):
        return was
    if isinstance(was, bool) and text.lower() in ("yes", "no"):
        return text.lower() == "yes"
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number) or isinstance(was, str):
        return text
    return int(number) if number.is_integer() and "." not in text and "e" not in text.lower() else number

"""Who somebody is, as a form: several addresses and numbers, one a line; traits of one's own, `name: value`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf.locale import LANG_INFO
from django.db.models import Q

from ripeline.contacts.person.lines import read_lines, read_traits, write_lines, write_traits
from ripeline.contacts.person.once import OnceForm
from ripeline.contacts.person.opened import OpenedForm
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
_NAMED = ("first_name", "last_name", "emails", "phones")


class ContactForm(OpenedForm):
    """What is known of a contact. `draft` gives it back in the form in which it is changed."""

    first_name = forms.CharField(label="First name", max_length=100, required=False)
    last_name = forms.CharField(label="Last name", max_length=100, required=False)
    emails = forms.CharField(
        label="Email addresses",
        help_text="One a line; the first is the one we write to.",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs=_LINES),
    )
    phones = forms.CharField(
        label="Phone numbers",
        help_text="One a line, with the country: +31 20 123 4567.",
        required=False,
        max_length=20_000,
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
    tags = forms.CharField(
        label="Tags",
        help_text="One a line, or separated by commas.",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs=_LINES),
    )
    traits = forms.CharField(
        label="Traits of our own",
        help_text="One a line, as name: value. Rules may look at them, for example role: author.",
        required=False,
        max_length=60_000,
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
        offered = Q(is_active=True) | Q(pk=was.owner.pk if was.owner else None)
        self.fields["owner"].queryset = User.objects.filter(offered).order_by("name", "email")  # type: ignore[attr-defined]

    def clean_emails(self) -> tuple[str, ...]:
        """Addresses mail can be sent to, lower case, once each."""
        wrong: list[str] = []

        def read(line: str) -> tuple[str, ...]:
            found = read_addresses(line)
            wrong.extend(found.bad)
            return tuple(found.good)

        emails = read_lines(self.cleaned_data["emails"], self.was.emails, read)
        if wrong:
            raise forms.ValidationError([f"“{line}” is no email address." for line in wrong])
        return emails

    def clean_phones(self) -> tuple[str, ...]:
        """Numbers in international form where they can be understood, else as typed."""
        country = self.data.get("country") or None
        return read_lines(
            self.cleaned_data["phones"], self.was.phones, lambda line: (read_phone(line, country),)
        )

    def clean_tags(self) -> tuple[str, ...]:
        """Tags, once each."""
        return read_lines(self.cleaned_data["tags"], self.was.tags, read_tags)

    def clean_traits(self) -> dict[str, Scalar]:
        """Traits by name; those that have a field of their own stay out of this one."""
        try:
            found = read_traits(self.cleaned_data["traits"], _own_traits(self.was))
        except ValueError as trouble:
            raise forms.ValidationError(str(trouble)) from None
        for name in PERSONAL:
            if name in found:
                raise forms.ValidationError(f"{name.capitalize()} has a field of its own above.")
        return found

    def clean(self) -> dict[str, Any]:
        """Somebody needs a name or an address; who has had none so far need not get one now."""
        given = super().clean()
        is_asked = not self.was.key or not self.changed.isdisjoint(_NAMED)
        if is_asked and not any(given.get(name) for name in _NAMED) and not self.errors:
            raise forms.ValidationError(
                "Give a name, an address or a number, so that they can be found again."
            )
        return given

    def draft(self, company: Company | None) -> ContactDraft:
        """What was filled in, `company` standing for the one named; all that was left alone stays as it was."""
        given = {name: self.cleaned_data[name] for name in self.changed if name in _DRAFTED}
        if not self.changed.isdisjoint(("first_name", "last_name")):
            shown = {"first_name": self["first_name"].initial, "last_name": self["last_name"].initial}
            given = shown | given | {"name": ""}
        if "company" in self.changed:
            given["company"] = company
        if not self.changed.isdisjoint(("traits", *PERSONAL)):
            # A trait of the same name would come back where its field was emptied.
            behind = {
                name: value
                for name, value in self.was.traits.items()
                if name in PERSONAL and name not in self.changed
            }
            given["traits"] = given.get("traits", _own_traits(self.was)) | behind
        return replace(self.was, **given)

    def _offer(self, name: str, choices: list[tuple[str, str]], present: str) -> None:
        """The usual choices, and the present value where it is none of them."""
        if present and present not in {value for value, _ in choices}:
            choices = [(present, present), *choices]
        self.fields[name].choices = [("", "–"), *choices]  # type: ignore[attr-defined]


_DRAFTED = frozenset(ContactForm.base_fields) - {"company"}


class NewContactForm(OnceForm, ContactForm):
    """Who somebody new is, and how we know of them."""

    arrival = forms.ChoiceField(
        label="How do we know them?",
        choices=[
            ("identified", "They told us who they are"),
            ("imported", "From a list, a card, a colleague"),
        ],
        initial="identified",
    )


class CompanyForm(OpenedForm):
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
        """What was filled in; what was left alone stays as it was."""
        given = {
            name: self.cleaned_data[name] if name in self.changed else getattr(self.company, name)
            for name in self.fields
        }
        return CompanyDraft(**given)


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
        "emails": write_lines(was.emails),
        "phones": write_lines(was.phones),
        "company": was.company.name if was.company else "",
        "owner": was.owner,
        "tags": write_lines(was.tags),
        "traits": write_traits(_own_traits(was)),
    }


def _own_traits(was: ContactDraft) -> dict[str, Scalar]:
    """The traits that have no field of their own."""
    return {name: value for name, value in was.traits.items() if name not in PERSONAL}


def _language(code: str) -> str:
    return str(LANG_INFO.get(code, {}).get("name", code))

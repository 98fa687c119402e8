"""Changing who somebody is, adding somebody new, and changing a company."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ripeline.contacts.person.contact_page import find_contact, way_back
from ripeline.contacts.person.edit_forms import CompanyForm, ContactForm, NewContactForm
from ripeline.people.contacts import ContactDraft
from ripeline.people.models import Company, Contact, User
from ripeline.people.permissions import changeable_by, may_change
from ripeline.timeline.changes import (
    Taken,
    TooManyPeople,
    add_contact,
    change_company,
    change_contact,
    draft_of,
)
from ripeline.timeline.identities.living import hold_contact


@require_http_methods(["GET", "HEAD", "POST"])
def edit_contact(request: HttpRequest, key: str) -> HttpResponse:
    """Shows and takes the form of who a contact is."""
    if request.method == "POST":
        return _save_contact(request, key)
    contact = _find_changeable(request, key)
    return _show_contact_form(request, contact, ContactForm(was=draft_of(contact)))


@require_http_methods(["GET", "HEAD", "POST"])
def new_contact(request: HttpRequest) -> HttpResponse:
    """Shows and takes the form of somebody new."""
    user = request.user
    assert isinstance(user, User)
    form = NewContactForm(request.POST if request.method == "POST" else None, was=ContactDraft(owner=user))
    if form.is_bound and form.is_valid():
        done = _add(form, user, timezone.now())
        if isinstance(done, Contact):
            messages.success(request, f"{done} is a contact now.")
            return redirect("contact", key=done.key)
        form.add_error("emails", _say_taken(done))
    return _show(request, "contacts/contact_new.html", form)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_company(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows and takes the form of a company; who may change all of its contacts may change it."""
    if request.method == "POST":
        return _save_company(request, pk)
    company = _find_changeable_company(request, pk)
    return _show(request, "contacts/company_edit.html", CompanyForm(company=company), company=company)


def _save_contact(request: HttpRequest, key: str) -> HttpResponse:
    done: object = None
    with transaction.atomic():
        # Locked before it is read: the form is compared with what is there, which nobody may change meanwhile.
        hold_contact(key)
        contact = _find_changeable(request, key)
        form = ContactForm(request.POST, was=draft_of(contact))
        if form.is_valid():
            now = timezone.now()
            done = change_contact(contact, form.draft(_company(form, now)), now=now)
        if isinstance(done, Taken):
            transaction.set_rollback(True)
    if isinstance(done, Taken):
        form.add_error("emails", _say_taken(done))
    if not form.is_valid():
        return _show_contact_form(request, contact, form)
    messages.success(request, f"{contact} is up to date.")
    return redirect(way_back(request, contact))


def _save_company(request: HttpRequest, pk: int) -> HttpResponse:
    changed = 0
    try:
        with transaction.atomic():
            Company.objects.select_for_update(no_key=True).filter(pk=pk).first()
            company = _find_changeable_company(request, pk)
            form = CompanyForm(request.POST, company=company)
            if form.is_valid():
                changed = change_company(company, form.draft(), now=timezone.now())
    except TooManyPeople as many:
        form.add_error(None, str(many))
    except IntegrityError:
        # Another company got the domain just now: looked at again, the form says which.
        company = _find_changeable_company(request, pk)
        form = CompanyForm(request.POST, company=company)
    if not form.is_valid():
        return _show(request, "contacts/company_edit.html", form, company=company)
    told = f" Traits of {changed} contact{'' if changed == 1 else 's'} follow." if changed else ""
    messages.success(request, f"{company} is up to date.{told}")
    return redirect("company", pk=company.pk)


def _add(form: NewContactForm, by: User, now: datetime) -> Contact | Taken:
    with transaction.atomic():
        draft = replace(form.draft(_company(form, now)), key=form.uid)
        done = add_contact(draft, arrival=form.cleaned_data["arrival"], by=by, now=now)
        # Whom the same form made before keeps their company; one made here just now is not wanted.
        if isinstance(done, Taken) or done.company != draft.company:
            transaction.set_rollback(True)
    return done


def _find_changeable(request: HttpRequest, key: str) -> Contact:
    """The contact, where this user may change them. Raises Http404 and PermissionDenied."""
    contact, user = find_contact(key), request.user
    if not isinstance(user, User) or not may_change(user, contact):
        raise PermissionDenied(
            f"{contact} belongs to {contact.owner}, who may change them; so may marketing."
        )
    return contact


def _find_changeable_company(request: HttpRequest, pk: int) -> Company:
    company, user = get_object_or_404(Company, pk=pk), request.user
    if not isinstance(user, User) or not may_change_company(user, company):
        raise PermissionDenied(f"Some contacts of {company} belong to colleagues. Ask them, or marketing.")
    return company


def may_change_company(user: User, company: Company) -> bool:
    """Whether every contact of the company is one that `user` may change."""
    staff = Contact.objects.filter(company=company)
    return staff.count() == staff.filter(changeable_by(user)).count()


def _company(form: ContactForm, now: datetime) -> Company | None:
    """The company named in the form: the one they are at, another we know, or a new one."""
    if "company" not in form.changed:
        return form.was.company
    name: str = form.cleaned_data["company"].strip()
    if not name:
        return None
    known = Company.objects.filter(name__iexact=name).order_by("pk").first()
    return known or Company.objects.create(name=name, created_at=now, updated_at=now)


def _say_taken(taken: Taken) -> str:
    other = Contact.objects.get(pk=taken.contact_id)
    return f"{taken.value} leads to {other} already. One address leads to one contact."


def _show_contact_form(request: HttpRequest, contact: Contact, form: ContactForm) -> HttpResponse:
    back = way_back(request, contact)
    return _show(request, "contacts/contact_edit.html", form, contact=contact, back=back)


def _show(request: HttpRequest, template: str, form: object, **context: object) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    companies = Company.objects.order_by("name").values_list("name", flat=True)[:500]
    return render(request, template, {"form": form, "companies": companies, **context}, status=status)

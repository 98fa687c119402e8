"""Addresses of one contact and of one company."""

from django.urls import path

from ripeline.contacts.company import company_page
from ripeline.contacts.person import contact_page, edit, moving
from ripeline.kit.paths import register_paths

register_paths()

urlpatterns = [
    path("contacts/new", edit.new_contact, name="contact_new"),
    path("contacts/<key:key>", contact_page.contact_page, name="contact"),
    path("contacts/<key:key>/edit", edit.edit_contact, name="contact_edit"),
    path("contacts/<key:key>/moves", moving.make_move, name="contact_moves"),
    path("contacts/<key:key>/moves/<key:uid>/undo", moving.undo_move, name="contact_move_undo"),
    path("contacts/<key:key>/answers", moving.record_answer, name="contact_answers"),
    path("contacts/<key:key>/touches", moving.log_touch, name="contact_touches"),
    path("companies/<int:pk>", company_page.company_page, name="company"),
    path("companies/<int:pk>/edit", edit.edit_company, name="company_edit"),
]

"""Addresses of one contact and of one company."""

from django.urls import path

from ripeline.contacts.company import company_page
from ripeline.contacts.merging import merge_pages, suggested_page
from ripeline.contacts.person import consents, contact_page, edit, moving
from ripeline.kit.paths import register_paths

register_paths()

urlpatterns = [
    path("contacts/new", edit.new_contact, name="contact_new"),
    path("contacts/merges", suggested_page.suggested_merges, name="contact_merges"),
    path("contacts/merges/<int:pk>/undo", merge_pages.undo_merge, name="contact_merge_undo"),
    path("contacts/<key:key>", contact_page.contact_page, name="contact"),
    path("contacts/<key:key>/edit", edit.edit_contact, name="contact_edit"),
    path("contacts/<key:key>/moves", moving.make_move, name="contact_moves"),
    path("contacts/<key:key>/answers", moving.record_answer, name="contact_answers"),
    path("contacts/<key:key>/touches", moving.log_touch, name="contact_touches"),
    path("contacts/<key:key>/consent", consents.note_by_hand, name="contact_consent"),
    path("contacts/<key:key>/consent/<key:source>/undo", consents.undo_by_hand, name="contact_consent_undo"),
    path("contacts/<key:key>/touches/<key:uid>/undo", moving.undo_touch, name="contact_touch_undo"),
    path("contacts/<key:key>/merge", merge_pages.choose_other, name="contact_merge"),
    path("contacts/<key:key>/merge/<key:other>", merge_pages.compare, name="contact_merge_with"),
    path("contacts/<key:key>/apart/<key:other>", suggested_page.keep_two_apart, name="contact_keep_apart"),
    path("companies/<int:pk>", company_page.company_page, name="company"),
    path("companies/<int:pk>/edit", edit.edit_company, name="company_edit"),
]

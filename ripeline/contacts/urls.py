"""Addresses of the pages about people."""

from django.urls import include, path

from ripeline.contacts.lists import companies, export, palette, saved_views, views_bulk, views_list

urlpatterns = [
    path("contacts/", views_list.contacts_list, name="contacts"),
    path("contacts/count", views_list.contacts_count, name="contacts_count"),
    path("contacts/columns", views_list.contacts_columns, name="contacts_columns"),
    path("contacts/export.csv", export.contacts_export, name="contacts_export"),
    path("contacts/bulk", views_bulk.contacts_bulk, name="contacts_bulk"),
    path("contacts/bulk/undo", views_bulk.contacts_bulk_undo, name="contacts_bulk_undo"),
    path("contacts/views", saved_views.keep_view, name="contacts_view_keep"),
    path("contacts/views/<int:pk>/remove", saved_views.remove_view, name="contacts_view_remove"),
    path("contacts/views/<str:token>/restore", saved_views.restore_view, name="contacts_view_restore"),
    path("companies/", companies.companies_list, name="companies"),
    path("palette", palette.palette, name="palette"),
    # Last: a contact's key may be any word, so the pages above come before it.
    path("", include("ripeline.contacts.contact_urls")),
]

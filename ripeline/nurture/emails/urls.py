"""Addresses of the pages about emails."""

from django.urls import path

from ripeline.nurture.emails import preview_views, split_views, views

urlpatterns = [
    path("emails/", views.emails, name="emails"),
    path("emails/new", views.email_new, name="email_new"),
    path("emails/<slug:key>/", views.email, name="email"),
    path("emails/<slug:key>/edit", views.email_edit, name="email_edit"),
    path("emails/<slug:key>/blocks", views.email_blocks, name="email_blocks"),
    path("emails/<slug:key>/publish", views.email_publish, name="email_publish"),
    path("emails/<slug:key>/again/<int:number>", views.email_again, name="email_again"),
    path("emails/<slug:key>/archive", views.email_archive, name="email_archive"),
    path("emails/<slug:key>/restore", views.email_restore, name="email_restore"),
    path("emails/<slug:key>/preview", preview_views.email_preview, name="email_preview"),
    path("emails/<slug:key>/shown", preview_views.email_shown, name="email_shown"),
    path("emails/<slug:key>/links", preview_views.email_links, name="email_links"),
    path("emails/<slug:key>/test", preview_views.email_test, name="email_test"),
    path("emails/<slug:key>/split", split_views.email_split, name="email_split"),
    path("emails/<slug:key>/split/end", split_views.email_split_end, name="email_split_end"),
]

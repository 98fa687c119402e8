"""Addresses of the library: those for everybody, and those of the house."""

from django.urls import path

from ripeline.capture.library import public, views

urlpatterns = [
    path("a/<slug:key>/", public.asset_open, name="asset_open"),
    path("a/<str:token>", public.asset_signed, name="asset_signed"),
    path("library/", views.library, name="library"),
    path("library/coverage/", views.library_coverage, name="library_coverage"),
    path("library/assets/new", views.library_new, name="library_new"),
    path("library/assets/<slug:key>/", views.library_asset, name="library_asset"),
    path("library/assets/<slug:key>/edit", views.library_edit, name="library_edit"),
    path("library/assets/<slug:key>/archive", views.library_archive, name="library_archive"),
    path("library/assets/<slug:key>/restore", views.library_restore, name="library_restore"),
    path("library/assets/<slug:key>/versions/<int:number>", views.library_file, name="library_file"),
    path("library/assets/<slug:key>/versions/<int:number>/again", views.library_again, name="library_again"),
]

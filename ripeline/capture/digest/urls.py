"""Addresses of the page about events' names."""

from django.urls import path

from ripeline.capture.digest import name_pages

urlpatterns = [
    path("", name_pages.names_page, name="website_names"),
    path("try/", name_pages.name_try, name="website_name_try"),
    path("keep/", name_pages.name_keep, name="website_name_keep"),
    path("<int:pk>/remove/", name_pages.name_remove, name="website_name_remove"),
]

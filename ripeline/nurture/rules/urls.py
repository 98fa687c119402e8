"""Addresses of the rules of sending, and of why a mail did not go."""

from django.urls import path

from ripeline.nurture.rules import pages

urlpatterns = [
    path("sending/rules/", pages.sending_rules, name="sending_rules"),
    path("sending/rules/keep", pages.sending_rules_keep, name="sending_rules_keep"),
    path("sending/why/<str:key>/", pages.sending_why, name="sending_why"),
    path("sending/why/<str:kind>/<int:source>/", pages.sending_why_source, name="sending_why_source"),
]

"""Addresses of forms: those for everybody, and those of the house."""

from django.urls import path

from ripeline.capture.forms import public

urlpatterns = [
    path("f/<slug:key>/", public.form_public, name="form_public"),
    path("f/<slug:key>/thanks/", public.form_thanks, name="form_thanks"),
    path("f/<slug:key>/beat/", public.form_beat, name="form_beat"),
]

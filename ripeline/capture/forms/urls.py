"""Addresses of forms: those for everybody, and those of the house."""

from django.urls import path

from ripeline.capture.forms import builder, mapping, public, sharing, views

urlpatterns = [
    path("f/confirm/<slug:key>/", public.form_confirm, name="form_confirm"),
    path("f/<slug:key>/", public.form_public, name="form_public"),
    path("f/<slug:key>.js", public.form_script, name="form_script"),
    path("f/<slug:key>/thanks/", public.form_thanks, name="form_thanks"),
    path("f/<slug:key>/beat/", public.form_beat, name="form_beat"),
    path("forms/", views.forms, name="forms"),
    path("forms/new", views.form_new, name="form_new"),
    path("forms/<slug:key>/", views.form_page, name="form"),
    path("forms/<slug:key>/edit", builder.form_edit, name="form_edit"),
    path("forms/<slug:key>/try", builder.form_try, name="form_try"),
    path("forms/<slug:key>/share", sharing.form_share, name="form_share"),
    path("forms/<slug:key>/sites", sharing.form_origins, name="form_origins"),
    path("forms/<slug:key>/names", mapping.form_names, name="form_names"),
    path("forms/<slug:key>/use", views.form_publish, name="form_publish"),
    path("forms/<slug:key>/close", views.form_close, name="form_close"),
    path("forms/<slug:key>/sent/<int:pk>", views.submission_page, name="form_submission"),
    path("forms/<slug:key>/sent/<int:pk>/release", views.submission_release, name="form_submission_release"),
]

"""Addresses of segments."""

from django.urls import path

from ripeline.nurture.segments import acting, builder, views

urlpatterns = [
    path("segments/", views.segments, name="segments"),
    path("segments/new", builder.segment_new, name="segment_new"),
    path("segments/count", builder.segment_count, name="segment_count"),
    path("segments/<slug:key>/", views.segment, name="segment"),
    path("segments/<slug:key>/edit", builder.segment_edit, name="segment_edit"),
    path("segments/<slug:key>/rename", acting.segment_rename, name="segment_rename"),
    path("segments/<slug:key>/archive", acting.segment_archive, name="segment_archive"),
    path("segments/<slug:key>/restore", acting.segment_restore, name="segment_restore"),
    path("segments/<slug:key>/refresh", acting.segment_refresh, name="segment_refresh"),
    path("segments/<slug:key>/people", acting.segment_put, name="segment_put"),
    path("segments/<slug:key>/people/<str:contact>/", views.segment_person, name="segment_person"),
    path("segments/<slug:key>/people/<str:contact>/remove", acting.segment_take, name="segment_take"),
]

"""Addresses of the playbook page."""

from django.urls import path

from ripeline.playbooks import views

urlpatterns = [
    path("", views.playbook, name="playbook"),
    path("<slug:version>/", views.playbook_at, name="playbook_version"),
]

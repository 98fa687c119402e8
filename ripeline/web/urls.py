"""Addresses of the frame's own pages."""

from django.urls import path

from ripeline.web import views

urlpatterns = [
    path("accounts/login/", views.SignIn.as_view(), name="account_login"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("settings/", views.settings, name="settings"),
]

"""Every address of the site, by feature."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    # Before allauth's: the sign-in page knows what to do on a new installation.
    path("", include("ripeline.web.urls")),
    path("", include("ripeline.insights.urls")),
    path("playbook/", include("ripeline.playbooks.urls")),
    path("", include("ripeline.gateway.urls")),
    path("", include("ripeline.contacts.urls")),
    path("accounts/", include("allauth.urls")),
]

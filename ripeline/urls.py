"""Every address of the site, by feature."""

from django.urls import URLPattern, URLResolver, include, path

handler400 = "ripeline.web.sorry.bad_request"
handler403 = "ripeline.web.sorry.forbidden"
handler404 = "ripeline.web.sorry.not_found"
handler500 = "ripeline.web.sorry.our_mistake"

urlpatterns: list[URLPattern | URLResolver] = [
    # Before allauth's: the sign-in page knows what to do on a new installation.
    path("", include("ripeline.web.urls")),
    path("", include("ripeline.insights.urls")),
    path("playbook/", include("ripeline.playbooks.urls")),
    path("", include("ripeline.gateway.urls")),
    path("", include("ripeline.capture.forms.urls")),
    path("", include("ripeline.capture.library.urls")),
    path("", include("ripeline.capture.landing.urls")),
    path("capture/", include("ripeline.capture.tracker.urls")),
    path("capture/rules/", include("ripeline.capture.verdicts.urls")),
    path("capture/events/", include("ripeline.capture.digest.urls")),
    path("", include("ripeline.nurture.emails.urls")),
    path("", include("ripeline.nurture.segments.urls")),
    path("", include("ripeline.nurture.sending.urls")),
    path("", include("ripeline.nurture.rules.urls")),
    path("", include("ripeline.nurture.doors.urls")),
    path("", include("ripeline.contacts.urls")),
    path("accounts/", include("allauth.urls")),
]

"""Addresses of the page about the rules of verdicts."""

from django.urls import path

from ripeline.capture.verdicts import pages

urlpatterns = [
    path("", pages.rules_page, name="website_rules"),
    path("try/", pages.rules_try, name="website_rules_try"),
    path("keep/", pages.rules_keep, name="website_rules_keep"),
    path("use/<str:version>/", pages.rules_use, name="website_rules_use"),
    path("again/", pages.judge_again, name="website_judge_again"),
    path("again/<int:pk>/cancel/", pages.judge_cancel, name="website_judge_cancel"),
]

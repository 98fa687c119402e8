"""Addresses that stand in mails, and to which mail providers report."""

from django.urls import path

from ripeline.nurture.doors import following, hooks, public

urlpatterns = [
    path("u/<str:token>/", public.mail_leave, name="mail_leave"),
    path("v/<str:token>/", public.mail_view, name="mail_view"),
    path("c/<str:token>/", following.mail_link, name="mail_link"),
    path("o/<str:token>.gif", following.mail_open, name="mail_open"),
    path("hooks/mail/<str:provider>/<str:secret>/", hooks.mail_hook, name="mail_hook"),
]

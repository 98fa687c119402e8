"""Addresses of the pages about sending."""

from django.urls import path

from ripeline.nurture.sending import mailbox_pages, pages, settings_pages

urlpatterns = [
    path("sending/", pages.sending, name="sending"),
    path("sending/<int:pk>/", pages.sending_one, name="sending_one"),
    path("sending/<int:pk>/arrived", pages.sending_arrived, name="sending_arrived"),
    path("sending/<int:pk>/again", pages.sending_again, name="sending_again"),
    path("sending/mailbox/", mailbox_pages.mailbox, name="sending_mailbox"),
    path("sending/mailbox/<int:pk>/", mailbox_pages.mailbox_mail, name="sending_mailbox_mail"),
    path("sending/mailbox/<int:pk>/shown", mailbox_pages.mailbox_shown, name="sending_mailbox_shown"),
    path("sending/settings/", settings_pages.sending_settings, name="sending_settings"),
    path("sending/settings/keep", settings_pages.sending_keep, name="sending_keep"),
    path("sending/settings/try", settings_pages.sending_try, name="sending_try"),
    path("sending/settings/stop", settings_pages.sending_stop, name="sending_stop"),
    path("sending/settings/go-on", settings_pages.sending_go_on, name="sending_go_on"),
]

"""Addresses of Today and of what one was told."""

from django.urls import path

from ripeline.insights import views

urlpatterns = [
    path("", views.today, name="today"),
    path("worker-line", views.worker_line, name="worker_line"),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.notifications_read, name="notifications_read"),
    path("notifications/<int:pk>/read/", views.notifications_read, name="notifications_read_one"),
    path("notifications/unread/<int:instant>/", views.notifications_unread, name="notifications_unread"),
]

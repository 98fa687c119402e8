"""Addresses of the pages about the website."""

from django.urls import path

from ripeline.capture.tracker import live_pages, setup_pages, visitor_pages

urlpatterns = [
    path("", visitor_pages.now, name="website"),
    path("sources/", visitor_pages.sources, name="website_sources"),
    path("sources/file/", visitor_pages.sources_file, name="website_sources_file"),
    path("live/", live_pages.live, name="website_live"),
    path("live/<int:pk>/", live_pages.event, name="website_event"),
    path("setup/", setup_pages.setup, name="website_setup"),
    path("setup/keys/", setup_pages.new_key, name="website_key_new"),
    path("setup/keys/<int:pk>/", setup_pages.key, name="website_key"),
    path("setup/keys/<int:pk>/check/", setup_pages.key_check, name="website_key_check"),
    path("setup/keys/<int:pk>/sites/", setup_pages.key_sites, name="website_key_sites"),
    path("setup/keys/<int:pk>/end/", setup_pages.key_end, name="website_key_end"),
]

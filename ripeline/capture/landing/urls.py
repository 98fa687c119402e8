"""Addresses of landing pages: those for everybody, and those of the house."""

from django.urls import path

from ripeline.capture.landing import public, split_views, views

urlpatterns = [
    path("p/pictures/<slug:digest>", public.landing_picture, name="landing_picture"),
    path("p/preview/<str:token>", public.landing_preview, name="landing_preview"),
    path("p/<slug:slug>/", public.landing_public, name="landing_public"),
    path("p/<slug:slug>/beat/", public.landing_beat, name="landing_beat"),
    path("p/<slug:slug>/get/<slug:key>/", public.landing_asset, name="landing_asset"),
    path("library/pages/", views.library_pages, name="library_pages"),
    path("library/pages/new", views.library_page_new, name="library_page_new"),
    path("library/pages/<slug:slug>/", views.library_page, name="library_page"),
    path("library/pages/<slug:slug>/edit", views.library_page_edit, name="library_page_edit"),
    path("library/pages/<slug:slug>/publish", views.library_page_publish, name="library_page_publish"),
    path("library/pages/<slug:slug>/down", views.library_page_down, name="library_page_down"),
    path("library/pages/<slug:slug>/again/<int:number>", views.library_page_again, name="library_page_again"),
    path("library/pages/<slug:slug>/split", split_views.library_page_split, name="library_page_split"),
    path(
        "library/pages/<slug:slug>/split/end",
        split_views.library_page_split_end,
        name="library_page_split_end",
    ),
]

"""Addresses of the import pages."""

from django.urls import path

from ripeline.gateway import views

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path("imports/<str:key>/", views.import_page, name="import"),
    path("imports/<str:key>/columns", views.columns, name="import_columns"),
    path("imports/<str:key>/start", views.start_import, name="import_start"),
    path("imports/<str:key>/undo", views.undo_import, name="import_undo"),
    path("imports/<str:key>/discard", views.discard_import, name="import_discard"),
    path("imports/<str:key>/rejected.csv", views.rejected, name="import_rejected"),
    path("imports/<str:key>/mapping.yaml", views.mapping_file, name="import_mapping"),
]

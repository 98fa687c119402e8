"""Addresses of the import pages."""

from django.urls import path

from ripeline.gateway import views
from ripeline.kit.paths import register_paths

register_paths()

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path("imports/<key:key>/", views.import_page, name="import"),
    path("imports/<key:key>/columns", views.columns, name="import_columns"),
    path("imports/<key:key>/start", views.start_import, name="import_start"),
    path("imports/<key:key>/undo", views.undo_import, name="import_undo"),
    path("imports/<key:key>/list", views.list_import, name="import_list"),
    path("imports/<key:key>/discard", views.discard_import, name="import_discard"),
    path("imports/<key:key>/rejected.csv", views.rejected, name="import_rejected"),
    path("imports/<key:key>/mapping.yaml", views.mapping_file, name="import_mapping"),
]

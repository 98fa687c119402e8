"""Addresses of the playbook, its versions and its drafts."""

from django.urls import path, re_path

from ripeline.playbooks import camps_views, publish_views, views, views_drafts, views_forms
from ripeline.playbooks.preview import views as previews

urlpatterns = [
    path("", views.playbook, name="playbook"),
    path("versions/", views.playbook_versions, name="playbook_versions"),
    path("changes/", views.playbook_changes, name="playbook_changes"),
    path("drafts/start", views_drafts.start, name="playbook_draft_start"),
    path("drafts/<int:pk>/", views_drafts.show, name="playbook_draft"),
    path("drafts/<int:pk>/text/", views_drafts.edit_text, name="playbook_draft_text"),
    path("drafts/<int:pk>/check", views_drafts.check, name="playbook_draft_check"),
    path("drafts/<int:pk>/name", views_drafts.rename, name="playbook_draft_rename"),
    path("drafts/<int:pk>/saves/", views_drafts.saves, name="playbook_draft_saves"),
    path("drafts/<int:pk>/back", views_drafts.go_back, name="playbook_draft_back"),
    path("drafts/<int:pk>/discard", views_drafts.discard, name="playbook_draft_discard"),
    path("drafts/<int:pk>/restore", views_drafts.restore, name="playbook_draft_restore"),
    path("drafts/<int:pk>/publish/", publish_views.publish_draft, name="playbook_draft_publish"),
    path("drafts/<int:pk>/<slug:part>/", views_forms.edit_part, name="playbook_draft_part"),
    path("drafts/<int:pk>/<slug:part>/<int:item>/", views_forms.edit_part, name="playbook_draft_item"),
    path("camps/", camps_views.camps, name="playbook_camps"),
    path("camps/start", camps_views.start, name="playbook_camp_start"),
    path("camps/end", camps_views.end, name="playbook_camp_end"),
    path("camps/<int:pk>/again", camps_views.again, name="playbook_camp_again"),
    path("camps/people/", camps_views.people, name="playbook_camps_people"),
    path("camps/progress/", camps_views.progress, name="playbook_camps_progress"),
    path("progress/", publish_views.progress, name="playbook_progress"),
    path("publications/", publish_views.history, name="playbook_publications"),
    path("publications/<int:pk>/", publish_views.publication, name="playbook_publication"),
    path("previews/", previews.previews, name="playbook_previews"),
    path("previews/start", previews.start, name="playbook_preview_start"),
    path("previews/<slug:key>/", previews.show, name="playbook_preview"),
    path("previews/<slug:key>/people/", previews.people, name="playbook_preview_people"),
    path("previews/<slug:key>/cancel", previews.cancel, name="playbook_preview_cancel"),
    re_path(
        r"^(?P<version>[0-9A-Fa-f]{8,64})/publish/$",
        publish_views.publish_version,
        name="playbook_version_publish",
    ),
    re_path(r"^(?P<version>[0-9A-Fa-f]{8,64})/back$", publish_views.go_back, name="playbook_version_back"),
    re_path(r"^(?P<version>[0-9A-Fa-f]{8,64})/$", views.playbook_at, name="playbook_version"),
]

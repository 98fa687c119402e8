"""Addresses of the playbook, its versions and its drafts."""

from django.urls import path, re_path

from ripeline.playbooks import views
from ripeline.playbooks.camps import views as camps
from ripeline.playbooks.drafts import views as drafts
from ripeline.playbooks.forms import views as forms
from ripeline.playbooks.preview import views as previews
from ripeline.playbooks.publish import views as publishing

urlpatterns = [
    path("", views.playbook, name="playbook"),
    path("versions/", views.playbook_versions, name="playbook_versions"),
    path("changes/", views.playbook_changes, name="playbook_changes"),
    path("drafts/start", drafts.start, name="playbook_draft_start"),
    path("drafts/<int:pk>/", drafts.show, name="playbook_draft"),
    path("drafts/<int:pk>/text/", drafts.edit_text, name="playbook_draft_text"),
    path("drafts/<int:pk>/check", drafts.check, name="playbook_draft_check"),
    path("drafts/<int:pk>/name", drafts.rename, name="playbook_draft_rename"),
    path("drafts/<int:pk>/saves/", drafts.saves, name="playbook_draft_saves"),
    path("drafts/<int:pk>/back", drafts.go_back, name="playbook_draft_back"),
    path("drafts/<int:pk>/discard", drafts.discard, name="playbook_draft_discard"),
    path("drafts/<int:pk>/restore", drafts.restore, name="playbook_draft_restore"),
    path("drafts/<int:pk>/publish/", publishing.publish_draft, name="playbook_draft_publish"),
    path("drafts/<int:pk>/<slug:part>/", forms.edit_part, name="playbook_draft_part"),
    path("drafts/<int:pk>/<slug:part>/<int:item>/", forms.edit_part, name="playbook_draft_item"),
    path("camps/", camps.camps, name="playbook_camps"),
    path("camps/start", camps.start, name="playbook_camp_start"),
    path("camps/end", camps.end, name="playbook_camp_end"),
    path("camps/<int:pk>/again", camps.again, name="playbook_camp_again"),
    path("camps/people/", camps.people, name="playbook_camps_people"),
    path("camps/progress/", camps.progress, name="playbook_camps_progress"),
    path("progress/", publishing.progress, name="playbook_progress"),
    path("publications/", publishing.history, name="playbook_publications"),
    path("publications/<int:pk>/", publishing.publication, name="playbook_publication"),
    path("previews/", previews.previews, name="playbook_previews"),
    path("previews/start", previews.start, name="playbook_preview_start"),
    path("previews/<slug:key>/", previews.show, name="playbook_preview"),
    path("previews/<slug:key>/people/", previews.people, name="playbook_preview_people"),
    path("previews/<slug:key>/cancel", previews.cancel, name="playbook_preview_cancel"),
    re_path(
        r"^(?P<version>[0-9A-Fa-f]{8,64})/publish/$",
        publishing.publish_version,
        name="playbook_version_publish",
    ),
    re_path(r"^(?P<version>[0-9A-Fa-f]{8,64})/back$", publishing.go_back, name="playbook_version_back"),
    re_path(r"^(?P<version>[0-9A-Fa-f]{8,64})/$", views.playbook_at, name="playbook_version"),
]

"""Every address of the site, and who may do what there. A new address gets a row here, or a test says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.urls import URLPattern, URLResolver, get_resolver

Who = Literal["anybody", "signed in", "owner", "team", "admin"]
"""`owner`: signed in, and a salesperson only for what is theirs or nobody's. `team`: not salespeople."""
Takes = Literal["reads", "writes", "both"]


@dataclass(frozen=True, slots=True)
class Route:
    """What an address takes (`reads`: GET alone, `writes`: POST alone) and from whom."""

    takes: Takes
    who: Who


READ = Route("reads", "signed in")
WRITE = Route("writes", "signed in")
FORM = Route("both", "signed in")
OF_OWNERS = Route("writes", "owner")
OF_TEAM = Route("writes", "team")
OPEN = Route("both", "anybody")
OPEN_READ = Route("reads", "anybody")

ROUTES: dict[str, Route] = {
    # The frame and Today
    "favicon": OPEN,
    "settings": FORM,
    "today": READ,
    "worker_line": Route("reads", "admin"),
    "notifications": READ,
    "notifications_read": WRITE,
    "notifications_read_one": WRITE,
    "notifications_unread": WRITE,
    "palette": READ,
    # People
    "contacts": READ,
    "contacts_count": READ,
    "contacts_columns": WRITE,
    "contacts_export": READ,
    "contacts_bulk": WRITE,
    "contacts_bulk_undo": WRITE,
    "contacts_view_keep": WRITE,
    "contacts_view_remove": WRITE,
    "contacts_view_restore": WRITE,
    "contact": READ,
    "contact_new": FORM,
    "contact_edit": Route("both", "owner"),
    "contact_moves": OF_OWNERS,
    "contact_touch_undo": OF_OWNERS,
    "contact_answers": OF_OWNERS,
    "contact_touches": OF_OWNERS,
    "contact_consent": OF_OWNERS,
    "contact_consent_undo": OF_OWNERS,
    "contact_merges": READ,
    "contact_merge": Route("reads", "owner"),
    "contact_merge_with": Route("both", "owner"),
    "contact_merge_undo": OF_OWNERS,
    "contact_keep_apart": OF_OWNERS,
    "segments": READ,
    "segment_new": Route("both", "team"),
    "segment_count": OF_TEAM,
    "segment": READ,
    "segment_edit": Route("both", "team"),
    "segment_rename": OF_TEAM,
    "segment_archive": OF_TEAM,
    "segment_restore": OF_TEAM,
    "segment_refresh": OF_TEAM,
    "segment_put": OF_TEAM,
    "segment_person": READ,
    "segment_take": OF_TEAM,
    "companies": READ,
    "company": READ,
    "company_edit": Route("both", "owner"),
    # Imports
    "imports": Route("both", "team"),
    "import": Route("reads", "team"),
    "import_columns": Route("both", "team"),
    "import_start": OF_TEAM,
    "import_undo": OF_TEAM,
    "import_discard": OF_TEAM,
    "import_list": OF_TEAM,
    "import_rejected": Route("reads", "team"),
    "import_mapping": Route("reads", "team"),
    # The website
    "website": READ,
    "website_sources": READ,
    "website_sources_file": READ,
    "website_live": Route("reads", "team"),
    "website_event": Route("reads", "team"),
    "website_setup": Route("reads", "team"),
    "website_key": Route("reads", "team"),
    "website_key_check": Route("reads", "team"),
    "website_key_new": Route("writes", "admin"),
    "website_key_sites": Route("writes", "admin"),
    "website_key_end": Route("writes", "admin"),
    "website_names": Route("reads", "team"),
    "website_name_try": Route("writes", "admin"),
    "website_name_keep": Route("writes", "admin"),
    "website_name_remove": Route("writes", "admin"),
    "website_rules": Route("reads", "team"),
    "website_rules_try": Route("writes", "admin"),
    "website_rules_keep": Route("writes", "admin"),
    "website_rules_use": Route("writes", "admin"),
    "website_judge_again": Route("writes", "admin"),
    "website_judge_cancel": Route("writes", "admin"),
    # Forms
    "forms": READ,
    "form_new": OF_TEAM,
    "form": READ,
    "form_edit": Route("both", "team"),
    "form_try": Route("both", "team"),
    "form_publish": OF_TEAM,
    "form_share": READ,
    "form_origins": OF_TEAM,
    "form_names": Route("both", "team"),
    "form_close": OF_TEAM,
    "form_submission": READ,
    "form_submission_release": OF_TEAM,
    # The library
    "asset_open": OPEN_READ,
    "asset_signed": OPEN_READ,
    "library": READ,
    "library_coverage": READ,
    "library_new": Route("both", "team"),
    "library_asset": READ,
    "library_edit": Route("both", "team"),
    "library_archive": OF_TEAM,
    "library_restore": OF_TEAM,
    "library_file": READ,
    "library_again": OF_TEAM,
    "library_pages": READ,
    "library_page_new": OF_TEAM,
    "library_page": READ,
    "library_page_edit": Route("both", "team"),
    "library_page_publish": OF_TEAM,
    "library_page_down": OF_TEAM,
    "library_page_again": OF_TEAM,
    "library_page_split": OF_TEAM,
    "library_page_split_end": OF_TEAM,
    # Emails
    "emails": READ,
    "email_new": OF_TEAM,
    "email": READ,
    "email_edit": Route("both", "team"),
    "email_blocks": Route("reads", "team"),
    "email_publish": OF_TEAM,
    "email_again": OF_TEAM,
    "email_archive": OF_TEAM,
    "email_restore": OF_TEAM,
    "email_preview": READ,
    "email_shown": READ,
    "email_links": OF_TEAM,
    "email_test": OF_TEAM,
    "email_split": OF_TEAM,
    "email_split_end": OF_TEAM,
    # Sending
    "sending": READ,
    "sending_one": READ,
    "sending_arrived": OF_TEAM,
    "sending_again": OF_TEAM,
    "sending_mailbox": READ,
    "sending_mailbox_mail": READ,
    "sending_mailbox_shown": READ,
    "sending_settings": Route("reads", "team"),
    "sending_keep": Route("writes", "admin"),
    "sending_try": Route("writes", "admin"),
    "sending_stop": Route("writes", "admin"),
    "sending_go_on": Route("writes", "admin"),
    "sending_rules": Route("reads", "team"),
    "sending_rules_keep": Route("writes", "admin"),
    "sending_why": READ,
    "sending_why_source": READ,
    # The playbook
    "playbook": READ,
    "playbook_previews": READ,
    "playbook_preview": READ,
    "playbook_preview_people": READ,
    "playbook_preview_start": Route("both", "team"),
    "playbook_preview_cancel": OF_TEAM,
    "playbook_draft_publish": Route("both", "team"),
    "playbook_version_publish": Route("both", "team"),
    "playbook_version_back": OF_TEAM,
    "playbook_progress": READ,
    "playbook_publications": READ,
    "playbook_publication": READ,
    "playbook_camps": READ,
    "playbook_camps_people": READ,
    "playbook_camps_progress": READ,
    "playbook_camp_start": Route("both", "team"),
    "playbook_camp_end": OF_TEAM,
    "playbook_camp_again": OF_TEAM,
    # Accounts
    "account_login": OPEN,
    "account_logout": OPEN,
    "account_inactive": OPEN_READ,
    "account_signup": OPEN,
    "account_email_verification_sent": OPEN_READ,
    "account_confirm_email": OPEN,
    "account_confirm_login_code": OPEN,
    "account_reset_password": OPEN,
    "account_reset_password_done": OPEN_READ,
    "account_reset_password_from_key": OPEN,
    "account_reset_password_from_key_done": OPEN_READ,
    "mfa_authenticate": OPEN,
    "account_reauthenticate": FORM,
    "account_email": FORM,
    "account_change_password": FORM,
    "account_set_password": FORM,
    "mfa_index": READ,
    "mfa_reauthenticate": FORM,
    "mfa_activate_totp": FORM,
    "mfa_deactivate_totp": FORM,
    "mfa_view_recovery_codes": READ,
    "mfa_generate_recovery_codes": FORM,
    "mfa_download_recovery_codes": FORM,
}
# Rooms some of whose addresses have their rows in tests of their own: what the names of their addresses begin with.
TOLD_ELSEWHERE: tuple[str, ...] = (
    *("playbook_draft", "playbook_version", "playbook_changes"),
    # What everybody fills in: tests/capture/forms/.
    # What stands in mails: tests/nurture/doors/.
    "mail_",
    # Landing pages as everybody sees them: tests/capture/landing/.
    "landing_",
    *("form_public", "form_thanks", "form_beat", "form_confirm", "form_script"),
)


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """The name and pattern of every address there is."""
    yield from _below(get_resolver())


def _below(resolver: URLResolver) -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _below(each)
        else:
            yield each.name or "", each

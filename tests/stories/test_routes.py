"""Every address, for every role: who is let in, what a GET may never do, what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from ripeline.capture.collector.keys import make_key
from ripeline.capture.collector.models import Arrival
from ripeline.capture.digest.models import EventName
from ripeline.capture.forms.models import Submission
from ripeline.capture.landing.models import LandingPage, PageVersion
from ripeline.capture.library.models import Asset, AssetVersion
from ripeline.capture.verdicts.models import JudgingAgain, VerdictRules
from ripeline.gateway.models import Import
from ripeline.nurture.emails.content import Content as EmailContent
from ripeline.nurture.emails.versions import make_email
from ripeline.nurture.emails.versions import publish as publish_email
from ripeline.nurture.segments.keeping import add_segment
from ripeline.nurture.segments.models import Segment
from ripeline.nurture.sending.models import Delivery, LocalMail
from ripeline.people.models import User
from ripeline.playbooks.drafts.saving import start_draft
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.timeline.camps.models import Camp
from ripeline.timeline.identities.merging import Merged, merge
from ripeline.timeline.models import PlaybookVersion, Publication, Touch
from ripeline.timeline.record import record
from ripeline.worker import catch_up
from tests.capture.forms.forms import make_demo
from tests.factories import NOW, make_company, make_contact, make_playbook, make_user, sign_in
from tests.nurture.sending.post import send_to
from tests.stories.routes import ROUTES, TOLD_ELSEWHERE, Route, Who, addresses
from tests.timeline.people import fact

pytestmark = pytest.mark.django_db

REFUSED = {403, 404}
# What shows a mail as it was written.
MAILS = {"email_shown", "sending_mailbox_shown"}
# Rows that come and go with a visit itself.
OF_VISITS = {"django_session", "ripeline_cache", "django_migrations"}
OF_TWO = {name: ["eva", "eva"] for name in ("contact_merge_with", "contact_keep_apart")}
# Numbers and words that are nobody's.
OF_NOBODY = {
    "contacts_view_remove": [1],
    "contacts_view_restore": ["token"],
    "notifications_read_one": [1],
    "notifications_unread": [1],
    "account_confirm_email": ["key"],
    "account_reset_password_from_key": ["1", "none"],
}
Address = Callable[[str], str]


@pytest.fixture
def address() -> Address:
    """A person, a company and an import of somebody else; and the address of any page about them."""
    make_playbook()
    owner = make_user("sales", "Another")
    press = make_company("Press", domain="press.example")
    eva = make_contact("Eva Lind", key="eva", owner=owner, company=press)
    record([fact(eva, "form_submitted", NOW)], now=NOW)
    catch_up(lambda: NOW)
    move = Touch.objects.get().uid
    brought = Import.objects.create(
        key="i" * 32, name="fair.csv", file="nowhere", digest="d", by=owner, created_at=NOW
    )
    in_force = PlaybookVersion.objects.get(is_active=True)
    draft = start_draft(in_force, by=owner, now=NOW)
    old = Camp.objects.create(name="Old", version=in_force, since=NOW, is_running=False)
    key = PreviewRun.objects.create(as_of=NOW, created_at=NOW, state=PreviewRun.State.FAILED).key
    known: dict[str, list[Any]] = {
        **OF_TWO,
        **OF_NOBODY,
        **_of_capture(),
        **_of_segments(),
        **_of_sending(),
        **_of_emails(),
        "playbook_preview": [key],
        "playbook_preview_people": [key],
        "playbook_preview_cancel": [key],
        "playbook_draft_publish": [draft.pk],
        "playbook_version_publish": [in_force.version],
        "playbook_version_back": [in_force.version],
        "playbook_camp_again": [old.pk],
        "playbook_publication": [Publication.objects.get().pk],
        "contact_touch_undo": ["eva", move],
        "contact_consent_undo": ["eva", "hand:none"],
        "contact_merge_undo": [_merged(owner)],
        "company": [press.pk],
        "company_edit": [press.pk],
    }

    def find(name: str) -> str:
        for guess in ([], known.get(name, []), ["eva"]):
            if name.startswith("import_") or name == "import":
                guess = guess and [brought.key]
            try:
                return reverse(name, args=guess)
            except NoReverseMatch:
                continue
        raise AssertionError(f"this test does not know what to put into the address {name}")

    return find


def _of_capture() -> dict[str, list[Any]]:
    """A key with an event, a form with a submission, an asset with a file, a landing page with a version."""
    write_key = make_key("Our site", "website", now=NOW)
    event = Arrival.objects.create(write_key=write_key, received_at=NOW, event="{}")
    sent = Submission.objects.create(
        form=make_demo("eva"), received_at=NOW, outcome=Submission.Outcome.SUSPECTED, nonce="n"
    )
    plan = Asset.objects.create(
        key="eva", title="Plan", kind="other", content_stage="decision", created_at=NOW
    )
    AssetVersion.objects.create(
        asset=plan, number=1, name="plan.pdf", size=9, digest="d" * 64, created_at=NOW
    )
    landing = LandingPage.objects.create(slug="eva", created_at=NOW)
    PageVersion.objects.create(page=landing, number=1, content={}, html="", etag="e", created_at=NOW)
    named = EventName.objects.create(bare="a", name="A", kind="a", direction="in", changed_at=NOW)
    # Ended: it is asked for again and again here.
    rules = VerdictRules.objects.create(version="v", title="Ours", text="rules: []", first_used_at=NOW)
    again = JudgingAgain.objects.create(rules=rules, asked_at=NOW, is_open=False, ended_at=NOW)
    of_keys = ("website_key", "website_key_check", "website_key_sites", "website_key_end")
    return {
        "library_file": ["eva", 1],
        "library_again": ["eva", 1],
        "library_page_again": ["eva", 1],
        "form_submission": ["eva", sent.pk],
        "form_submission_release": ["eva", sent.pk],
        "website_event": [event.pk],
        "website_name_remove": [named.pk],
        "website_rules_use": [rules.pk],
        "website_judge_cancel": [again.pk],
        **{name: [write_key.pk] for name in of_keys},
    }


def _of_emails() -> dict[str, list[Any]]:
    """An email with a version."""
    content = EmailContent(mode="mjml", subject="x", body="<mjml><mj-body></mj-body></mjml>")
    publish_email(make_email("eva", "Eva", content, purpose="newsletter", by=None, now=NOW), None, NOW)
    return {"email_again": ["eva", 1]}


def _of_segments() -> dict[str, list[Any]]:
    """A segment by conditions, and a list."""
    add_segment("Eva", {"all": [{"stage": ["lead"]}]}, by=None, now=NOW)
    add_segment("By hand", None, by=None, now=NOW, kind=Segment.Kind.LIST)
    one = ["by-hand", "eva"]
    return {"segment_put": ["by-hand"], "segment_person": one, "segment_take": one}


def _of_sending() -> dict[str, list[Any]]:
    """A mail of which nobody can say whether it arrived, and one in the local mailbox."""
    send_to([make_contact("Reader")])
    Delivery.objects.update(state="uncertain", due_at=None)
    row = Delivery.objects.get()
    kept = LocalMail.objects.create(
        delivery=row, message_id=row.message_id, at=NOW, to="a@b.example", html="<p>Hello"
    )
    own = {name: [row.pk] for name in ("sending_one", "sending_arrived", "sending_again")}
    more = {"sending_why": [row.contact.key], "sending_why_source": ["by_hand", 1]}
    return own | more | {name: [kept.pk] for name in ("sending_mailbox_mail", "sending_mailbox_shown")}


def _merged(owner: User) -> int:
    """The id of a merge of two contacts of this owner."""
    kept, gone = make_contact("Ann", key="ann", owner=owner), make_contact("Anna", key="anna", owner=owner)
    done = merge(kept, gone, by=owner, why="one", now=NOW)
    assert isinstance(done, Merged)
    return done.merge.pk


def browser_of(role: str) -> Client:
    """A browser of somebody with this role and a password; "" is a stranger's."""
    if not role:
        return Client()
    user = make_user(role, f"The {role}")
    user.set_password("three little words")
    user.save()
    return sign_in(user)


def let_in(role: str, who: Who) -> bool:
    """Whether this role may, where the thing belongs to somebody else."""
    return {
        "anybody": True,
        "signed in": role != "",
        "owner": role in ("marketing", "admin"),
        "team": role in ("marketing", "admin"),
        "admin": role == "admin",
    }[who]


def test_every_address_says_who_may_do_what_there() -> None:
    names = {name for name, _ in addresses()}
    here = {name for name in names if not name.startswith(TOLD_ELSEWHERE)}
    assert here - set(ROUTES) == set(), "add a row for each to tests/stories/routes.py"
    assert set(ROUTES) - names == set(), "these addresses are no more"


@pytest.mark.once  # who may is decided before anything is asked
@pytest.mark.parametrize("role", ["", "sales", "marketing", "admin"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_each_role_is_let_in_where_it_may_and_nowhere_else(address: Address, role: str, method: str) -> None:
    wrong, browser = [], browser_of(role)
    for name, route in ROUTES.items():
        if name == "account_logout":
            continue
        answer = getattr(browser, method)(address(name))
        if not as_told(route, role, method, answer):
            wrong.append(f"{method} {name} as {role or 'a stranger'}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def as_told(route: Route, role: str, method: str, answer: Any) -> bool:
    """Whether this answer is what the table says."""
    to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/")
    if not role and route.who != "anybody":
        return to_sign_in
    if (method, route.takes) in (("get", "writes"), ("post", "reads")):
        return answer.status_code == 405 or (not let_in(role, route.who) and answer.status_code in REFUSED)
    if let_in(role, route.who):
        return answer.status_code < 500 and answer.status_code not in (403, 405)
    return answer.status_code in REFUSED


@pytest.mark.once  # who may is decided before anything is asked
@pytest.mark.parametrize("role", ["sales", "marketing", "admin"])
def test_a_form_that_was_not_ours_changes_nothing(address: Address, role: str) -> None:
    user = make_user(role, f"The {role}")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name, route in ROUTES.items():
        if route.takes != "reads" and name != "favicon":
            assert browser.post(address(name)).status_code in (403, 405), name


def test_asking_for_any_page_changes_nothing(address: Address) -> None:
    browser = browser_of("admin")
    browser.get(address("account_email"))  # allauth notes there once what an account's own address is
    before = everything()
    for name, route in ROUTES.items():
        got, head = browser.get(address(name)), browser.head(address(name))
        assert (head.status_code, head.getvalue()) == (got.status_code, b""), name
        assert (got.status_code == 405) == (route.takes == "writes"), name
    after = everything()
    assert {table for table in before if before[table] != after[table]} == set()


def test_every_answer_tells_the_browser_what_it_may_not_do(address: Address) -> None:
    browser = browser_of("admin")
    for name in ROUTES:
        if name == "account_logout":
            continue
        said = browser.get(address(name)).headers
        if name in MAILS:
            # A mail in a frame of ours: it may do nothing at all.
            assert "default-src 'none'" in said["Content-Security-Policy"], name
            assert "; sandbox;" in said["Content-Security-Policy"], name
            assert "frame-ancestors 'self'" in said["Content-Security-Policy"], name
            continue
        assert "script-src 'self';" in said["Content-Security-Policy"] + ";", name
        assert "frame-ancestors 'none'" in said["Content-Security-Policy"], name
        assert said["X-Frame-Options"] == "DENY", name
        assert said["X-Content-Type-Options"] == "nosniff", name
        assert said["Referrer-Policy"] == "same-origin", name


def test_pages_of_those_who_are_signed_in_are_kept_by_no_shared_cache(address: Address) -> None:
    browser = browser_of("sales")
    for name, route in ROUTES.items():
        if route.who == "signed in" and route.takes == "reads":
            answer = browser.get(address(name))
            assert "Cookie" in answer.headers.get("Vary", "") or "private" in answer.headers.get(
                "Cache-Control", ""
            ), name


def test_the_cookie_of_a_session_is_closed_to_scripts_and_other_sites() -> None:
    make_playbook()
    user = make_user("sales", "Sam")
    user.set_password("three little words")
    user.save()
    answer = Client().post("/accounts/login/", {"login": user.email, "password": "three little words"})
    cookie = answer.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def everything() -> dict[str, list[str]]:
    """All rows of all tables, but those of visits."""
    held = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in OF_VISITS:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                held[table] = sorted(map(str, cursor.fetchall()))
    return held

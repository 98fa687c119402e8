"""Today and notifications as pages: what they say, what they cost, what they never do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.people.models import Contact, Notification, User
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.publish import Firing, publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import Publication, Transition
from ripeline.timeline.record import record
from tests.insights.histories import DAY, make_crowd, settle
from tests.timeline.people import PLAYBOOK, fact, make_contact

pytestmark = pytest.mark.django_db

# Session, reader, playbook, flows, pace, risen (3), fallen (2: nobody), hot (3), silent, waiting, definition changes,
# bell.
QUERIES = 17


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def sign_in(client: Client, now: datetime) -> Callable[..., User]:
    activate(PLAYBOOK, now=now - 400 * DAY)

    def somebody(role: str = "marketing", name: str = "Mia") -> User:
        user = User.objects.create_user(
            f"{name.lower()}@firm.example", "a-long-password", role=role, name=name
        )
        client.force_login(user)
        return user

    return somebody


def rise(name: str, now: datetime, owner: User | None = None) -> Contact:
    contact = make_contact(name, now=now - 90 * DAY, owner=owner)
    record(
        [
            fact(contact, "page_viewed", now - 40 * DAY, subject="/pricing"),
            fact(contact, "form_submitted", now - 30 * DAY),
            fact(contact, "email_replied", now - timedelta(minutes=5)),
        ],
        now=now,
    )
    settle(now)
    return contact


def page(client: Client, address: str = "/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_visitor_without_an_account_is_sent_to_sign_in(client: Client) -> None:
    assert client.get("/").status_code == 302
    assert client.get("/notifications/").status_code == 302


def test_a_new_installation_is_told_what_to_do_next(client: Client, sign_in: Callable[..., User]) -> None:
    sign_in()
    html = page(client)
    assert "Nobody is here yet" in html
    assert "ripeline demo" in html
    assert "Suspect, Lead, MQL or Prospect" in html


def test_contacts_without_touches_ask_for_touches(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    sign_in()
    make_contact("Eva Lind", now=now)
    assert "1 contact, and nothing they did" in page(client)


def test_today_says_who_moved_up_and_why(client: Client, sign_in: Callable[..., User], now: datetime) -> None:
    sign_in()
    rise("Eva Lind", now)
    html = page(client)
    assert "Moved up since yesterday" in html
    assert "Eva Lind" in html
    assert "because they replied by email" in html


def test_whom_the_definition_moved_is_told_apart_from_who_moved(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    sign_in()
    eva = make_contact("Eva Lind", now=now - 90 * DAY)
    record([fact(eva, "form_submitted", now - timedelta(minutes=90))], now=now - timedelta(minutes=90))
    settle(now)
    assert "The definition moved" not in page(client)
    easier = keep_version(PLAYBOOK.replace("gte: 30", "gte: 20"), now=now).version
    done = publish(easier, by=None, note="a form is enough", now=now)
    assert isinstance(done, Publication)
    settle(now)
    assert Transition.objects.get(publication=done).to_stage == "mql"
    html = page(client)
    assert f'The definition moved <a href="/playbook/publications/{done.pk}/">1 person</a>' in html
    assert "(a form is enough)" in html
    assert "MQL since" not in html


def test_a_bell_that_the_definition_rang_says_so(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    owner = sign_in("sales", "Sam")
    eva = make_contact("Eva Lind", now=now - 90 * DAY, owner=owner)
    record([fact(eva, "form_submitted", now - 5 * DAY)], now=now - 5 * DAY)
    settle(now)
    easier = keep_version(PLAYBOOK.replace("gte: 30", "gte: 20"), now=now).version
    publish(easier, by=None, note="", now=now, firing=Firing(frozenset({"tell_the_owner"}), "all"))
    settle(now)
    html = page(client, "/notifications/")
    assert html.count("By the definition, not by what they did:") == 1
    assert "because the definition changed on" in html


@pytest.mark.parametrize(
    # Of one's own it is asked first how many they are.
    ("address", "more"),
    [("/", 0), ("/?days=365", 0), ("/?whose=mine", 1)],
)
def test_today_costs_the_same_for_one_contact_and_for_three(
    client: Client, sign_in: Callable[..., User], now: datetime, address: str, more: int
) -> None:
    user = sign_in()
    counts = []
    for name in ("Eva Lind", "Jan Vos", "Ida Holm"):
        rise(name, now, owner=user)
        with CaptureQueriesContext(connection) as queries:
            page(client, address)
        counts.append(len(queries))
    assert counts == [QUERIES + more] * 3


def test_a_salesperson_begins_with_their_own_and_can_see_everybody(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    sara = sign_in("sales", "Sara")
    rise("Nobody's Own", now)
    assert "Nobody&#x27;s Own" in page(client)  # none are hers yet: everybody's
    rise("Eva Lind", now, owner=sara)
    html = page(client)
    assert "Eva Lind" in html
    assert "Nobody&#x27;s Own" not in html
    assert "1 contacts of yours" in html
    assert "Nobody&#x27;s Own" in page(client, "/?whose=all")


def test_a_marketer_begins_with_everybody(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    mia = sign_in("marketing", "Mia")
    rise("Hers", now, owner=mia)
    rise("Nobodys", now)
    html = page(client)
    assert "Hers" in html
    assert "Nobodys" in html


def test_an_unreadable_period_is_said_and_the_usual_one_shown(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    sign_in()
    rise("Eva Lind", now)
    html = page(client, "/?from=2026-13-45&to=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "could not be read" in html
    assert "<script>alert" not in html
    assert "Showing the last 30 days" in html


def test_a_period_that_is_over_shows_no_people_of_today(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    sign_in()
    rise("Eva Lind", now)
    assert "Eva Lind" in page(client)
    first, last = (now - 20 * DAY).date(), (now - 2 * DAY).date()
    past = page(client, f"/?from={first}&to={last}&view=was")
    assert "Where people stood" in past
    assert "Eva Lind" not in past
    assert "is told of the present day" in past


@pytest.mark.parametrize("view", ["", "&view=known", "&view=nonsense"])
def test_the_past_is_shown_as_we_knew_it_unless_asked_otherwise(
    client: Client, sign_in: Callable[..., User], now: datetime, view: str
) -> None:
    sign_in()
    rise("Eva Lind", now)
    first, last = (now - 20 * DAY).date(), (now - 2 * DAY).date()
    past = page(client, f"/?from={first}&to={last}{view}")
    assert "Nothing was known of anybody by" in past
    assert "view=was" in past


def test_a_past_day_says_who_is_still_to_be_assessed_by_the_definition_it_is_told_by(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    sign_in("marketing")
    rise("Anna Visser", now)
    address = f"/?from={now - 20 * DAY:%Y-%m-%d}&to={now - 3 * DAY:%Y-%m-%d}"
    publish(keep_version(PLAYBOOK.replace("gte: 30", "gte: 20"), now=now).version, by=None, note="", now=now)
    told = "1 person is still to be assessed"
    assert told in page(client, f"{address}&view=was")
    assert told not in page(client, f"{address}&view=known"), "our books of then are as they were"
    assert told not in page(client)
    settle(now)
    assert "still to be assessed" not in page(client, f"{address}&view=was")


def test_names_are_text_never_markup(client: Client, sign_in: Callable[..., User], now: datetime) -> None:
    user = sign_in()
    rise("<img src=x onerror=alert(1)>", now, owner=user)
    for address in ("/", "/notifications/"):
        html = page(client, address)
        assert "<img src=x" not in html
        assert "&lt;img src=x" in html


def test_reading_changes_nothing(client: Client, sign_in: Callable[..., User], now: datetime) -> None:
    user = sign_in()
    make_crowd(6, now=now, owner=user)
    rise("Eva Lind", now, owner=user)
    before = (list(Transition.objects.values()), list(Notification.objects.values()))
    for address in ("/", "/?days=7&moved=all", "/notifications/"):
        page(client, address)
    assert (list(Transition.objects.values()), list(Notification.objects.values())) == before
    assert client.post("/").status_code == 405
    assert client.get("/notifications/read/").status_code == 405


def test_the_bell_counts_what_is_unread_and_reading_it_is_said_by_a_post(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    user = sign_in("sales", "Sara")
    rise("Eva Lind", now, owner=user)
    html = page(client, "/notifications/")
    assert "1 unread" in html
    assert "Prospect on" in html
    told = Notification.objects.get()
    client.post(f"/notifications/{told.pk}/read/")
    assert Notification.objects.get().read_at is not None
    html = page(client, "/notifications/")
    assert "1 unread" not in html
    assert "All read" in html


def test_marking_all_as_read_can_be_taken_back_and_leaves_earlier_ones_read(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    user = sign_in("sales", "Sara")
    for name in ("Eva Lind", "Jan Vos", "Ida Holm"):
        rise(name, now, owner=user)
    first = Notification.objects.order_by("pk")[0]
    Notification.objects.filter(pk=first.pk).update(read_at=now - DAY)
    response = client.post("/notifications/read/", follow=True)
    assert "2 marked as read" in response.content.decode()
    (message,) = response.context["messages"]
    client.post(message.extra_tags.removeprefix("undo:"))
    assert Notification.objects.filter(read_at=None).count() == 2


def test_nobody_marks_what_others_were_told(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    owner = sign_in("sales", "Sara")
    rise("Eva Lind", now, owner=owner)
    sign_in("sales", "Tom")
    client.post(f"/notifications/{Notification.objects.get().pk}/read/")
    client.post("/notifications/read/")
    assert Notification.objects.get().read_at is None
    assert "Eva Lind" not in page(client, "/notifications/")


def test_after_marking_one_is_sent_back_to_our_own_pages_only(
    client: Client, sign_in: Callable[..., User]
) -> None:
    sign_in()
    assert client.post("/notifications/read/", {"next": "/?days=7"})["Location"] == "/?days=7"
    for away in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert client.post("/notifications/read/", {"next": away})["Location"] == "/notifications/"


def test_notifications_cost_the_same_for_one_and_for_three(
    client: Client, sign_in: Callable[..., User], now: datetime
) -> None:
    user = sign_in("sales", "Sara")
    counts = []
    for name in ("Eva Lind", "Jan Vos", "Ida Holm"):
        rise(name, now, owner=user)
        with CaptureQueriesContext(connection) as queries:
            page(client, "/notifications/")
        counts.append(len(queries))
    # Session, reader, playbook, lines, unread, transitions, bell.
    assert counts == [7, 7, 7]


def test_older_notifications_are_a_page_away_and_none_is_lost_between(
    client: Client, sign_in: Callable[..., User], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ripeline.insights.told.SIZE", 2)
    user = sign_in("sales", "Sara")
    names = ["Eva Lind", "Jan Vos", "Ida Holm", "Bo Berg", "Kim Falk"]
    for name in names:
        rise(name, now, owner=user)
    seen: list[str] = []
    address = "/notifications/"
    while address:
        response = client.get(address)
        seen += [line.notification.contact.name for line in response.context["page"].lines]
        older = response.context["page"].older
        address = f"/notifications/?before={older}" if older else ""
    assert sorted(seen) == sorted(names)


def test_a_cursor_nobody_wrote_is_the_first_page(client: Client, sign_in: Callable[..., User]) -> None:
    sign_in()
    for cursor in ("x", "9999999999999999999999-1", "1-", "-5", "٣-٣"):
        assert client.get("/notifications/", {"before": cursor}).status_code == 200


def test_without_a_playbook_the_page_says_what_to_run(client: Client) -> None:
    client.force_login(User.objects.create_user("mia@firm.example", "a-long-password"))
    response = client.get("/")
    assert response.status_code == 503
    assert "ripeline migrate" in response.content.decode()

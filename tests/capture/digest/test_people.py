"""Whom events are about: ids, addresses, traits, companies, aliases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ripeline.people.models import Company, Contact, Identity
from ripeline.timeline.identities.models import Identification, Merge
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import ANONYMOUS, digested, event, identify, page, server, track, website
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "0f0d6a3c-6c6f-4d8a-9f9e-0c5b8f1f7f11"


def person(email: str) -> Contact:
    """Who has the address."""
    return Contact.objects.get(identities__kind="email", identities__value=email)


def test_who_says_who_they_are_has_done_what_their_browser_did() -> None:
    key = website()
    digested(key, page("/before"))
    later = NOW + timedelta(minutes=5)
    digested(
        key, identify("7", {"email": "Ann.Smit@Firm.example", "firstName": "Ann"}), page("/after"), now=later
    )
    ann = person("ann.smit@firm.example")
    assert [
        each.subject for each in Touch.objects.filter(contact=ann, kind="page_viewed").order_by("at")
    ] == [
        "/before",
        "/after",
    ]
    assert ann.first_name == "Ann"
    assert Touch.objects.get(kind="identified").contact == ann
    assert sorted(ann.identities.values_list("kind", "value")) == [
        ("email", "ann.smit@firm.example"),
        ("external", "7"),
    ]


def test_fields_traits_and_the_company_of_the_address_are_known_to_rules() -> None:
    said = {
        "email": "ann@boekhuis.example",
        "name": "Ann de Smit",
        "phone": "+31 20 123 4567",
        "title": "Publisher",
        "address": {"country": "Netherlands", "city": "Utrecht"},
        "plan": "pro",
        "deep": {"er": 1},
    }
    digested(website(), identify("7", said))
    ann = person("ann@boekhuis.example")
    assert (ann.first_name, ann.last_name, ann.title, ann.country) == ("Ann", "de Smit", "Publisher", "NL")
    assert ann.traits == {"plan": "pro", "deep_er": 1, "city": "Utrecht"}
    assert ann.company is not None
    assert ann.company.domain == "boekhuis.example"
    noted = Touch.objects.get(kind="traits_changed")
    assert noted.contact == ann
    assert noted.attrs["plan"] == "pro"
    assert noted.attrs["title"] == "Publisher"


def test_a_website_fills_blanks_and_a_server_replaces() -> None:
    digested(server(), identify("7", {"email": "ann@firm.example", "title": "Publisher", "plan": "pro"}))
    digested(website(), identify("7", {"title": "Queen", "plan": "none", "phone": "+31201234567"}))
    ann = Contact.objects.get()
    assert (ann.title, ann.traits["plan"], ann.phone) == ("Publisher", "pro", "+31201234567")
    digested(server(), identify("7", {"title": "Editor", "plan": "free"}))
    ann.refresh_from_db()
    assert (ann.title, ann.traits["plan"]) == ("Editor", "free")


def test_an_older_word_that_comes_late_replaces_nothing_and_the_log_keeps_both() -> None:
    key = server()
    hour = timedelta(hours=1)
    digested(key, identify("7", {"title": "Publisher", "plan": "pro", "name": "Ann Smit"}))
    late = {"title": "Reader", "city": "Utrecht", "firstName": "An"}
    digested(key, identify("7", late, timestamp=(NOW - hour).isoformat()), now=NOW + hour)
    ann = Contact.objects.get()
    assert (ann.title, ann.traits, ann.name) == ("Publisher", {"plan": "pro", "city": "Utrecht"}, "Ann Smit")
    told = Touch.objects.filter(kind="traits_changed").order_by("at").values_list("at", "attrs__title")
    assert list(told) == [(NOW - hour, "Reader"), (NOW, "Publisher"), (NOW, "Publisher")]


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("ann@gmail.com", None),
        ("ann@googlemail.com", None),
        ("ann@mailinator.com", None),
        ("ann@inbox.mailinator.com", None),
        ("ann@duck.com", None),
        ("ann@mail.firm.example", "mail.firm.example"),
    ],
)
def test_of_a_mailbox_that_anybody_can_have_no_company_follows(address: str, domain: str | None) -> None:
    digested(website(), identify("7", {"email": address}))
    digested(server(), identify("8"))
    digested(server(), identify("8", {"email": address.replace("ann", "bob")}))
    found = {contact.company and contact.company.domain for contact in Contact.objects.all()}
    assert found == {domain}
    assert Company.objects.count() == (domain is not None)


def test_an_identify_sent_again_later_changes_nothing_back() -> None:
    key = server()
    first = identify("7", {"title": "Publisher"})
    digested(key, first, identify("7", {"title": "Editor"}))
    digested(key, first)
    assert Contact.objects.get().title == "Editor"


def test_an_id_that_is_an_address_is_an_address() -> None:
    digested(server(), track("Signed In", userId="Ann@Firm.example"))
    digested(website(), identify(None, {"email": "ann@firm.example"}))
    assert Contact.objects.count() == 1
    assert Identity.objects.get().kind == "email"


def test_the_same_person_by_two_names_within_a_batch_is_one() -> None:
    digested(
        server(),
        track("Signed In", userId="7"),
        identify("7", {"email": "ann@firm.example"}),
        identify(None, {"email": "ann@firm.example"}, anonymousId=OTHER),
    )
    assert Contact.objects.count() == 1
    assert Identification.objects.count() == 2, "both of her browsers, the server's word for one of them"


def test_an_id_and_an_address_of_two_people_make_them_not_one() -> None:
    key = server()
    digested(key, identify("7", {"email": "ann@firm.example"}), identify("8", {"email": "bob@firm.example"}))
    digested(key, identify("8", {"email": "ann@firm.example", "title": "Editor"}))
    assert Contact.objects.count() == 2
    assert person("ann@firm.example").title == ""
    assert person("bob@firm.example").title == "Editor"


def test_a_shared_computer_is_split_between_its_users() -> None:
    key = website()
    digested(key, identify("7"), page("/hers"))
    digested(key, identify("8"), page("/his"), now=NOW + timedelta(hours=1))
    owners = {each.subject: each.contact for each in Touch.objects.filter(kind="page_viewed")}
    assert owners["/hers"] != owners["/his"]
    assert Contact.objects.count() == 2


def test_an_identify_that_names_nobody_is_dropped_and_says_so() -> None:
    [arrival] = digested(website(), identify(None, {"plan": "pro", "email": "not an address"}))
    assert arrival.outcome == "dropped"
    assert "names nobody" in arrival.reason
    assert not Contact.objects.exists()


def test_traits_told_of_a_browser_whose_user_is_known_are_theirs() -> None:
    key = website()
    digested(key, identify("7"))
    digested(key, identify(None, {"plan": "pro"}))
    assert Contact.objects.get().traits == {"plan": "pro"}


def test_a_group_is_the_company_somebody_is_at() -> None:
    said = {"name": "Boekhuis", "website": "https://www.boekhuis.example/nl", "employees": 40}
    digested(server(), event("group", userId="7", groupId="0x1", traits=said))
    company = Company.objects.get()
    assert (company.name, company.domain, company.employees) == ("Boekhuis", "boekhuis.example", 40)
    assert Contact.objects.get().company == company
    grouped = Touch.objects.get(kind="grouped")
    assert (grouped.subject, grouped.direction) == ("0x1", "internal")


def test_an_alias_of_a_browser_gives_its_touches_to_the_person() -> None:
    key = website()
    digested(key, page("/before", anonymousId=OTHER))
    digested(key, event("alias", userId="7", previousId=OTHER, anonymousId=OTHER))
    assert Touch.objects.get(kind="page_viewed").contact == Contact.objects.get()


@pytest.mark.parametrize("before", ["trial-1", OTHER])
@pytest.mark.parametrize("is_alias_first", [True, False])
def test_a_servers_alias_makes_two_ids_one_person_whatever_came_first(
    before: str, *, is_alias_first: bool
) -> None:
    key = server()
    user = ANONYMOUS if before == OTHER else "7"
    sent = [event("alias", userId=user, previousId=before), track("Trial Started", userId=before)]
    for each in sent if is_alias_first else reversed(sent):
        digested(key, each)
    digested(key, track("Signed In", userId=user))
    assert Contact.objects.filter(merged_into=None).count() == 1
    owners = {each.contact for each in Touch.objects.all()}
    assert len(owners) == 1
    rules = list(Merge.objects.values_list("rule", flat=True))
    assert rules == ([] if is_alias_first else [Merge.Rule.SAME_ID])


@pytest.mark.parametrize("before", ["8", OTHER])
def test_a_websites_alias_does_not_make_two_known_people_one(before: str) -> None:
    digested(server(), identify("7"), identify(before))
    [arrival] = digested(website(), event("alias", userId="7", previousId=before))
    assert not Merge.objects.exists()
    assert "does not make two known people one" in arrival.reason


def test_who_uses_a_browser_all_day_is_noted_once_an_hour() -> None:
    key = website()
    for minute in range(0, 120, 10):
        digested(key, page(userId="7", anonymousId=OTHER), now=NOW + timedelta(minutes=minute))
    assert Identification.objects.count() == 2

"""The demo company as a whole: how much there is of it, and that it is always the same."""

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from ripeline.demo import COLLEAGUES, World, simulate
from ripeline.demo.catalogue import PRICES
from ripeline.demo.world import OUR_DOMAIN
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.touch import KINDS, parse_touch, touch_record

pytestmark = pytest.mark.pure
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_there_are_2000_contacts_400_companies_and_about_60000_touches(world: World) -> None:
    assert len(world.contacts) == 2000
    assert len(world.companies) == 400
    assert 54_000 < len(world.touches) < 66_000


def test_the_same_seed_and_now_make_the_same_world(world: World, now: datetime) -> None:
    assert simulate(1, now) == world


def test_another_seed_makes_other_people(world: World, now: datetime) -> None:
    other = simulate(2, now)
    assert not {contact.key for contact in other.contacts} & {contact.key for contact in world.contacts}
    assert 54_000 < len(other.touches) < 70_000


@pytest.mark.parametrize("now", ["2026-02-28T23:59:00Z", "2027-07-15T04:00:00Z", "2028-02-29T12:00:00Z"])
def test_any_day_of_any_year_will_do(now: str) -> None:
    moment = datetime.fromisoformat(now)
    world = simulate(5, moment)
    assert 50_000 < len(world.touches) < 72_000
    assert {touch.kind for touch in world.touches} == set(KINDS)


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        simulate(1, datetime(2026, 11, 22))


def test_the_year_ends_just_before_now(world: World, now: datetime) -> None:
    end = (now - EPOCH) // MICROSECOND
    assert end - 365 * DAY <= world.touches[0].at < end - 364 * DAY
    assert end - DAY // 24 < world.touches[-1].at < end


def test_touches_are_in_the_order_in_which_they_are_applied_and_their_ids_are_unique(world: World) -> None:
    order = [(touch.at, touch.id) for touch in world.touches]
    assert order == sorted(order)
    assert len({touch.id for touch in world.touches}) == len(world.touches)


def test_every_touch_is_one_the_engine_reads_and_writes_without_loss(world: World) -> None:
    for touch in world.touches[::7]:
        assert parse_touch(touch_record(touch)) == touch


def test_every_kind_of_the_vocabulary_occurs_with_its_own_direction(world: World) -> None:
    assert {touch.kind for touch in world.touches} == set(KINDS)
    assert all(touch.direction == KINDS[touch.kind] for touch in world.touches)


def test_every_contact_has_a_journey_and_every_company_a_contact(world: World) -> None:
    keys = {contact.key for contact in world.contacts}
    assert {touch.person for touch in world.touches} == keys
    assert len(keys) == 2000
    assert all(re.fullmatch("[a-z2-9]{16}", key) for key in keys)
    assert {contact.company for contact in world.contacts} - {None} == {
        company.key for company in world.companies
    }


def test_nobody_does_anything_before_they_are_in_the_books(world: World) -> None:
    created = {c.key: (c.created_at - EPOCH) // MICROSECOND for c in world.contacts}
    assert all(touch.at > created[touch.person] for touch in world.touches)


def test_what_the_books_say_of_somebody_is_what_the_touches_told(world: World) -> None:
    told: dict[str, dict[str, object]] = defaultdict(dict)
    for touch in world.touches:
        if touch.kind == "traits_changed":
            told[touch.person].update(touch.attrs)
    assert all(dict(contact.traits) == told[contact.key] for contact in world.contacts)


def test_nothing_leads_to_a_real_domain(world: World) -> None:
    domains = {company.domain for company in world.companies}
    domains |= {email.split("@")[1] for contact in world.contacts for email in contact.emails}
    domains |= {colleague.email.split("@")[1] for colleague in COLLEAGUES}
    assert OUR_DOMAIN in domains
    assert all(re.fullmatch(r"[a-z0-9-]+\.example", domain) for domain in domains)
    texts = " ".join(str(value) for touch in world.touches for value in touch.attrs.values())
    assert not re.search(r"https?:|www\.|[a-z]\.(com|org|net|eu|de|nl|fr|uk)\b", texts)


def test_no_address_and_no_domain_belongs_to_two(world: World) -> None:
    emails = [email for contact in world.contacts for email in contact.emails]
    domains = [company.domain for company in world.companies]
    assert len(set(emails)) == len(emails)
    assert len(set(domains)) == len(domains)


def test_phones_are_from_ranges_kept_free_for_fiction(world: World) -> None:
    reserved = (
        r"\+49 30 23125 \d{3}|\+49 176 040690\d\d|\+44 20 7946 0\d{3}|\+44 7700 900\d{3}|\+33 1 99 00 \d\d \d\d"
        r"|\+33 6 39 98 \d\d \d\d|\+46 8 465 004 \d\d|\+46 70 174 06 1\d|\+353 20 91\d \d{4}"
    )
    phones = [phone for contact in world.contacts for phone in contact.phones]
    assert len(phones) > 300
    assert all(re.fullmatch(reserved, phone) for phone in phones)


def test_people_come_from_all_over_europe(world: World) -> None:
    countries = Counter(contact.country for contact in world.contacts)
    assert set(countries) == {"DE", "NL", "GB", "FR", "ES", "IT", "PL", "SE", "PT", "IE", "BE", "AT"}
    assert min(countries.values()) >= 30


def test_everything_sold_has_one_of_three_prices(world: World) -> None:
    sold = [touch for touch in world.touches if touch.kind == "purchased"]
    assert {touch.value for touch in sold} == {20.0, 250.0, 1000.0}
    assert all(touch.value == PRICES[touch.subject or ""] for touch in sold)


def test_owners_are_salespeople(world: World) -> None:
    sellers = {colleague.key for colleague in COLLEAGUES if colleague.role == "sales"}
    assert {contact.owner for contact in world.contacts} == sellers | {None}

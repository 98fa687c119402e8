"""One person's year from the first we hear of them to the end: arrival, habits, and the steps that follow."""

from random import Random

from ripeline.demo.catalogue import FAIRS
from ripeline.demo.life import VISITS_PER_DAY, Life, Year, drift, rise
from ripeline.demo.mail import plan_letters, start_letters, welcome
from ripeline.demo.mind import Mind
from ripeline.demo.people import Person
from ripeline.demo.rhythm import moment_on
from ripeline.demo.talk import meet_at_fair, plan_fairs, plan_social
from ripeline.demo.web import convert, download, fill_in, plan_ads, read_pages, subscribe, utm_of, visit
from ripeline.demo.world import name_of
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE, SECOND


def begin(person: Person, mind: Mind, rng: Random, *, year: Year, first_day: int) -> Life:
    """A life with everything planned that does not depend on what will happen."""
    life = Life(person, mind, rng, year, visit)
    arrival = moment_on(rng, first_day, life.habit, person.place)
    if person.source == "previous tool":
        arrival = year.begins + 2 * HOUR + rng.randrange(600) * SECOND
    elif person.source == "fair list":
        arrival = first_day * DAY + 9 * HOUR + rng.randrange(120) * SECOND
    life.plan(max(arrival, year.begins + MINUTE), arrive)
    plan_letters(life)
    plan_fairs(life)
    plan_social(life)
    plan_ads(life)
    drift(life, visit_again, per_day=mind.curiosity, since=arrival)
    for wave in mind.waves:
        rise(life, wave, visit_again, per_day=VISITS_PER_DAY)
    return life


def run(life: Life) -> None:
    """Let everything happen in order of time; whoever becomes known is welcomed."""
    while (due := life.next_step()) is not None:
        at, step = due
        step(life, at)
        if life.is_known and not life.is_welcomed:
            welcome(life, at)


def visit_again(life: Life, at: int) -> None:
    """A visit by somebody we have heard of; names on a list seldom find their way to us by themselves."""
    is_stranger = life.person.is_listed and not life.is_known
    if life.drafts and not (is_stranger and life.rng.random() < 0.55):
        visit(life, at)


def arrive(life: Life, at: int) -> None:
    """The first we hear of somebody."""
    source = life.person.source
    if source in ("fair list", "previous tool"):
        arrive_on_a_list(life, at)
    elif source == "social":
        life.did(at, life.rng.choice(("social_connected", "social_followed")), "linkedin")
        if life.rng.random() < 0.5:
            life.learn(at + SECOND, country=life.person.place.iso_code, role=life.person.role)
    elif source == "met at a fair":
        fair = next((f for f in FAIRS if life.person.place.country in f.countries), FAIRS[-1])
        meet_at_fair(life, at, fair)
        fill_in(life, at + 20 * MINUTE, "newsletter", at_the="stand")
    else:
        arrive_on_the_site(life, at, source)


def arrive_on_a_list(life: Life, at: int) -> None:
    """Imported, with the columns the list had."""
    person = life.person
    name = "contacts-from-previous-tool" if person.source == "previous tool" else "attendees-of-a-fair"
    life.did(at, "imported", name, actor="unknown", by=name_of("jonas"))
    columns: dict[str, str | int | None] = {"country": person.place.iso_code}
    if person.company is not None or life.rng.random() < 0.6:
        columns |= {"role": person.role, "industry": person.industry}
    if life.rng.random() < 0.5:
        columns |= {"seniority": person.seniority, "employees": person.employees}
    life.learn(at, **columns)
    start_letters(life, at)


def arrive_on_the_site(life: Life, at: int, source: str) -> None:
    """A visit that ends with an address left behind: that is how they come to be a contact."""
    landing = {"webinar": "/events", "partner": "/books/first-thousand-readers"}.get(source)
    at = read_pages(life, at, utm_of(life, at, source), landing)
    if source == "webinar":
        at = fill_in(life, at, "webinar", webinar="webinar-covers")
    elif life.rng.random() < 0.5:
        at = subscribe(life, at)
    else:
        at = download(life, at)
    convert(life, at, life.intent(at))

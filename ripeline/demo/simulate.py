"""The simulator: from a seed and an instant to a company's year."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from ripeline.demo.fresh import Scene, cast_scenes, prepare
from ripeline.demo.journey import begin, run
from ripeline.demo.life import Life, Year
from ripeline.demo.mind import draw_mind, draw_onset
from ripeline.demo.people import Person, Register, draw_companies, draw_people
from ripeline.demo.talk import days_of_fairs
from ripeline.demo.world import Contact, World
from ripeline.lifecycle.instant import DAY, MINUTE, SECOND
from ripeline.lifecycle.touch import Touch

CONTACTS = 2000
GROWTH = 0.85  # 0.5: as many new people each month; more: ever more of them
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def simulate(seed: int, now: datetime) -> World:
    """A year of the demo company, up to a minute before `now`. Always the same for the same two.

    Raises ValueError for a naive `now`.
    """
    if now.tzinfo is None:
        raise ValueError("`now` must say its time zone")
    ends = (now - EPOCH) // timedelta(microseconds=1) - MINUTE
    year = Year(ends - 365 * DAY, ends)
    rng = Random(seed)
    companies = draw_companies(rng, seed, Register())
    people = draw_people(rng, seed, count=CONTACTS, companies=companies)
    scenes = cast_scenes(rng, people)
    lives = [live(person, seed, year, scene=scenes.get(person.key)) for person in people]
    touches = sorted((touch for life in lives for touch in number(life)), key=order_of)
    contacts = tuple(contact_of(life) for life in lives)
    return World(tuple(company for _, company in companies), contacts, tuple(touches))


def order_of(touch: Touch) -> tuple[int, str]:
    return touch.at, touch.id


def live(person: Person, seed: int, year: Year, *, scene: Scene | None) -> Life:
    """One person's year. Each has their own chance: a change to one leaves the others as they were."""
    rng = Random(f"{seed} {person.key}")
    first_day = draw_first_day(rng, person, year)
    mind = draw_mind(rng, person, first_day, year.days[-1])
    if scene is not None:
        first_day = prepare(mind, scene, rng, year=year)
    life = begin(person, mind, rng, year=year, first_day=first_day)
    if scene is not None:
        life.plan(year.ends - int(scene.hours * 60) * MINUTE, scene.step)
    run(life)
    return life


def draw_first_day(rng: Random, person: Person, year: Year) -> int:
    """When we first hear of somebody. Lists are imported: the old one at once, a fair's the week after."""
    if person.source == "previous tool":
        return year.days[0]
    if person.source == "fair list":
        return rng.choice(days_of_fairs(person.place, year)) + 6
    days = (draw_onset(rng, year.days[0], year.days[-1]) for _ in range(2))
    return max(days) if rng.random() < GROWTH else min(days)


def number(life: Life) -> list[Touch]:
    """The life's touches in order, with ids that say whose and which: stable for the same seed and now."""
    drafts = sorted(life.drafts, key=lambda touch: touch.at)
    return [replace(touch, id=f"{touch.person}-{n:04d}") for n, touch in enumerate(drafts, start=1)]


def contact_of(life: Life) -> Contact:
    """What the books of the company hold of a person at the end."""
    person = life.person
    first = min(touch.at for touch in life.drafts)
    return Contact(
        key=person.key,
        first_name=person.first_name,
        last_name=person.last_name,
        emails=person.emails,
        phones=person.phones,
        title=person.title,
        seniority=person.seniority,
        company=person.company.key if person.company else None,
        country=person.place.iso_code,
        language=person.language,
        time_zone=person.place.time_zone,
        tags=tuple(sorted(life.tags)),
        traits=dict(life.traits),
        source=person.source,
        owner=life.owner,
        created_at=EPOCH + timedelta(microseconds=first - SECOND),
    )

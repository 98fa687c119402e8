"""Scenes tied to `now`, so that the demo shows something new on whatever day it is made.

A few people answer, download, buy or come to a meeting in the last hours; a few others have just fallen
silent for as long as playbooks usually wait.
"""

from dataclasses import dataclass
from random import Random

from ripeline.demo.catalogue import COURSE_PRICE, EBOOK_PRICE
from ripeline.demo.life import Life, Step, Year
from ripeline.demo.mind import Mind, Wave
from ripeline.demo.people import Person
from ripeline.demo.sales import talk_on_the_phone
from ripeline.demo.texts import pick, sign
from ripeline.demo.web import download, fill_in, visit
from ripeline.demo.world import seller_for
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Scene:
    """What one person does, and how many hours before the end of the year."""

    step: Step
    hours: float
    then_silent: bool = False


def cast_scenes(rng: Random, people: list[Person]) -> dict[str, Scene]:
    """Who plays which scene, by person's key: authors and publishers who came by themselves."""
    suited = [p for p in people if not p.is_listed and p.role in ("author", "publisher") and p.books]
    scenes = [*LATEST, *FALLEN_SILENT]
    return {person.key: scene for person, scene in zip(rng.sample(suited, len(scenes)), scenes, strict=True)}


def prepare(mind: Mind, scene: Scene, rng: Random, *, year: Year) -> int:
    """Bend a mind so that the scene follows from it; returns the day on which the person first comes."""
    at = year.ends - int(scene.hours * HOUR)
    mind.need, mind.authority, mind.openness = max(mind.need, 0.7), True, 0.8
    mind.budget = max(mind.budget, COURSE_PRICE)
    mind.is_pretender = mind.is_address_dead = False
    onset = at / DAY - rng.uniform(9, 21)
    mind.waves = [Wave(onset, at / DAY + 2, 15, rng.uniform(0.6, 0.8))]
    mind.shy_until = at - SECOND
    if scene.then_silent:
        mind.silent_from = at + 3 * HOUR
    return max(year.days[0], int(onset) - rng.randint(0, 40))


def answer(life: Life, at: int) -> None:
    """An answer to the last letter, and what sales read out of it."""
    life.did(at, "email_replied", "welcome-3", text=sign(pick(life.rng, "reply", life.person), life.person))
    note_interest(life, at + 40 * MINUTE)


def note_interest(life: Life, at: int) -> None:
    life.is_handled = True
    life.owner = seller_for(life.person.place.country)
    life.learn(at, role=life.person.role, industry=life.person.industry, seniority=life.person.seniority)
    life.did(at, "accepted", by=life.seller)
    for question in ("need", "authority", "intent"):
        life.did(at + MINUTE, "answered", question, value="yes", by=life.seller)


def look_at_prices(life: Life, at: int) -> None:
    """A long look at prices and a download: the step from interested to qualified."""
    for page in ("/pricing", "/services/consulting", "/blog/decision/how-we-price", "/pricing"):
        life.did(at, "page_viewed", page, seconds=70)
        at += 75 * SECOND
    at = download(life, at, "whitepaper-launch-plan")
    fill_in(life, at, "contact", text=pick(life.rng, "enquiry", life.person))


def buy(life: Life, at: int, *, product: str, price: float) -> None:
    at = visit(life, at - 9 * MINUTE, landing="/books/launch-calendar")
    life.did(
        at + MINUTE,
        "purchased",
        product,
        amount=price,
        currency="EUR",
        order=f"{life.person.key[:6]}-1",
    )
    life.bought.append(product)
    life.tags.add("customer")


def call(life: Life, at: int) -> None:
    life.owner = seller_for(life.person.place.country)
    life.is_handled = True
    life.did(at - MINUTE, "call_attempted", by=life.seller)
    talk_on_the_phone(life, at)


def book_a_meeting(life: Life, at: int) -> None:
    fill_in(life, at - 2 * MINUTE, "contact", text=pick(life.rng, "enquiry", life.person))
    life.did(at, "meeting_booked", "launch review")
    note_interest(life, at + 15 * MINUTE)


def chat_with_us(life: Life, at: int) -> None:
    life.did(at - MINUTE, "chat_started", "website")
    life.did(at, "chat_held", "website", text=pick(life.rng, "chat", life.person))


def buy_ebook(life: Life, at: int) -> None:
    buy(life, at, product="ebook-launch-calendar", price=EBOOK_PRICE)


def buy_course(life: Life, at: int) -> None:
    buy(life, at, product="course-launch-your-book", price=COURSE_PRICE)


LATEST: tuple[Scene, ...] = (
    *(Scene(answer, hours) for hours in (0.4, 2.9, 6.5, 9.5, 20, 26)),
    *(Scene(look_at_prices, hours) for hours in (0.2, 4.6, 8, 16, 23)),
    *(Scene(buy_ebook, hours) for hours in (3.4, 11)),
    Scene(buy_course, 21),
    *(Scene(call, hours) for hours in (5.5, 19)),
    Scene(book_a_meeting, 7.2),
    Scene(chat_with_us, 1.4),
)
# The waiting times playbooks usually have; each silence began some hours more than that many days ago.
FALLEN_SILENT: tuple[Scene, ...] = tuple(
    Scene(step, days * 24 + hours, then_silent=True)
    for days in (30, 45, 60, 90)
    for step, hours in ((answer, 7.0), (call, 13.0), (answer, 19.0), (book_a_meeting, 24.5))
)

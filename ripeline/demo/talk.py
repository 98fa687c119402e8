"""Talk that begins elsewhere than at sales: chats on the site, questions on social networks, fairs."""

from functools import partial

from ripeline.demo.catalogue import FAIRS, Fair
from ripeline.demo.life import Attrs, Life, Year, drift, rise
from ripeline.demo.places import Place
from ripeline.demo.sales import notice
from ripeline.demo.texts import pick
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE, SECOND

NETWORKS = ("linkedin", "instagram", "facebook")


def chat(life: Life, at: int) -> int:
    """A chat is opened; in half of them somebody is there to answer."""
    life.did(at, "chat_started", "website")
    if life.rng.random() < 0.5 and life.is_ready_to_talk(at):
        at += 90 * SECOND
        life.did(at, "chat_held", "website", text=pick(life.rng, "chat", life.person))
        notice(life, at)
    return at + 4 * MINUTE


def plan_social(life: Life) -> None:
    """A like, a comment, a connection: now and then by anybody, more often while interest is up."""
    fondness = 3.0 if life.person.source == "social" else 0.5
    drift(life, mingle, per_day=0.004 * fondness * (0.5 + life.mind.openness), since=life.year.begins)
    for wave in life.mind.waves:
        rise(life, wave, mingle, per_day=0.05 * fondness)


def mingle(life: Life, at: int) -> None:
    """One thing done on a social network, mostly one-way; a question now and then."""
    if not life.drafts:
        return
    rng = life.rng
    post = f"{rng.choice(NETWORKS)}/post-{at // DAY % 97:02d}"
    if life.intent(at) > 0.35 and life.is_ready_to_talk(at) and rng.random() < 0.12:
        life.did(at, "social_asked", post, text=pick(rng, "social_question", life.person))
        notice(life, at)
        return
    kind = rng.choices(
        ("social_liked", "social_commented", "social_followed", "social_connected"), (60, 18, 12, 10)
    )[0]
    text: Attrs = {"text": pick(rng, "social_comment", life.person)} if kind == "social_commented" else {}
    life.did(
        at, kind, post if kind in ("social_liked", "social_commented") else post.split("/")[0], attrs=text
    )


def plan_fairs(life: Life) -> None:
    """Those who want something go to the fair of their country, and some come to our stand."""
    for fair in FAIRS:
        if life.person.place.country in fair.countries:
            for first in life.year.dates(fair.month, fair.day):
                day = first + life.rng.randrange(4)
                at = day * DAY + 9 * HOUR + int(life.rng.random() * 8 * HOUR)
                life.plan(at, partial(go_to_fair, fair=fair))


def days_of_fairs(place: Place, year: Year) -> list[int]:
    """The first days of the fairs people of that country go to, those whose list reaches us within the year."""
    fairs = (fair for fair in FAIRS if place.country in fair.countries)
    days = [day for fair in fairs for day in year.dates(fair.month, fair.day)]
    return [day for day in days if day + 7 in year.days] or [year.days[0]]


def go_to_fair(life: Life, at: int, *, fair: Fair) -> None:
    if life.drafts and life.is_ready_to_talk(at) and life.rng.random() < 0.35 * life.intent(at):
        meet_at_fair(life, at, fair)


def meet_at_fair(life: Life, at: int, fair: Fair) -> None:
    life.did(at, "met_at_event", fair.key, text=pick(life.rng, "met_note", life.person))
    life.tags.add(fair.key)
    life.learn(at + HOUR, role=life.person.role, country=life.person.place.iso_code)
    if life.intent(at) > 0.3:
        notice(life, at)

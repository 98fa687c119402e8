"""What salespeople do with those they notice: take up or turn away, call, ask, propose or let go."""

from functools import partial

from ripeline.demo.catalogue import CONSULTING_PRICE, COURSE_PRICE, EBOOK_PRICE
from ripeline.demo.deals import propose
from ripeline.demo.farewell import decline, leave_alone, let_go
from ripeline.demo.life import Life, come_back
from ripeline.demo.people import Person
from ripeline.demo.rhythm import next_working_moment
from ripeline.demo.texts import pick, sign
from ripeline.demo.world import seller_for
from ripeline.lifecycle.instant import MINUTE, SECOND

MOST_TRIES = 4


def notice(life: Life, at: int) -> None:
    """Somebody gave a sign; a salesperson looks at them within a working day or so."""
    if life.is_handled or not life.is_ready_to_talk(at) or at < life.left_alone_until:
        return
    life.is_handled = True
    life.plan(next_working_moment(life.rng, at, 0.5, life.person.place), take_up)


def take_up(life: Life, at: int) -> None:
    """Accept the hand-off, or say why not."""
    rng = life.rng
    life.owner = life.owner or seller_for(life.person.place.country)
    if life.mind.is_pretender and not life.is_customer and rng.random() < 0.4:
        life.did(at, "disqualified", reason=pick(rng, "disqualify", life.person), by=life.seller)
        life.is_disqualified, life.is_handled = True, False
        if rng.random() < 0.5:
            life.plan(next_working_moment(rng, at, 25, life.person.place), reopen)
    elif is_unsuited(life) and not life.is_customer:
        life.did(at, "rejected", reason=pick(rng, "reject", life.person), by=life.seller)
        leave_alone(life, at, 90)
    else:
        life.did(at, "accepted", by=life.seller)
        if rng.random() < 0.05 and not life.is_customer:
            place_by_hand(life, at + 10 * MINUTE)
        life.plan(next_working_moment(rng, at, 0.4, life.person.place), partial(try_to_reach, tries=1))


def is_unsuited(life: Life) -> bool:
    return life.mind.is_pretender or (life.mind.need < 0.22 and life.rng.random() < 0.5)


def place_by_hand(life: Life, at: int) -> None:
    """Now and then somebody knows better than the rules."""
    text = pick(life.rng, "stage_reason", life.person)
    life.did(at, "stage_set", life.rng.choice(("mql", "lead")), reason=text, by=life.seller)


def reopen(life: Life, at: int) -> None:
    """A disqualification was a mistake, or time has passed."""
    if life.did(at, "reopened", reason="Looked again: a new address, a real book.", by=life.seller):
        life.is_disqualified = False
        life.mind.is_pretender = False


def try_to_reach(life: Life, at: int, *, tries: int) -> None:
    """A call or a message of one's own; most need more than one."""
    rng = life.rng
    by_phone = bool(life.person.phones) and rng.random() < 0.75
    if by_phone:
        life.did(at, "call_attempted", by=life.seller)
    else:
        life.did(at, "message_sent", "email", text=pick(rng, "message", life.person), by=life.seller)
    answers = life.is_ready_to_talk(at) and rng.random() < life.mind.openness * (0.55 + 0.7 * life.intent(at))
    if answers and by_phone:
        life.plan(at + MINUTE, talk_on_the_phone)
    elif answers:
        life.plan(life.soon(at, 7), answer_message)
    elif tries < MOST_TRIES:
        life.plan(next_working_moment(rng, at, 3, life.person.place), partial(try_to_reach, tries=tries + 1))
    else:
        let_go(life, at + 5 * MINUTE, "Could not be reached.", days=60)


def answer_message(life: Life, at: int) -> None:
    """They write back, and a call is made of it on a working day."""
    text = sign(pick(life.rng, "reply", life.person), life.person)
    life.did(at, "email_replied", "message", text=text)
    life.plan(next_working_moment(life.rng, at, 1.2, life.person.place), talk_on_the_phone)


def talk_on_the_phone(life: Life, at: int) -> None:
    """The first real talk: what they need, what they can pay, who decides, when."""
    if life.is_silent(at):
        let_go(life, at, "Went quiet.", days=60)
        return
    minutes = life.rng.randint(9, 38)
    life.did(
        at,
        "call_held",
        "discovery",
        amount=minutes,
        text=pick(life.rng, "call_note", life.person),
        by=life.seller,
    )
    at += (minutes + 4) * MINUTE
    price = price_they_ask_about(life)
    take_down_answers(life, at, price)
    judge(life, at + 2 * MINUTE, price)


def price_they_ask_about(life: Life) -> float:
    """Publishers and authors with several books ask for consulting, others for a course or a book."""
    person, mind = life.person, life.mind
    if person.role == "publisher" or person.books >= 3 or mind.budget >= CONSULTING_PRICE:
        return CONSULTING_PRICE
    return COURSE_PRICE if mind.need > 0.25 else EBOOK_PRICE


def take_down_answers(life: Life, at: int, price: float) -> None:
    """Sales notes need, budget, authority, timeline and intent, most of them most of the time."""
    intent = life.intent(at)
    person = life.person
    life.learn(at, role=person.role, books_published=person.books, genre=person.genre, **work_of(person))
    answers = (
        ("need", yes(life.mind.need > 0.3), 0.95),
        ("budget", yes(life.mind.budget >= price), 0.85),
        ("authority", yes(life.mind.authority), 0.9),
        ("timeline", yes(intent > 0.4), 0.8),
        ("intent", yes(intent > 0.35), 0.85),
    )
    for question, value, share in answers:
        if life.rng.random() < share:
            life.did(at, "answered", question, value=value, by=life.seller)
            at += 20 * SECOND


def work_of(person: Person) -> dict[str, str | int | None]:
    return {"industry": person.industry, "seniority": person.seniority, "employees": person.employees}


def yes(holds: bool) -> str:
    return "yes" if holds else "no"


def judge(life: Life, at: int, price: float) -> None:
    """After the talk: a deal, a no for now, or back to letters."""
    rng, mind = life.rng, life.mind
    intent = life.intent(at)
    if mind.need < 0.25:
        decline(life, at, "need", days=150)
    elif not mind.authority and rng.random() < 0.6:
        decline(life, at, "authority", days=75)
    elif mind.budget < price and rng.random() < 0.75:
        decline(life, at, "price", days=95)
        mind.budget *= 2.2  # royalties arrive, a grant comes through
        come_back(life, at, days=80, height=rng.uniform(0.5, 0.9))
    elif intent < 0.22:
        decline(life, at, "timing", days=60)
        come_back(life, at, days=60, height=rng.uniform(0.35, 0.85))
    else:
        life.did(at, "fit_confirmed", by=life.seller)
        propose(life, at, price=min(price, affordable(mind.budget)))


def affordable(budget: float) -> float:
    return CONSULTING_PRICE if budget >= 0.8 * CONSULTING_PRICE else COURSE_PRICE

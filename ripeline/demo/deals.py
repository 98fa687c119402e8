"""From a talk that went well to an order or a no: meeting, deal, quote, decision, first session."""

from functools import partial

from ripeline.demo.catalogue import CONSULTING, CONSULTING_PRICE, COURSES, PRICES
from ripeline.demo.farewell import decline, let_go
from ripeline.demo.life import Life, come_back
from ripeline.demo.rhythm import next_working_moment
from ripeline.demo.texts import OBJECTIONS, pick, say_product, sign
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE


def propose(life: Life, at: int, *, price: float) -> None:
    """Choose what to offer. Consulting is sold in a meeting, a course needs none."""
    slug = life.rng.choice(CONSULTING if price == CONSULTING_PRICE else COURSES)
    product = f"consulting-{slug}" if price == CONSULTING_PRICE else f"course-{slug}"
    if product in life.bought:
        let_go(life, at, "Has it already.", days=60)
        return
    if price == CONSULTING_PRICE:
        life.did(at + 6 * MINUTE, "meeting_booked", "launch review", by=life.seller)
        life.plan(next_working_moment(life.rng, at, 6, life.person.place), partial(meet, product=product))
    else:
        life.plan(next_working_moment(life.rng, at, 1, life.person.place), partial(quote, product=product))


def meet(life: Life, at: int, *, product: str) -> None:
    if life.is_silent(at) or life.rng.random() < 0.12:
        life.did(
            at + 20 * MINUTE, "message_sent", "email", text="We missed you. Another day?", by=life.seller
        )
        let_go(life, at + 2 * HOUR, "Did not come to the meeting.", days=50)
        return
    minutes = life.rng.choice((30, 45, 45, 60))
    note = pick(life.rng, "meeting_note", life.person)
    life.did(
        at + minutes * MINUTE, "meeting_held", "launch review", amount=minutes, text=note, by=life.seller
    )
    life.plan(next_working_moment(life.rng, at, 1.5, life.person.place), partial(quote, product=product))


def quote(life: Life, at: int, *, product: str) -> None:
    """A deal is opened and an offer sent; they look at it more often the more they want it."""
    rng = life.rng
    deal = f"{say_product(product)} {sum(touch.kind == 'deal_opened' for touch in life.drafts) + 1}"
    price = PRICES[product]
    life.did(at, "deal_opened", deal, amount=price, currency="EUR", product=product, by=life.seller)
    life.did(
        at + 25 * MINUTE, "quote_sent", deal, amount=price, currency="EUR", product=product, by=life.seller
    )
    seen = at + 30 * MINUTE
    for _ in range(1 + int(3 * life.intent(at) * rng.random())):
        seen = life.soon(seen, 9)
        life.did(seen, "quote_viewed", deal)
    decision = next_working_moment(rng, seen, rng.choice((5, 11, 20)), life.person.place)
    life.plan(decision, partial(decide, deal=deal, product=product, wanted=life.intent(at)))


def decide(life: Life, at: int, *, deal: str, product: str, wanted: float) -> None:
    """They say yes, say no, or say nothing. `wanted`: their intent when the quote came."""
    rng = life.rng
    if life.is_silent(at):
        lose(life, at, deal, "Went quiet.")
    elif rng.random() < 0.2 + 0.65 * wanted:
        win(life, at, deal, product)
    elif rng.random() < 0.65:
        subject = rng.choices(("price", "timing", "need", "other", "authority"), (8, 5, 3, 2, 2))[0]
        life.did(at + 10 * MINUTE, "deal_lost", deal, reason=OBJECTIONS[subject], by=life.seller)
        decline(life, at, subject, days=100)
        if subject in ("price", "timing"):
            life.mind.budget *= 1.5
            come_back(life, at, days=90, height=rng.uniform(0.5, 0.95))
    else:
        life.did(at, "message_sent", "email", text=pick(rng, "message", life.person), by=life.seller)
        life.plan(
            next_working_moment(rng, at, 12, life.person.place),
            partial(lose, deal=deal, reason="Went quiet."),
        )


def lose(life: Life, at: int, deal: str, reason: str) -> None:
    life.did(at, "deal_lost", deal, reason=reason, by=life.seller)
    let_go(life, at + 5 * MINUTE, reason, days=70)


def win(life: Life, at: int, deal: str, product: str) -> None:
    """The yes, the order, the first lesson or meeting; some want more later."""
    rng = life.rng
    if not life.did(
        at, "email_replied", "quote", text=sign(pick(rng, "closing_reply", life.person), life.person)
    ):
        return
    price = PRICES[product]
    life.did(
        at + 22 * MINUTE, "deal_won", deal, amount=price, currency="EUR", product=product, by=life.seller
    )
    order = f"{life.person.key[:6]}-d{deal.rpartition(' ')[2]}"
    life.did(at + 50 * MINUTE, "purchased", product, amount=price, currency="EUR", order=order)
    life.bought.append(product)
    life.is_handled = False
    life.left_alone_until = at + 45 * DAY
    life.sated_until = at + 45 * DAY
    life.tags.add("customer")
    life.plan(next_working_moment(rng, at, 9, life.person.place), partial(begin_work, product=product))
    if rng.random() < 0.3:
        come_back(life, at, days=75, height=rng.uniform(0.4, 0.9))


def begin_work(life: Life, at: int, *, product: str) -> None:
    text = f"First session: {say_product(product)}."
    life.did(at, "meeting_held", "kick-off", amount=45, text=text, by=life.seller)

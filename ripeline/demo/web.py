"""The web site: visits, what is read there, what is downloaded, filled in, bought without talking."""

from functools import partial

from ripeline.demo import catalogue
from ripeline.demo.catalogue import CAMPAIGNS, Campaign
from ripeline.demo.life import Attrs, Life
from ripeline.demo.rhythm import date_of, day_number
from ripeline.demo.sales import notice
from ripeline.demo.talk import chat
from ripeline.demo.texts import pick
from ripeline.lifecycle.instant import DAY, SECOND

OUTBOUND = ("/go/print-shop", "/go/isbn-office", "/go/writers-guild")


def visit(life: Life, at: int, *, source: str | None = None, landing: str | None = None) -> int:
    """One visit: pages, and whatever the intent of the day leads to. Returns when it ended."""
    if life.is_silent(at):
        return at
    intent = life.intent(at)
    at = read_pages(life, at, utm_of(life, at, source), landing)
    at = convert(life, at, intent)
    if intent > 0.3:
        at = want(life, at, intent)
    return at


def read_pages(life: Life, at: int, utm: Attrs, landing: str | None) -> int:
    """Page views of one visit, some seconds to minutes apart."""
    count = 1 + min(7, int(life.rng.expovariate(1 / (0.4 + 1.9 * life.intent(at)))))
    for number in range(count):
        page = landing if number == 0 and landing else draw_page(life, life.intent(at))
        seconds = 6 + int(life.rng.lognormvariate(3.7, 0.9))
        life.did(at, "page_viewed", page, seconds=seconds, attrs=utm if number == 0 else None)
        at += (seconds + life.rng.randint(1, 4)) * SECOND
    return at


def draw_page(life: Life, intent: float) -> str:
    """Discovery for the curious, evaluation for the interested, prices for those about to decide."""
    pools = (
        (catalogue.PLAIN, 0.35),
        (catalogue.DISCOVERY, 0.9 * (1 - intent)),
        (catalogue.BOOK_PAGES, 0.2),
        (catalogue.EVALUATION, 1.8 * max(0.0, intent - 0.08)),
        (catalogue.DECISION + catalogue.CASES, 2.0 * max(0.0, intent - 0.22)),
        (catalogue.OFFERS, 2.0 * max(0.0, intent - 0.22)),
        (("/pricing",), 2.0 * max(0.0, intent - 0.28)),
        (("/contact",), 0.3 * max(0.0, intent - 0.4)),
    )
    pool = life.rng.choices([pages for pages, _ in pools], [weight for _, weight in pools])[0]
    return life.rng.choice(pool)


def utm_of(life: Life, at: int, source: str | None) -> Attrs:
    """Where a visit came from; most come by themselves and tell nothing."""
    if source == "advertising":
        return utm_of_campaign(draw_campaign(life, at))
    if source == "partner":
        return {"utm_source": "writers-guild", "utm_medium": "referral", "utm_campaign": "partner-letter"}
    if source == "letter":
        return {"utm_source": "newsletter", "utm_medium": "email"}
    if source == "social":
        return {"utm_source": life.rng.choice(("linkedin", "instagram", "facebook")), "utm_medium": "social"}
    if source == "search" or life.rng.random() < 0.3:
        return {"utm_source": life.rng.choice(("google", "google", "bing")), "utm_medium": "organic"}
    return {}


def utm_of_campaign(campaign: Campaign) -> Attrs:
    return {"utm_source": campaign.source, "utm_medium": campaign.medium, "utm_campaign": campaign.key}


def draw_campaign(life: Life, at: int) -> Campaign:
    """One of the campaigns that run on that day; the last one always does."""
    today = date_of(at // DAY)
    running = [c for c in CAMPAIGNS if c.begins <= (today.month, today.day) <= c.ends]
    return life.rng.choices(running, [c.weight for c in running])[0]


def convert(life: Life, at: int, intent: float) -> int:
    """What a visit leaves behind besides page views."""
    rng = life.rng
    if rng.random() < 0.05 + 0.55 * intent:
        at = download(life, at)
    if not life.is_subscribed and rng.random() < 0.04 + 0.2 * intent:
        at = subscribe(life, at)
    if rng.random() < 0.015 + 0.1 * intent:
        at += 40 * SECOND
        share = rng.choice((25, 50, 75, 100, 100))
        life.did(at, "video_watched", rng.choice(catalogue.VIDEOS), amount=share)
        at += 300 * SECOND
    if rng.random() < 0.02 + 0.05 * intent:
        life.did(at, "link_clicked", rng.choice(OUTBOUND))
    if rng.random() < 0.02 + 0.27 * intent:
        at = fill_in(life, at, "webinar", webinar=rng.choice(catalogue.VIDEOS[:2]))
    return at


def want(life: Life, at: int, intent: float) -> int:
    """What only those do who mean it: ask, chat, ask for a quote, buy a book or a course."""
    rng = life.rng
    hurdle = 0.15 if life.mind.is_pretender else 1.0
    if not life.is_ready_to_talk(at):
        return at
    if intent > 0.42 and rng.random() < 0.18 * hurdle:
        at = fill_in(life, at, "contact", text=pick(rng, "enquiry", life.person))
        notice(life, at)
    elif intent > 0.6 and rng.random() < 0.14 * hurdle:
        at = fill_in(life, at, "quote-request", text=pick(rng, "wish", life.person))
        notice(life, at)
    elif rng.random() < 0.06 * intent:
        at = chat(life, at)
    elif intent > 0.4 and life.is_known and rng.random() < 0.2 * intent:
        notice(life, at)  # a salesperson watching the site sees somebody read the prices
    if not life.mind.is_pretender and rng.random() < (intent - 0.25) * 0.065:
        at = buy_online(life, at, intent)
    return at


def buy_online(life: Life, at: int, intent: float) -> int:
    """An e-book, or a course for those who can: straight from the shop."""
    rng = life.rng
    can_course = life.mind.budget >= catalogue.COURSE_PRICE and life.mind.need > 0.4
    if can_course and rng.random() < 0.8 * intent:
        product = f"course-{rng.choice(catalogue.COURSES)}"
    else:
        product = f"ebook-{rng.choice(catalogue.EBOOKS)}"
    if product in life.bought:
        return at
    life.did(at, "page_viewed", f"/checkout/{product}", seconds=95)
    at += 120 * SECOND
    identify(life, at, "checkout")
    if life.did(
        at, "purchased", product, amount=catalogue.PRICES[product], currency="EUR", order=order_number(life)
    ):
        life.bought.append(product)
        life.sated_until = at + (14 if product.startswith("ebook") else 60) * DAY
    return at


def order_number(life: Life) -> str:
    return f"{life.person.key[:6]}-{len(life.bought) + 1}"


def download(life: Life, at: int, asset: str | None = None) -> int:
    """A white paper, checklist or template they do not have yet, behind a short form the first time."""
    asset = asset or life.rng.choice(list(catalogue.ASSETS))
    if asset in life.downloaded:
        return at
    life.downloaded.add(asset)
    life.did(at, "page_viewed", catalogue.ASSETS[asset], seconds=35)
    at += 45 * SECOND
    identify(life, at, asset)
    life.did(at + SECOND, "asset_downloaded", asset)
    life.learn(at + 2 * SECOND, role=life.person.role, books_published=life.person.books)
    return at + 20 * SECOND


def subscribe(life: Life, at: int) -> int:
    fill_in(life, at, "newsletter")
    life.did(at + 31 * SECOND, "subscribed", "newsletter")
    life.is_subscribed = not life.is_suppressed
    life.tags.add("newsletter")
    return at + 60 * SECOND


def fill_in(life: Life, at: int, form: str, **fields: str) -> int:
    """A form, which tells us who they are and a little more each time."""
    at += 30 * SECOND
    life.did(at, "form_submitted", form, attrs=fields)
    identify(life, at, form)
    if form != "newsletter":
        tell_more(life, at)
    return at + 5 * SECOND


def identify(life: Life, at: int, by: str) -> None:
    """A visitor gets a name."""
    if not life.is_known and life.did(at, "identified", by, actor="unknown"):
        life.is_known = True
        role = life.person.role if life.rng.random() < 0.65 else None
        life.learn(at, country=life.person.place.iso_code, role=role)


def tell_more(life: Life, at: int) -> None:
    """What longer forms ask for."""
    person = life.person
    told: Attrs = {"role": person.role, "books_published": person.books, "genre": person.genre}
    work: Attrs = {"industry": person.industry, "seniority": person.seniority, "employees": person.employees}
    tells_of_work = person.company is not None or life.rng.random() < 0.85
    life.learn(at, **told, **(work if tells_of_work else {}))


def plan_ads(life: Life) -> None:
    """Visits that a campaign brings, for those who have been here before."""
    for campaign in CAMPAIGNS[:-1]:
        for first in life.year.dates(*campaign.begins):
            last = day_number(date_of(first).replace(month=campaign.ends[0], day=campaign.ends[1]))
            if life.rng.random() < 0.04 * campaign.weight * life.mind.need:
                day = life.rng.randint(first, last)
                life.plan(day * DAY + 17 * 3600 * SECOND, partial(follow_ad, landing=campaign.landing))


def follow_ad(life: Life, at: int, *, landing: str) -> None:
    if life.drafts and at > life.drafts[0].at:
        visit(life, at, source="advertising", landing=landing)

"""What the demo company has to show and to sell."""

from collections.abc import Mapping
from dataclasses import dataclass

EBOOK_PRICE = 20.0  # EUR
COURSE_PRICE = 250.0
CONSULTING_PRICE = 1000.0

EBOOKS = (
    "first-thousand-readers",
    "cover-brief-workbook",
    "launch-calendar",
    "rights-in-plain-words",
    "back-list",
)
COURSES = ("launch-your-book", "sell-on-your-own-site", "newsletter-for-novelists")
CONSULTING = ("launch-plan", "catalogue-review", "direct-sales")

ASSETS = {  # asset -> the page that offers it
    "whitepaper-launch-plan": "/library/launch-plan",
    "checklist-cover": "/library/cover-checklist",
    "template-budget": "/library/budget-template",
    "checklist-launch-week": "/library/launch-week",
    "guide-own-shop": "/library/own-shop",
    "template-newsletter-year": "/library/newsletter-year",
    "study-twelve-launches": "/library/twelve-launches",
}

DISCOVERY = tuple(
    f"/blog/discovery/{slug}"
    for slug in (
        "why-good-books-stay-invisible",
        "what-a-launch-really-costs",
        "finding-your-first-hundred-readers",
        "is-self-publishing-for-you",
        "writing-through-november",
        "what-readers-do-in-the-first-ten-seconds",
        "how-libraries-choose",
        "after-the-last-draft",
    )
)
EVALUATION = tuple(
    f"/blog/evaluation/{slug}"
    for slug in (
        "own-shop-or-big-store",
        "launch-plans-compared",
        "advertising-or-newsletter",
        "what-a-good-cover-brief-holds",
        "print-on-demand-or-small-run",
        "translation-rights-or-own-edition",
    )
)
DECISION = tuple(
    f"/blog/decision/{slug}"
    for slug in (
        "what-working-with-us-looks-like",
        "course-or-consulting",
        "a-launch-in-twelve-weeks-step-by-step",
        "when-not-to-hire-us",
        "how-we-price",
    )
)
CASES = (
    "/cases/a-crime-series-in-five-countries",
    "/cases/from-200-to-6000-readers",
    "/cases/a-press-of-three",
)
OFFERS = (
    *(f"/services/{slug}" for slug in ("consulting", "launch-audit")),
    *(f"/courses/{c}" for c in COURSES),
)
BOOK_PAGES = tuple(f"/books/{slug}" for slug in EBOOKS)
PLAIN = ("/", "/about", "/library", "/events")

VIDEOS = ("webinar-covers", "webinar-first-thousand-readers", "how-a-launch-plan-works")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A push that brings visits. Days are (month, day) of any year."""

    key: str
    begins: tuple[int, int]
    ends: tuple[int, int]
    source: str
    medium: str
    landing: str
    weight: float


CAMPAIGNS = (
    Campaign("novel-month", (10, 25), (11, 30), "facebook", "paid_social", DISCOVERY[4], 3),
    Campaign("black-friday-courses", (11, 24), (11, 30), "google", "cpc", "/courses/launch-your-book", 1.5),
    Campaign("new-year-new-book", (1, 3), (1, 31), "instagram", "paid_social", DISCOVERY[7], 2),
    Campaign("spring-fairs", (3, 1), (5, 20), "linkedin", "paid_social", "/events", 1),
    Campaign(
        "summer-reading-list", (7, 5), (8, 15), "newsletter", "partner", "/books/first-thousand-readers", 1
    ),
    Campaign("autumn-launches", (9, 10), (10, 24), "google", "cpc", "/library/launch-plan", 2),
    Campaign("always-on-brand", (1, 1), (12, 31), "google", "cpc", "/", 0.6),
)


@dataclass(frozen=True, slots=True)
class Fair:
    """A place where people are met, and whose list of visitors we get; it begins on this day each year."""

    key: str
    month: int
    day: int
    countries: frozenset[str]


FAIRS = (
    Fair("london-book-fair", 3, 10, frozenset({"gb", "ie", "nl"})),
    Fair("leipzig-book-fair", 3, 21, frozenset({"de", "at", "pl"})),
    Fair("bologna-book-fair", 4, 7, frozenset({"it", "fr", "es"})),
    Fair("turin-book-salon", 5, 16, frozenset({"it"})),
    Fair("warsaw-book-fair", 5, 23, frozenset({"pl"})),
    Fair("lisbon-book-fair", 6, 1, frozenset({"pt"})),
    Fair("madrid-book-fair", 6, 6, frozenset({"es"})),
    Fair("gothenburg-book-fair", 9, 25, frozenset({"se"})),
    Fair("frankfurt-book-fair", 10, 15, frozenset({"de", "at", "nl", "fr", "be", "gb", "pl", "es"})),
    Fair("antwerp-book-fair", 11, 3, frozenset({"be", "nl"})),
)


@dataclass(frozen=True, slots=True)
class Letter:
    """An email to many: its key, its subject line and what it links to."""

    key: str
    title: str
    links: tuple[str, ...]


WELCOME = (
    Letter("welcome-1", "Welcome aboard: where most launches leak", (DISCOVERY[0], "/library/launch-plan")),
    Letter("welcome-2", "The cover is a promise", (EVALUATION[3], "/library/cover-checklist")),
    Letter("welcome-3", "Shall we look at your launch together?", (DECISION[0], "/pricing")),
)
INTRODUCTION = (
    Letter("introduction-1", "We met, or nearly did", ("/about", DISCOVERY[2])),
    Letter("introduction-2", "A checklist for your next cover", ("/library/cover-checklist",)),
)
PITCHES = (
    Letter("course-offer", "Three seats left: Launch your book", ("/courses/launch-your-book", "/pricing")),
    Letter("audit-offer", "Your launch, looked at in an hour", ("/services/launch-audit", "/pricing")),
)
ISSUE_TITLES = (
    "What sold quietly this month",
    "Five covers, and why they work",
    "The reader you forgot to write to",
    "Numbers from twelve small launches",
    "A bookshop owner explains her shelf",
    "How long is a good newsletter?",
)

PRICES: Mapping[str, float] = {
    **{f"ebook-{slug}": EBOOK_PRICE for slug in EBOOKS},
    **{f"course-{slug}": COURSE_PRICE for slug in COURSES},
    **{f"consulting-{slug}": CONSULTING_PRICE for slug in CONSULTING},
}

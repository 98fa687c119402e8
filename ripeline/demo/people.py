"""Who there is: 400 invented companies and the people in and outside them."""

from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random

from ripeline.demo.firms import FIRMS, Firm, name_firm
from ripeline.demo.names import MAIL_HOSTS, address_of, draw_name, slug_of
from ripeline.demo.places import PLACES, Place, draw_phone
from ripeline.demo.world import Card, Company

KEY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 signs that are not mistaken for one another
GENRES = (
    "crime",
    "romance",
    "fantasy",
    "historical",
    "children",
    "memoir",
    "poetry",
    "non-fiction",
    "science fiction",
)
GENRE_WEIGHTS = (18, 17, 14, 11, 9, 8, 4, 13, 6)
DAY_JOBS = ("education", "software", "other", "retail", "media")
DAY_JOB_WEIGHTS = (26, 14, 42, 12, 6)

# How people come to us, and how many in a thousand do.
SOURCES = {
    "fair list": 235,
    "previous tool": 165,
    "social": 80,
    "search": 210,
    "advertising": 140,
    "partner": 75,
    "webinar": 60,
    "met at a fair": 35,
}
LISTED = frozenset({"fair list", "previous tool", "social"})  # known to us before they ask for anything
BUSINESS_SENIORITIES = {"owner": 12, "director": 22, "manager": 34, "staff": 32}


@dataclass(frozen=True, slots=True)
class Person(Card):
    """Who somebody is, whether or not we have heard of it yet."""

    company: Company | None
    place: Place
    language: str
    role: str
    books: int
    genre: str
    industry: str
    employees: int | None
    source: str

    @property
    def is_listed(self) -> bool:
        return self.source in LISTED

    @property
    def is_office(self) -> bool:
        """Reads us at work: in office hours, behind a company's mail server."""
        return self.company is not None and self.company.employees > 3

    @property
    def has_scanner(self) -> bool:
        """Their company's mail server opens and follows everything before it delivers."""
        return self.company is not None and self.company.employees >= 22 and self.company.key[0] < "q"


@dataclass(slots=True)
class Register:
    """Names in use, so that no address, no domain and no number is given twice."""

    domains: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)


def key_of(*parts: object) -> str:
    """16 signs that are always the same for the same parts."""
    number = int.from_bytes(blake2b("|".join(map(str, parts)).encode(), digest_size=10).digest(), "big")
    return "".join(KEY_ALPHABET[number >> shift & 31] for shift in range(0, 80, 5))


def draw_companies(rng: Random, seed: int, register: Register) -> list[tuple[Firm, Company]]:
    """All companies with the kind of firm each is."""
    firms = [firm for firm in FIRMS for _ in range(firm.count)]
    return [
        (firm, draw_company(rng, firm, key_of(seed, "company", n), register)) for n, firm in enumerate(firms)
    ]


def draw_company(rng: Random, firm: Firm, key: str, register: Register) -> Company:
    place = draw_place(rng)
    while True:
        name = name_firm(rng, firm, place.country)
        domain = f"{slug_of(name)}.example"
        if domain not in register.domains:
            break
    register.domains.add(domain)
    low, high = firm.employees
    employees = round(low * (high / low) ** rng.random())
    return Company(key, name, domain, firm.industry, employees, place.iso_code)


def draw_people(rng: Random, seed: int, *, count: int, companies: list[tuple[Firm, Company]]) -> list[Person]:
    """`count` people: first those the companies need, then authors on their own; mixed, then numbered."""
    seats: list[tuple[Firm, Company, bool] | None] = []
    for firm, company in companies:
        people = rng.randint(*firm.people)
        seats += [(firm, company, place == 0) for place in range(people)]
    seats = [*seats[:count], *[None] * (count - len(seats))]
    rng.shuffle(seats)
    register = Register()
    sources = list(SOURCES)
    weights = list(SOURCES.values())
    people_drawn = []
    for number, seat in enumerate(seats):
        key = key_of(seed, "contact", number)
        source = rng.choices(sources, weights)[0]
        if seat is None:
            people_drawn.append(draw_private(rng, key, source, register))
        else:
            firm, company, leads = seat
            people_drawn.append(
                draw_employee(rng, key, source, register=register, firm=firm, company=company, leads=leads)
            )
    return people_drawn


def draw_private(rng: Random, key: str, source: str, register: Register) -> Person:
    """An author, or somebody who wants to be one, without a company of their own."""
    place = draw_place(rng)
    role = rng.choices(("author", "aspiring_author", "journalist"), (55, 42, 3))[0]
    books = 0 if role == "aspiring_author" else 1 + int(rng.expovariate(0.45)) if role == "author" else 0
    first, last = draw_name(rng, place.country)
    address = draw_address(rng, first, last, hosts=MAIL_HOSTS[place.country], register=register)
    is_published = role == "author"
    return Person(
        key=key,
        first_name=first,
        last_name=last,
        emails=(address,),
        phones=draw_phones(rng, place, 0.35, register),
        title=rng.choice(("Author", "Novelist", "Writer", None)) if is_published else None,
        seniority="owner" if is_published else rng.choices(("staff", "manager", None), (5, 2, 3))[0],
        company=None,
        place=place,
        language=place.language,
        role=role,
        books=books,
        genre=rng.choices(GENRES, GENRE_WEIGHTS)[0],
        industry="publishing" if is_published else rng.choices(DAY_JOBS, DAY_JOB_WEIGHTS)[0],
        employees=1 if is_published else None,
        source=source,
    )


def draw_employee(
    rng: Random, key: str, source: str, *, register: Register, firm: Firm, company: Company, leads: bool
) -> Person:
    """Somebody at a company; the first of each (`leads`) is one who runs it."""
    place = PLACES[company.country.lower()]
    first, last = draw_name(rng, place.country)
    seniority = "owner" if leads and company.employees < 12 else "director" if leads else draw_seniority(rng)
    role = firm.role if leads or rng.random() < 0.6 else rng.choice(firm.other_roles)
    address = draw_address(rng, first, last, hosts=(company.domain,), register=register)
    private = draw_address(rng, first, last, hosts=MAIL_HOSTS[place.country], register=register)
    return Person(
        key=key,
        first_name=first,
        last_name=last,
        emails=(address, private) if rng.random() < 0.12 else (address,),
        phones=draw_phones(rng, place, 0.6, register),
        title=firm.titles[seniority] if role == firm.role else OTHER_TITLES[role],
        seniority=seniority,
        company=company,
        place=place,
        language=place.language,
        role=role,
        books=1 + int(rng.expovariate(0.22)) if role in ("author", "publisher") else 0,
        genre=rng.choices(GENRES, GENRE_WEIGHTS)[0],
        industry=company.industry,
        employees=company.employees,
        source=source,
    )


OTHER_TITLES = {
    "marketer": "Marketing manager",
    "author": "Author in residence",
    "aspiring_author": "Assistant editor",
    "agent": "Rights manager",
    "publisher": "Editor",
    "journalist": "Editor, culture desk",
}


def draw_seniority(rng: Random) -> str:
    return rng.choices(list(BUSINESS_SENIORITIES), list(BUSINESS_SENIORITIES.values()))[0]


def draw_place(rng: Random) -> Place:
    return rng.choices(list(PLACES.values()), [place.weight for place in PLACES.values()])[0]


def draw_phones(rng: Random, place: Place, share: float, register: Register) -> tuple[str, ...]:
    """A number nobody else in this world has: two who share one would look like one person."""
    number = draw_phone(rng, place) if rng.random() < share else None
    if number is None:
        return ()
    # From a chance of its own: who comes after stays as they are.
    again = Random(number)
    while number in register.phones:
        number = draw_phone(again, place) or ""
    register.phones.add(number)
    return (number,)


def draw_address(rng: Random, first: str, last: str, *, hosts: tuple[str, ...], register: Register) -> str:
    """An address nobody else in this world has; namesakes get a number, as they do in life."""
    host = rng.choice(hosts)
    address = address_of(first, last, host)
    number = 2
    while address in register.addresses:
        address = address_of(first, f"{last}{number}", host)
        number += 1
    register.addresses.add(address)
    return address

"""What nobody sees: how much somebody needs us, may decide, can pay, and how that rises and falls.

Everything a simulated person does follows from `intent_at`; so does what they buy. That is why a score made
of what they do says something about who buys.
"""

from dataclasses import dataclass
from math import exp
from random import Random

from ripeline.demo.people import Person
from ripeline.demo.rhythm import BUSIEST, season_of
from ripeline.lifecycle.instant import DAY

FOREVER = 1 << 62  # µs; later than any instant of the simulation

# By role: mean readiness (need and fit in one), median budget in EUR.
READINESS = {
    "author": 0.5,
    "publisher": 0.52,
    "aspiring_author": 0.3,
    "marketer": 0.33,
    "agent": 0.25,
    "journalist": 0.12,
}
BUDGETS = {
    "author": 420,
    "publisher": 2200,
    "aspiring_author": 150,
    "marketer": 900,
    "agent": 800,
    "journalist": 60,
}


@dataclass(frozen=True, slots=True)
class Wave:
    """One surge of interest: a book nears its launch, a fair comes, a rival sells. Days since the epoch."""

    onset: float
    peak: float
    fade: float  # days in which it falls to a third after the peak
    height: float  # 0 to 1

    def at(self, day: float) -> float:
        if day < self.onset:
            return 0.0
        if day < self.peak:
            share = (day - self.onset) / (self.peak - self.onset)
            return self.height * share * share * (3 - 2 * share)
        return self.height * exp(-(day - self.peak) / self.fade)

    @property
    def ends(self) -> float:
        return self.peak + 2.5 * self.fade


@dataclass(slots=True)
class Mind:
    """One person's hidden side. Budget and waves change with what happens; the rest is who they are."""

    need: float  # 0 to 1
    budget: float  # EUR they could spend now
    authority: bool  # may decide alone
    openness: float  # how readily they talk to us, 0 to 1
    curiosity: float  # visits without intent, per day
    mail_habit: float  # share of letters they open when interested
    is_pretender: bool  # reads everything and never buys: students, rivals, journalists
    is_behind_proxy: bool  # their mail program loads every picture for them
    is_address_dead: bool
    waves: list[Wave]
    silent_from: int = FOREVER  # nothing human comes from them after this instant
    shy_until: int = 0  # they neither talk nor buy before this instant

    def intent_at(self, at: int) -> float:
        """0 to 1: how much they want to buy something at this instant."""
        day = at / DAY
        return max((wave.at(day) for wave in self.waves), default=0.0)


def draw_mind(rng: Random, person: Person, first_day: int, last_day: int) -> Mind:
    """The hidden side of a person who is first heard of on `first_day` (days since the epoch)."""
    readiness = min(0.95, rng.betavariate(2.2, 2.2) * 2 * READINESS[person.role])
    experience = 1 + 0.12 * min(person.books, 10)
    return Mind(
        need=min(1.0, readiness * rng.uniform(0.8, 1.3)),
        budget=BUDGETS[person.role] * experience * rng.lognormvariate(0, 0.7),
        authority=rng.random() < authority_of(person),
        openness=rng.betavariate(3, 2),
        curiosity=rng.lognormvariate(-6.0, 0.8),
        mail_habit=rng.betavariate(3, 2.5),
        is_pretender=rng.random() < (0.7 if person.role == "journalist" else 0.05),
        is_behind_proxy=person.company is None and rng.random() < 0.28,
        is_address_dead=rng.random() < (0.06 if person.is_listed else 0.008),
        waves=draw_waves(rng, readiness, person, first_day=first_day, last_day=last_day),
    )


def authority_of(person: Person) -> float:
    """The chance that somebody may decide alone."""
    if person.company is None or person.seniority == "owner":
        return 0.95
    return {"director": 0.85, "manager": 0.4, "staff": 0.1}.get(person.seniority or "staff", 0.1)


def draw_waves(rng: Random, readiness: float, person: Person, *, first_day: int, last_day: int) -> list[Wave]:
    """Whoever came by themselves came because something was rising; a name on a list may never stir."""
    waves = []
    if not person.is_listed:
        waves.append(draw_wave(rng, first_day - 2, readiness))
    elif rng.random() < 0.12 + 0.45 * readiness:
        waves.append(draw_wave(rng, draw_onset(rng, first_day, last_day), readiness))
    while len(waves) < 3 and rng.random() < 0.8 * readiness:
        waves.append(draw_wave(rng, draw_onset(rng, first_day + 40, last_day), readiness))
    return waves


def draw_wave(rng: Random, onset: float, readiness: float) -> Wave:
    rise = rng.uniform(6, 40)
    height = min(0.98, rng.uniform(0.25, 0.62) + 0.7 * readiness * rng.random())
    return Wave(onset, onset + rise, rng.uniform(12, 45), height)


def draw_onset(rng: Random, first_day: int, last_day: int) -> int:
    """A day between the two, more often in the busy months."""
    if first_day >= last_day:
        return last_day
    while True:
        day = rng.randrange(first_day, last_day)
        if rng.random() < season_of(day) / BUSIEST:
            return day

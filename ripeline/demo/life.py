"""One person's year in the making: what has happened so far and what is due next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from heapq import heappop, heappush
from random import Random

from ripeline.demo.mind import Mind, Wave
from ripeline.demo.people import Person
from ripeline.demo.rhythm import Habit, day_number, liveliness, moment_on
from ripeline.demo.world import TraitValue, name_of
from ripeline.lifecycle.instant import DAY, MINUTE
from ripeline.lifecycle.touch import KINDS, Touch

VISITS_PER_DAY = 0.68  # by somebody who wants it as much as one can, on the busiest of days

Step = Callable[["Life", int], object]
Attrs = Mapping[str, TraitValue]


@dataclass(frozen=True, slots=True)
class Year:
    """The time simulated, µs since the epoch: from `begins` (inclusive) to `ends` (exclusive)."""

    begins: int
    ends: int

    @property
    def days(self) -> range:
        return range(self.begins // DAY, self.ends // DAY + 1)

    def dates(self, month: int, day: int) -> list[int]:
        """The day numbers on which that date of a year falls within this time."""
        years = range(1970 + self.days[0] // 366, 1971 + self.days[-1] // 365)
        numbers = (day_number(date(year, month, day)) for year in years)
        return [number for number in numbers if number in self.days]


@dataclass(slots=True)
class Life:
    """The state of one simulated person. Steps of the channels read it, add to it and plan more steps.

    `visit` is what they do when interest rises: the web channel's step, given from outside because that
    channel leads to all the others.
    """

    person: Person
    mind: Mind
    rng: Random
    year: Year
    visit: Step
    drafts: list[Touch] = field(default_factory=list)
    agenda: list[tuple[int, int, Step]] = field(default_factory=list)
    planned: int = 0
    traits: dict[str, TraitValue] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    owner: str | None = None
    is_known: bool = False  # gave us an address by themselves
    is_subscribed: bool = False
    is_suppressed: bool = False  # bounced for good, unsubscribed or complained: no more letters
    is_welcomed: bool = False
    is_handled: bool = False  # sales talks to them at present
    is_disqualified: bool = False
    sated_until: int = 0  # just bought, or just decided not to: wants less until then
    left_alone_until: int = 0  # sales does not call again before then
    bought: list[str] = field(default_factory=list)
    downloaded: set[str] = field(default_factory=set)

    def plan(self, at: int, step: Step) -> None:
        """Let the step happen at that instant, if the year lasts so long."""
        if at < self.year.ends:
            self.planned += 1
            heappush(self.agenda, (at, self.planned, step))

    def next_step(self) -> tuple[int, Step] | None:
        """Take what is planned next off the agenda."""
        if not self.agenda:
            return None
        at, _, step = heappop(self.agenda)
        return at, step

    def did(
        self,
        at: int,
        kind: str,
        subject: str | None = None,
        *,
        amount: float | None = None,
        actor: str = "human",
        attrs: Attrs | None = None,
        **more: TraitValue,
    ) -> bool:
        """Note one touch. False, and nothing noted, when the person is silent by then or the year is over."""
        direction = KINDS[kind]
        if at >= self.year.ends or (direction == "in" and actor != "machine" and self.is_silent(at)):
            return False
        self.drafts.append(
            Touch("", self.person.key, at, kind, direction, actor, subject, amount, {**(attrs or {}), **more})
        )
        return True

    @property
    def seller(self) -> str | None:
        """The name of the colleague who looks after them, as it is signed."""
        return name_of(self.owner) if self.owner else None

    def intent(self, at: int) -> float:
        """What drives them at this instant, 0 to 1; little while they have just decided."""
        return self.mind.intent_at(at) * (0.25 if at < self.sated_until else 1.0)

    def is_silent(self, at: int) -> bool:
        return at >= self.mind.silent_from

    def is_ready_to_talk(self, at: int) -> bool:
        return not self.is_silent(at) and at >= self.mind.shy_until and not self.is_disqualified

    def learn(self, at: int, **traits: TraitValue) -> None:
        """Note traits we hear of; what we knew already is not news."""
        news = {
            name: value
            for name, value in traits.items()
            if value is not None and self.traits.get(name) != value
        }
        if news and self.did(at, "traits_changed", actor="unknown", attrs=news):
            self.traits.update(news)

    @property
    def is_customer(self) -> bool:
        """Has bought more than an e-book."""
        return any(not product.startswith("ebook") for product in self.bought)

    @property
    def habit(self) -> Habit:
        return "office" if self.person.is_office else "writer"

    def soon(self, after: int, hours: float) -> int:
        """An instant some minutes to a few times `hours` later."""
        return after + 3 * MINUTE + int(self.rng.expovariate(1 / hours) * 60 * MINUTE)


def rise(life: Life, wave: Wave, step: Step, *, per_day: float) -> None:
    """Plan `step` again and again through a wave: the higher it stands, the livelier the day, the oftener."""
    day = max(int(wave.onset), life.year.days[0])
    while day < min(wave.ends, life.year.days[-1] + 1):
        rate = per_day * wave.at(day + 0.5) ** 1.5 * liveliness(day, life.habit)
        if life.rng.random() < rate:
            life.plan(moment_on(life.rng, day, life.habit, life.person.place), step)
        day += 1


def drift(life: Life, step: Step, *, per_day: float, since: int) -> None:
    """Plan `step` now and then without a reason, from an instant to the end of the year."""
    day = float(since // DAY + 1)
    while per_day > 0:
        day += life.rng.expovariate(per_day)
        if day > life.year.days[-1]:
            return
        if life.rng.random() < liveliness(int(day), life.habit):
            life.plan(moment_on(life.rng, int(day), life.habit, life.person.place), step)


def come_back(life: Life, at: int, *, days: float, height: float) -> None:
    """Somebody who said "not now" stirs again: a new wave some `days` later."""
    onset = at / DAY + days * life.rng.uniform(0.8, 1.3)
    wave = Wave(onset, onset + life.rng.uniform(8, 20), life.rng.uniform(10, 20), min(0.98, height))
    life.mind.waves.append(wave)
    rise(life, wave, life.visit, per_day=VISITS_PER_DAY)

"""Whatever is done to people in whatever order: a simple model says the same, nothing is lost and nothing doubled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ripeline.people.models import Contact, Visitor
from ripeline.timeline import looking
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.camps.models import CampStanding, CampVerdict
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.identities.visitors import join, leave, visitor_for
from ripeline.timeline.identities.web import record_web
from ripeline.timeline.models import Reassessment, SavedFold, Standing, Touch, Transition
from ripeline.timeline.reassess import reassess_due
from tests.databases import examples
from tests.timeline.identities.model import Model, people_by_touch
from tests.timeline.identities.visiting import key_of, web
from tests.timeline.people import PLAYBOOK, make_contact
from tests.timeline.test_saved_folds import stored_is_a_whole_fold

CAMP = PLAYBOOK.replace("gte: 30", "gte: 20")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = ("Ann", "Ben", "Cyd", "Dot")
BROWSERS = ("b", "c")
KINDS = ("page_viewed", "form_submitted", "email_replied")

pytestmark = pytest.mark.django_db

hours = st.integers(0, 12)
names = st.sampled_from(NAMES)
browsers = st.sampled_from(BROWSERS)


class People(RuleBasedStateMachine):
    """People and browsers, and everything that can be learned of them."""

    @initialize()
    def begin(self) -> None:
        activate(PLAYBOOK, now=START)
        start_camp("Sales", keep_version(CAMP, now=START).version, by=None, note="", now=START)
        self.now = START + 24 * HOUR
        self.model = Model()
        self.people = {name: make_contact(name, now=START) for name in NAMES}
        self.merges: dict[tuple[str, str], Merge] = {}
        self.uids = count()

    @rule(browser=browsers, hour=hours, kind=st.sampled_from(KINDS))
    def visit(self, browser: str, hour: int, kind: str) -> None:
        self._record("", browser, hour, kind)

    @rule(name=names, hour=hours, browser=st.sampled_from(("", *BROWSERS)), kind=st.sampled_from(KINDS))
    def do_by_name(self, name: str, hour: int, browser: str, kind: str) -> None:
        self._record(name, browser, hour, kind)

    @rule(name=names, browser=browsers, hour=hours, how=st.sampled_from(("identify", "alias", "form")))
    def identify(self, name: str, browser: str, hour: int, how: str) -> None:
        join(self._visitor(browser), self.people[name], how=how, at=START + hour * HOUR, now=self.now)
        # Of two at the same moment the one with the higher id counts: here they are named in that order.
        self.model.identified.add((browser, hour, name))

    @rule(name=names, browser=browsers)
    def find_out_otherwise(self, name: str, browser: str) -> None:
        leave(self._visitor(browser), self.people[name], now=self.now)
        self.model.identified -= {
            each for each in self.model.identified if (each[0], each[2]) == (browser, name)
        }

    @rule(kept=names, gone=names)
    def merge(self, kept: str, gone: str) -> None:
        done = merge(self.people[kept], self.people[gone], by=None, why="", now=self.now)
        assert isinstance(done, Merged) == (gone not in self.model.one(kept))
        if isinstance(done, Merged):
            self.merges[kept, gone] = done.merge
            self.model.merged.append((kept, gone))

    @rule(place=st.integers(0, 5))
    def undo(self, place: int) -> None:
        if self.merges:
            pair = list(self.merges)[place % len(self.merges)]
            undo(self.merges.pop(pair), by=None, now=self.now)
            self.model.merged.remove(pair)

    @rule()
    def work(self) -> None:
        self._work()

    @invariant()
    def touches_are_whose_they_are(self) -> None:
        if not hasattr(self, "model"):
            return
        assert people_by_touch() == self.model.owners()

    @invariant()
    def one_of_each_lives(self) -> None:
        if not hasattr(self, "model"):
            return
        rows = dict(Contact.objects.values_list("name", "merged_into__name"))
        for name in NAMES:
            living = [each for each in self.model.one(name) if rows[each] is None]
            assert len(living) == 1
            assert all(rows[each] == living[0] for each in self.model.one(name) if each != living[0])

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        self._work()
        self._all_is_as_folded_whole()
        for made in self.merges.values():
            undo(made, by=None, now=self.now)
        self.model.merged = []
        self.touches_are_whose_they_are()
        self._work()
        self._all_is_as_folded_whole()

    def _record(self, name: str, browser: str, hour: int, kind: str) -> None:
        uid = f"t{next(self.uids)}"
        person = self.people[name].key if name else ""
        record_web([web(uid, START + hour * HOUR, visitor=browser, person=person, kind=kind)], now=self.now)
        self.model.touches[uid] = (name, browser, hour)

    def _visitor(self, browser: str) -> Visitor:
        return visitor_for(key_of(browser), now=self.now)

    def _work(self) -> None:
        self.now += HOUR
        while reassess_due(self.now, react=lambda change: None):
            pass

    def _all_is_as_folded_whole(self) -> None:
        living = {each.pk: each for each in Contact.objects.filter(merged_into=None)}
        touched = set(Touch.objects.exclude(contact=None).values_list("contact", flat=True))
        assert set(Standing.objects.values_list("pk", flat=True)) == set(living)
        for contact_id in touched:
            stored_is_a_whole_fold(living[contact_id], self.now)
        for model in (Reassessment, SavedFold, CampStanding, CampVerdict):
            assert not model._default_manager.exclude(contact__in=living).exists()
        assert not Transition.objects.filter(superseded_at=None).exclude(contact__in=touched).exists()


@pytest.fixture
def saved_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folds are saved after the third touch, so that few touches show whether one is wrongly folded on from."""
    monkeypatch.setattr(looking, "KEEP_FROM", 3)
    monkeypatch.setattr(looking, "TAIL", 1)


@pytest.mark.usefixtures("saved_early")
def test_whatever_happens_a_simple_model_says_the_same() -> None:
    class Inside(People):
        """Each run in a transaction of its own, taken back at its end."""

        def __init__(self) -> None:
            super().__init__()
            self._undoing = transaction.atomic()
            self._undoing.__enter__()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                transaction.set_rollback(True)
                self._undoing.__exit__(None, None, None)

    run_state_machine_as_test(
        Inside,
        settings=settings(
            max_examples=examples(25),
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
            deadline=None,
        ),
    )


Fact = tuple[str, ...]
"""Something that was learned: touch, identify or merge, and of whom."""
facts = st.lists(
    st.one_of(
        st.tuples(st.just("touch"), st.sampled_from(("", *NAMES)), browsers, hours.map(str)),
        st.tuples(st.just("identify"), names, browsers, hours.map(str)),
    ),
    max_size=10,
    unique=True,
)
forests = st.lists(st.integers(0, 3), min_size=3, max_size=3).map(
    # Each merged with one before it, or with none: no merge is of two who are one already.
    lambda befores: [
        ("merge", NAMES[min(before, place + 1) - 1] if before else "", NAMES[place + 1])
        for place, before in enumerate(befores)
        if before
    ]
)


@given(facts=facts, merges=forests, data=st.data())
@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck), deadline=None)
def test_any_order_of_the_same_facts_gives_the_same_people(
    facts: list[Fact], merges: list[Fact], data: st.DataObject
) -> None:
    undone = data.draw(st.sets(st.sampled_from(merges)) if merges else st.just(set()))
    told = [*facts, *merges]
    found = []
    for order in (told, data.draw(st.permutations(told))):
        late = data.draw(st.booleans())
        with transaction.atomic():
            found.append(_people_after(order, undone, late=late))
            transaction.set_rollback(True)
    assert found[0] == found[1]


def _people_after(order: Sequence[Fact], undone: set[Fact], *, late: bool) -> dict[str, frozenset[str]]:
    people = {name: make_contact(name, now=START) for name in NAMES}
    now, waiting = START + 24 * HOUR, []
    for kind, name, *rest in order:
        if kind == "merge":
            done = merge(people[name], people[rest[0]], by=None, why="", now=now)
            assert isinstance(done, Merged)
            if (kind, name, *rest) in undone:
                waiting.append(done.merge)
                if not late:
                    undo(waiting.pop(), by=None, now=now)
            continue
        browser, at = rest[0], START + int(rest[1]) * HOUR
        if kind == "identify":
            join(visitor_for(key_of(browser), now=now), people[name], how="identify", at=at, now=now)
        else:
            person = people[name].key if name else ""
            record_web([web("-".join((name, *rest)), at, visitor=browser, person=person)], now=now)
    for made in waiting:
        undo(made, by=None, now=now)
    return people_by_touch()

"""People told from programs by how the links of a mail are followed: a thousand of each, without a database."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ripeline.capture.verdicts.judging import Facts, judge
from ripeline.capture.verdicts.rules import shipped_rules
from ripeline.nurture.doors.sessions import Click, notice

DELIVERED = datetime(2026, 3, 3, 12, tzinfo=UTC)
RULES = shipped_rules()
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)
NAMED = ("Mozilla/5.0 (SafeLinks)", "Proofpoint URL Defense", "Barracuda Sentinel", "Go-http-client/2.0")
Step = tuple[float, int | None]
"""Seconds after it was delivered, and the link."""


def a_reader(chance: random.Random) -> tuple[Facts, list[Step]]:
    """Reads, follows one to three links with time between them, some twice by impatience; behind a proxy, a few."""
    at, steps = chance.uniform(5, 80_000), list[Step]()
    for link in chance.sample(range(5), chance.choice((1, 1, 1, 2, 3))):
        steps.append((at, link))
        if chance.random() < 0.1:
            steps.append((at + 0.4, link))
        at += chance.uniform(4, 400)
    return Facts(chance.choice(BROWSERS), "GET"), steps


def a_scanner(chance: random.Random) -> tuple[Facts, list[Step]]:
    """As filters do: some say who they are, some look like a browser and follow everything at once, or before the
    mail is delivered, or from a data centre, or ask for the head alone; a few follow one link, slowly, like anybody."""
    looks, kind = Facts(chance.choice(BROWSERS), "GET"), chance.random()
    whole: list[Step] = [(chance.uniform(0.5, 30) + number * 0.15, number) for number in range(5)]
    begun = chance.uniform(1, 60)
    everything: list[Step] = [*((begun + number * 0.3, number) for number in range(5)), (begun + 1.6, None)]
    if kind < 0.25:
        return replace(looks, agent=chance.choice(NAMED)), whole[:1]
    if kind < 0.60:
        return looks, everything
    if kind < 0.75:
        return looks, [(-chance.uniform(0.1, 3), 0)]
    if kind < 0.88:
        return replace(looks, network="datacentre:azure"), whole[:2]
    if kind < 0.97:
        return replace(looks, method="HEAD"), whole[:1]
    return looks, whole[:1]


def followed(facts: Facts, steps: list[Step]) -> list[str]:
    """What is said of each step in the end."""
    clicks = list[Click]()
    for number, (after, link) in enumerate(steps):
        click = Click(str(number), link, DELIVERED + timedelta(seconds=after), facts)
        found = notice(click, clicks[-20:], DELIVERED)
        clicks = [
            replace(
                each, facts=replace(each.facts, marks=(*each.facts.marks, *found.earlier.get(each.uid, ())))
            )
            for each in clicks
        ]
        clicks.append(replace(click, facts=replace(facts, marks=found.marks)))
    return [judge(each.facts, RULES).actor for each in clicks]


def test_of_a_thousand_scanners_at_most_fifty_are_taken_for_people_and_of_a_thousand_people_ten_for_scanners() -> (
    None
):
    chance = random.Random(5)
    scanners = [followed(*a_scanner(chance)) for _ in range(1000)]
    readers = [followed(*a_reader(chance)) for _ in range(1000)]
    assert sum("human" in said for said in scanners) <= 50
    assert sum("human" not in said for said in readers) <= 10


def test_one_who_reads_while_a_scanner_looks_through_the_mail_stays_a_person() -> None:
    reader, scanner = Facts(BROWSERS[3], "GET"), Facts(BROWSERS[0], "GET")
    trap = Click("1", None, DELIVERED + timedelta(seconds=10), scanner)
    click = Click("2", 3, DELIVERED + timedelta(seconds=30), reader)
    assert notice(click, [trap], DELIVERED).marks == ()
    assert notice(replace(click, facts=scanner), [trap], DELIVERED).marks == ("honeypot",)


def test_before_a_mail_is_delivered_only_programs_have_it() -> None:
    click = Click("1", 0, DELIVERED, Facts(BROWSERS[0], "GET"))
    assert notice(click, [], None).marks == notice(click, [], DELIVERED).marks == ("before-delivery",)
